"""Lists of cells over REST: filters, orders, paging."""

import pytest

from tests.browse.laboratory import API, Laboratory, another_file, pid_of
from tests.factories import a_cell, a_dataset, an_open_round, say


@pytest.fixture(scope="module")
def lab(reading_room: Laboratory) -> Laboratory:
    """For tests that only read."""
    return reading_room


@pytest.fixture(scope="module")
def cells(lab: Laboratory) -> dict[str, str]:
    """A dataset of a few cells; their ids by what is special about them."""
    lab.read("/datasets", "admin")
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        made = {
            "monocyte": a_cell(session, dataset, "monocyte", slide="7"),
            "eosinophil": a_cell(session, dataset, "eosinophil", slide="8"),
            "born": a_cell(session, dataset, "monocyte", "eosinophil"),
            "twice": a_cell(session, dataset, "monocyte"),
            "unlabelled": a_cell(session, dataset),
            "agreed": a_cell(session, dataset, "basophil"),
            "disputed": a_cell(session, dataset, "neutrophil_band"),
            "borderline": a_cell(session, dataset, "neutrophil_band"),
        }
        another_file(session, made["twice"], "again/monocyte.TIF")
        round = an_open_round(session, reviewers=["reviewer1", "reviewer2"])
        for reviewer in ("reviewer1", "reviewer2"):
            say(session, round, reviewer, made["agreed"], "basophil", flag=reviewer == "reviewer2")
            say(
                session,
                round,
                reviewer,
                made["borderline"],
                "neutrophil_band",
                verdict="borderline",
                second_label="neutrophil_segmented",
            )
        say(session, round, "reviewer1", made["disputed"], "neutrophil_band")
        torn = {"verdict": "borderline", "second_label": "eosinophil"}
        say(session, round, "reviewer2", made["disputed"], "neutrophil_segmented", **torn)
        other = an_open_round(session, reviewers=["reviewer3"], filter={"given_label": "basophil"})
        ids = {name: pid_of(session, cell) for name, cell in made.items()}
    return ids | {"round": round, "round of others": other}


ALL = {"monocyte", "eosinophil", "born", "twice", "unlabelled", "agreed", "disputed", "borderline"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ALL),
        ("given_label=monocyte", {"monocyte", "twice"}),
        ("given_label=monocyte,eosinophil", {"monocyte", "twice", "eosinophil"}),
        ("given_label=none", {"unlabelled"}),
        ("label=basophil", {"agreed"}),
        ("label=neutrophil_segmented", {"borderline"}),
        ("label=neutrophil_band", {"borderline"}),
        ("state=disputed", {"born", "disputed"}),
        ("state=agreed", {"agreed", "borderline"}),
        ("state=agreed&given_label=basophil", {"agreed"}),
        ("outcome=borderline", {"borderline"}),
        ("dissent=true", set()),
        ("flagged=true", {"agreed"}),
        ("flagged=false&state=agreed", {"borderline"}),
        ("born_disputed=true", {"born"}),
        ("born_disputed=false&given_label=monocyte", {"monocyte", "twice"}),
        ("reviewer=reviewer2", {"agreed", "disputed", "borderline"}),
        ("reviewer=nobody", set()),
        ("pair=monocyte,eosinophil", {"born"}),
        ("pair=neutrophil_segmented,neutrophil_band", {"disputed", "borderline"}),
        ("attribute=slide:7", {"monocyte"}),
        ("q=BASOPHIL/", {"agreed"}),
        ("state=&label=&given_label=eosinophil", {"eosinophil"}),
    ],
)
def test_a_filter_finds_its_cells(lab: Laboratory, cells: dict[str, str], query: str, found: set[str]) -> None:
    names = {pid: name for name, pid in cells.items()}
    assert {names[pid] for pid in lab.listed(f"dataset=smears&{query}")} == found


def test_a_cell_is_found_by_its_id_or_by_a_digest(lab: Laboratory, cells: dict[str, str]) -> None:
    cell = lab.read(f"/cells/{cells['born']}")
    for words in (cell["id"], cell["pixel_sha256"], *(file["file_sha256"] for file in cell["occurrences"])):
        assert lab.listed(f"dataset=smears&q={words}") == [cells["born"]]
    assert lab.listed(f"dataset=smears&q={'0' * 64}") == []


def test_a_round_finds_the_cells_that_it_covers(lab: Laboratory, cells: dict[str, str]) -> None:
    assert lab.listed(f"dataset=smears&round={cells['round of others']}") == [cells["agreed"]]
    assert len(lab.listed(f"dataset=smears&round={cells['round']}")) == len(ALL)


def test_a_reviewer_cannot_ask_for_a_round_of_others(lab: Laboratory, cells: dict[str, str]) -> None:
    answer = lab.get(f"{API}/cells?dataset=smears&round={cells['round of others']}", "reviewer1")
    assert (answer.status_code, answer.json()["field"]) == (422, "round")


@pytest.mark.parametrize("sort", ["id", "entropy", "path"])
@pytest.mark.parametrize("limit", [1, 3, 8, 500])
@pytest.mark.parametrize("query", ["", "&label=neutrophil_band", "&state=disputed", "&given_label=monocyte,eosinophil"])
def test_pages_of_any_size_make_the_same_list(
    lab: Laboratory, cells: dict[str, str], sort: str, limit: int, query: str
) -> None:
    whole = lab.listed(f"dataset=smears&sort={sort}&limit=500{query}")
    assert lab.listed(f"dataset=smears&sort={sort}&limit={limit}{query}") == whole
    assert len(set(whole)) == len(whole)


def test_the_most_torn_come_first_by_entropy_and_the_untold_last(lab: Laboratory, cells: dict[str, str]) -> None:
    found = lab.listed("dataset=smears&sort=entropy")
    assert found[0] == cells["disputed"]
    assert set(found[1:3]) == {cells["born"], cells["borderline"]}
    assert found[3] == cells["agreed"]
    assert set(found[4:]) == {cells[name] for name in ("monocyte", "eosinophil", "twice", "unlabelled")}
    assert lab.listed("dataset=smears&sort=entropy&state=disputed") == [cells["disputed"], cells["born"]]


def test_by_path_a_cell_stands_where_its_first_file_does(lab: Laboratory, cells: dict[str, str]) -> None:
    found = lab.read("/cells?dataset=smears&sort=path")["items"]
    firsts = [min(file["path"] for file in cell["occurrences"]) for cell in found]
    assert firsts == sorted(firsts)
    assert len(found) == len(ALL)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("given_label=monocite", "given_label"),
        ("label=none", "label"),
        ("state=done", "state"),
        ("outcome=wrong", "outcome"),
        ("pair=monocyte", "pair"),
        ("attribute=slide", "attribute"),
        ("sort=oracle", "sort"),
        ("predicted_label=nothing", "predicted_label"),
        ("min_suspicion=2", "min_suspicion"),
        ("limit=501", "limit"),
        ("limit=0", "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=WyJhIiwxXQ", "cursor"),  # ["a",1], of another list
        ("cursor=WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwXQ", "cursor"),  # a number of more than 64 bits
        ("sort=path&cursor=WyJcdTAwMDAiXQ", "cursor"),  # a NUL
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(
    lab: Laboratory, cells: dict[str, str], query: str, field: str
) -> None:
    answer = lab.get(f"{API}/cells?dataset=smears&{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_dataset_has_to_be_named_and_to_be_there(lab: Laboratory, cells: dict[str, str]) -> None:
    assert lab.get(f"{API}/cells").json()["field"] == "dataset"
    assert lab.get(f"{API}/cells?dataset=nothing").status_code == 404


def test_a_list_that_has_not_changed_is_not_sent_again(lab: Laboratory, cells: dict[str, str]) -> None:
    path = f"{API}/cells?dataset=smears"
    first = lab.get(path)
    again = lab.get(path, if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    other = lab.get(f"{path}&limit=3", if_none_match=first.headers["etag"])
    assert other.status_code == 200


def test_a_cell_says_what_the_contract_says(lab: Laboratory, cells: dict[str, str]) -> None:
    cell = lab.read(f"/cells/{cells['borderline']}")
    path = cell["occurrences"][0].pop("path")
    assert path.startswith("neutrophil_band/")
    assert len(cell.pop("pixel_sha256")) == 64
    assert len(cell["occurrences"][0].pop("file_sha256")) == 64
    assert cell == {
        "id": cells["borderline"],
        "dataset": "smears",
        "width": 288,
        "height": 288,
        "given_label": "neutrophil_band",
        "born_disputed": False,
        "occurrences": [{"given_label": "neutrophil_band", "attributes": {}}],
        "predictions": [],
        "suspicion": None,
        "state": "agreed",
        "consensus": {
            "outcome": "borderline",
            "label": "neutrophil_band",
            "second_label": "neutrophil_segmented",
            "probability": 1.0,
            "posterior": None,
            "method": "majority",
            "dissent": False,
            "reviews": 2,
        },
        "flagged": False,
        "reviewed_since": False,
        "image_url": f"/api/v1/cells/{cells['borderline']}/image?size=display",
        "thumbnail_url": f"/api/v1/cells/{cells['borderline']}/image?size=thumbnail",
    }


def test_a_cell_that_is_not_there_is_not_found(lab: Laboratory, cells: dict[str, str]) -> None:
    for path in ("/cells/aaaaaaaaaaaaaaaa", "/cells/aaaaaaaaaaaaaaaa/image", "/cells/aaaaaaaaaaaaaaaa/reviews"):
        assert lab.get(API + path).status_code == 404
