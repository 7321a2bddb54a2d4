"""The blind rule from outside: every route that a blind reviewer may call is asked, and its answer searched."""

import base64
import json
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from app.accounts.models import User
from app.audit import service as audit
from app.catalogue.models import Cell, Occurrence
from app.main import doors
from app.review import rounds
from tests.browse.laboratory import API, Laboratory, pid_of
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say

ROLES = ["reviewer", "adjudicator", "admin"]
NAMES_EVERY_CLASS = {
    "/help", "/api/docs", "/api/v1/label-sets", "/api/v1/label-sets/{name}", "/rounds/{pid}/review",
    "/rounds/{pid}/grid", "/rounds/{pid}/mine", "/account/keys", "/account/keys/print", "/datasets/{slug}/atlas",
    "/api/v1/account/settings",
}  # fmt: skip
"""What names all classes of the label set to whoever looks; tests/whole/test_nothing_tells.py compares it too."""


@dataclass
class Blind:
    """Somebody reviews some cells blind, plasma cells all of them; others, all hairy cells, they don't."""

    lab: Laboratory
    person: str
    round: str
    hidden: list[str]
    open: list[str]
    telltales: list[str]


@pytest.fixture(params=ROLES)
def blind(request: pytest.FixtureRequest, lab: Laboratory) -> Blind:
    """One blind reviewer of each role."""
    person = f"{request.param}1"
    lab.get("/", person, request.param)
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        hidden, open_cells = [], []
        # Folder by folder, as an import does: the order of the rows tells the label.
        for _ in range(4):
            open_cells.append(a_cell(session, dataset, "hairy_cell", ward="north"))
        for _ in range(4):
            hidden.append(a_cell(session, dataset, "plasma_cell", ward="south-nine"))
        hidden.append(a_cell(session, dataset, "plasma_cell", "smudge_cell", ward="south-nine"))
        pid = an_open_round(
            session,
            reviewers=[person],
            presentation="blind",
            reviews_per_cell=1,
            filter={"attribute": "ward:south-nine"},
        )
        digests = [
            digest.hex()
            for statement in (
                select(Cell.pixel_sha256).where(Cell.id.in_(hidden)),
                select(Occurrence.file_sha256).where(Occurrence.cell.in_(hidden)),
            )
            for digest in session.execute(statement).scalars()
        ]
        return Blind(
            lab,
            person,
            pid,
            [pid_of(session, cell) for cell in hidden],
            [pid_of(session, cell) for cell in open_cells],
            ["plasma", "smudge", "south-nine", *digests],
        )


def questions(blind: Blind) -> list[str]:
    """What can be asked about the hidden cells: everything that a reviewer may read, and every filter and order."""
    paths = {
        path.replace("{slug}", "smears")
        .replace("{dataset}", "smears")
        .replace("{round_id}", blind.round)
        .replace("/rounds/{pid}", f"/rounds/{blind.round}")
        for path, method, role in doors(blind.lab.application)
        if method == "GET" and role == "reviewer" and path not in NAMES_EVERY_CLASS
    }
    asked = []
    for path in sorted(paths):
        if "{cell_id}" in path or path == "/cells/{pid}":
            asked += [path.replace("{cell_id}", cell).replace("{pid}", cell) for cell in blind.hidden]
        elif "{assignment_id}" not in path:
            asked.append(path)
    searches = [
        "given_label=plasma_cell", "given_label=none", "label=plasma_cell", "state=disputed", "state=unreviewed",
        "outcome=label", "dissent=false", "flagged=false", "born_disputed=true", "born_disputed=false",
        "pair=plasma_cell,smudge_cell", "attribute=ward:south-nine", "q=plasma", f"q={blind.telltales[-1]}",
        "sort=path", "sort=entropy", f"round={blind.round}", "limit=2",
    ]  # fmt: skip
    return [
        *asked,
        *(f"{API}/cells?dataset=smears&{search}" for search in searches),
        *(f"/datasets/smears/cells?view=pictures&{search}" for search in searches if "limit" not in search),
    ]


def test_no_answer_tells_a_label_a_path_a_digest_or_an_attribute(blind: Blind) -> None:
    asked = questions(blind)
    assert {"/", "/datasets/smears", f"/cells/{blind.hidden[0]}", f"{API}/cells/{blind.hidden[0]}/reviews"} <= set(
        asked
    )
    for path in asked:
        answer = blind.lab.get(path, blind.person)
        # What was asked stands in the address of the answer's forms and links.
        answered = answer.text.casefold().replace(path.casefold().partition("?")[2], "")
        told = [word for word in blind.telltales if word in answered and word not in path]
        assert not told, f"{path} tells {told}"


def test_a_filter_or_order_by_what_is_hidden_leaves_the_cells_out(blind: Blind) -> None:
    for search in (
        "given_label=plasma_cell", "given_label=none", "born_disputed=true", "born_disputed=false", "state=unreviewed",
        "flagged=false", "dissent=false", "attribute=ward:south-nine", "q=plasma", "sort=path", "sort=entropy",
        "pair=plasma_cell,smudge_cell",
    ):  # fmt: skip
        found = blind.lab.listed(f"dataset=smears&{search}", blind.person)
        assert set(found).isdisjoint(blind.hidden), search
        page = blind.lab.page(f"/datasets/smears/cells?{search}", blind.person)
        assert not [cell for cell in blind.hidden if cell in page], search


def test_without_such_a_filter_the_cells_are_there_as_pictures_alone(blind: Blind) -> None:
    items = blind.lab.read("/cells?dataset=smears", blind.person)["items"]
    assert {item["id"] for item in items} == {*blind.hidden, *blind.open}
    for item in items:
        if item["id"] in blind.hidden:
            known = {name for name, value in item.items() if value is not None}
            assert known == {"id", "dataset", "width", "height", "image_url", "thumbnail_url"}
        else:
            assert item["given_label"] == "hairy_cell"
            assert item["state"] == "unreviewed"
    assert blind.lab.listed(f"dataset=smears&round={blind.round}", blind.person) == sorted(blind.hidden)


def test_the_order_of_a_list_and_its_cursor_tell_nothing_of_the_import(blind: Blind) -> None:
    assert blind.lab.listed("dataset=smears&limit=2", blind.person) == sorted([*blind.hidden, *blind.open])
    first = blind.lab.get(f"{API}/cells?dataset=smears&limit=2", blind.person)
    cursor = first.links["next"]["url"].partition("cursor=")[2]
    key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    assert key == [first.json()["items"][-1]["id"]]
    page = blind.lab.page("/datasets/smears/cells", blind.person)
    assert "By id" in page
    assert "As imported" not in page


def test_a_cell_has_no_neighbours(blind: Blind) -> None:
    for cell in (blind.hidden[0], blind.open[-1]):
        page = blind.lab.page(f"/cells/{cell}", blind.person)
        assert 'rel="prev"' not in page
        assert 'rel="next"' not in page


def test_cells_that_another_round_chose_by_their_label_are_left_out(blind: Blind) -> None:
    with blind.lab.database.writing() as session:
        other = an_open_round(
            session,
            reviewers=["reviewer9"],
            filter={"given_label": "plasma_cell"},
        )
        person = a_person(session, blind.person)
        if person.role == "reviewer":
            return
    assert blind.lab.listed(f"dataset=smears&round={other}", blind.person) == []


def test_counts_by_label_and_state_wait(blind: Blind) -> None:
    for view in (
        blind.lab.read("/datasets/smears", blind.person),
        *blind.lab.read("/datasets", blind.person)["items"],
    ):
        assert view["cells"] == 9
        assert view["classes"] is None
        assert view["states"] is None


def test_the_original_file_is_withheld_in_words(blind: Blind) -> None:
    answer = blind.lab.get(f"{API}/cells/{blind.hidden[0]}/image?size=original", blind.person)
    assert answer.status_code == 403
    assert "blind round" in answer.json()["detail"]


def test_reviews_of_the_cells_are_hidden_even_the_persons_own(blind: Blind) -> None:
    with blind.lab.database.writing() as session:
        cell = session.execute(select(Cell.id).where(Cell.pid == blind.hidden[0])).scalar_one()
        say(session, blind.round, blind.person, cell, "plasma_cell")
    assert blind.lab.read(f"/cells/{blind.hidden[0]}/reviews", blind.person) == {"items": []}
    assert blind.lab.read(f"/cells/{blind.hidden[0]}", blind.person)["state"] is None


def test_all_of_it_is_told_when_the_round_has_closed(blind: Blind) -> None:
    with blind.lab.database.writing() as session:
        rounds.close_round(session, blind.round, a_person(session, "admin", "admin"))
    assert len(blind.lab.listed("dataset=smears&given_label=plasma_cell", blind.person)) == 4
    assert blind.lab.read(f"/cells/{blind.hidden[0]}", blind.person)["given_label"] == "plasma_cell"
    counts = blind.lab.read("/datasets/smears", blind.person)
    assert {one["given_label"]: one["cells"] for one in counts["classes"] if one["cells"]} == {
        "hairy_cell": 4,
        "plasma_cell": 4,
        None: 1,
    }


def test_whoever_left_the_round_or_never_was_in_it_sees_everything(lab: Laboratory) -> None:
    lab.get("/", "adjudicator1", "adjudicator")
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        cell = a_cell(session, dataset, "plasma_cell")
        an_open_round(session, presentation="blind", reviews_per_cell=1)
        assert session.scalar(select(User.id).where(User.name == "adjudicator1"))
        pid = pid_of(session, cell)
    assert lab.read(f"/cells/{pid}", "adjudicator1")["given_label"] == "plasma_cell"
    assert lab.listed("dataset=smears&given_label=plasma_cell", "adjudicator1") == [pid]


def test_the_trail_tells_nothing_of_what_a_hidden_cell_was_settled_as(lab: Laboratory) -> None:
    lab.get("/", "admin1", "admin")
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        hidden = a_cell(session, dataset, "plasma_cell", ward="south")
        shown = a_cell(session, dataset, "hairy_cell", ward="north")
        pid = an_open_round(
            session, reviewers=["admin1"], presentation="blind", reviews_per_cell=1, filter={"attribute": "ward:south"}
        )
        pids = {name: pid_of(session, cell) for name, cell in (("hidden", hidden), ("shown", shown))}
        for settled in pids.values():
            audit.record(session, None, "cell.adjudicate", settled, {"verdict": "label"})
    told = json.dumps(lab.read("/audit/events", "admin1")) + lab.page("/audit", "admin1")
    assert pids["shown"] in told
    assert pids["hidden"] not in told
    with lab.database.writing() as session:
        rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    assert pids["hidden"] in json.dumps(lab.read("/audit/events", "admin1"))
