"""How far reviewers agree, over REST: by hand, beside the command line, and as far as whoever asks may know."""

import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import insert, select

from app import cli
from app.accounts import queries as accounts
from app.accounts.models import User
from app.catalogue.models import Dataset
from app.database import Database, Reading, Writing
from app.labels.labelset import LabelSet, from_document, load_builtin
from app.labels.service import store_label_set
from app.quality.answers import standing
from app.quality.keeping import kept
from app.quality.queries import opened_rounds
from app.quality.service import agreement, scope_of
from app.review import rounds, service
from app.review.models import Assignment, Review, Round, Verdict
from app.review.recounting import said_of
from app.review.schemas import GivenAdjudication, RoundSettings
from app.review.verdicts import standing as standing_by_hand
from tests.browse.laboratory import API, Laboratory, pid_of
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, assignment_of, say

BAND, SEGMENTED, MONO, BLAST = "neutrophil_band", "neutrophil_segmented", "monocyte", "myeloblast"
AGREEMENT = "/datasets/smears/agreement"

# What two reviewers say of eight cells: of six the same.
SAID = [
    (SEGMENTED, SEGMENTED), (SEGMENTED, SEGMENTED), (SEGMENTED, SEGMENTED), (BAND, BAND), (MONO, MONO), (MONO, MONO),
    (BAND, SEGMENTED), (BAND, MONO),
]  # fmt: skip


def reviewed(database: Database, said: Sequence[Sequence[str | None]], **settings: Any) -> tuple[str, list[int]]:
    """A round in which everybody answered; the round and the cells."""
    people = [f"reviewer{number}" for number in range(1, len(said[0]) + 1)]
    with database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, BLAST) for _ in said]
        given: dict[str, Any] = {"presentation": "blind", "reviews_per_cell": len(people), "names_hidden": False}
        pid = an_open_round(session, reviewers=people, **(given | settings))
        for cell, answers in zip(cells, said, strict=True):
            for person, label in zip(people, answers, strict=True):
                say(session, pid, person, cell, label)
        return pid, cells


def test_the_figures_are_those_of_a_small_table_by_hand(lab: Laboratory) -> None:
    reviewed(lab.database, SAID)
    found = lab.read(AGREEMENT)
    blind = found["blind"]
    assert found["all"] == blind
    assert (found["sighted"]["items"], found["sighted"]["seen_twice"]) == (0, 0)
    assert [blind[name] for name in ("items", "raters", "votes", "classes", "cells", "paired")] == [8, 2, 16, 18, 8, 8]
    assert blind["percent_agreement"]["value"] == pytest.approx(6 / 8)
    # Votes: 7 segmented, 4 band, 5 monocyte. Expected disagreement (16² − 49 − 16 − 25) / (16 · 15), observed 4 / 16.
    assert blind["krippendorff_alpha"]["value"] == pytest.approx(1 - (4 / 16) / (166 / 240))
    # Cohen: 4 · 3 segmented and band, 3 · 1 band, 2 · 3 monocyte by chance.
    chance = (3 * 4 + 3 * 1 + 2 * 3) / 64
    (pair,) = blind["cohen_kappa"]
    assert (pair["rater_a"], pair["rater_b"], pair["items"]) == ("reviewer1", "reviewer2", 8)
    assert pair["value"] == pytest.approx((6 / 8 - chance) / (1 - chance))
    by_class = {one["label"]: one["specific_agreement"] for one in blind["per_class"]}
    assert by_class[SEGMENTED]["value"] == pytest.approx(2 * 3 / 7)
    assert by_class[BAND]["value"] == pytest.approx(2 * 1 / 4)
    assert by_class[MONO]["value"] == pytest.approx(2 * 2 / 5)
    assert by_class["eosinophil"]["value"] is None
    assert "Nobody said it" in by_class["eosinophil"]["notes"][0]
    assert list(by_class) == list(load_builtin("mll23").names)
    for name in ("percent_agreement", "krippendorff_alpha", "krippendorff_alpha_weighted", "fleiss_kappa", "gwet_ac1"):
        assert blind[name]["low"] <= blind[name]["value"] <= blind[name]["high"]
    assert blind["krippendorff_alpha_weighted"]["value"] > blind["krippendorff_alpha"]["value"]


def test_the_command_line_says_the_same_of_the_exported_votes(
    lab: Laboratory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    classes = [f"class_{letter}" for letter in "abc"]
    with lab.database.writing() as session:
        label_set = store_label_set(session, of_classes(classes))
        dataset = a_dataset(session, label_set=label_set)
        cells = [a_cell(session, dataset) for _ in range(30)]
        pid = an_open_round(
            session, reviewers=["reviewer1", "reviewer2", "reviewer3"], presentation="blind", reviews_per_cell=2
        )
        answered = []
        for at, cell in enumerate(cells):
            for number, name in enumerate(("reviewer1", "reviewer2", "reviewer3")):
                label = classes[(at + (at * 7 + number) % 5 // 3) % 3]
                if is_asked(session, pid, name, cell):
                    say(session, pid, name, cell, label)
                    answered.append((cell, name, label))
    votes = tmp_path / "votes.csv"
    votes.write_text("item,rater,label\n" + "".join(f"{','.join(map(str, row))}\n" for row in answered))
    monkeypatch.setattr(sys, "argv", ["cytoreview", "agreement", str(votes), "--json"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 0
    printed = json.loads(capsys.readouterr().out)
    told = lab.read(AGREEMENT)["blind"]
    assert set(printed) <= set(told)
    for name in ("items", "raters", "votes", "classes"):
        assert told[name] == printed[name]
    for name in ("percent_agreement", "krippendorff_alpha", "fleiss_kappa", "gwet_ac1"):
        assert told[name]["value"] == pytest.approx(printed[name]["value"], abs=1e-12)
        assert told[name]["low"] == pytest.approx(printed[name]["low"], abs=0.03)
        assert told[name]["high"] == pytest.approx(printed[name]["high"], abs=0.03)
    pairs = {frozenset((one["rater_a"], one["rater_b"])): (one["value"], one["items"]) for one in told["cohen_kappa"]}
    for one in printed["cohen_kappa"]:
        assert pairs[frozenset((one["rater_a"], one["rater_b"]))] == pytest.approx((one["value"], one["items"]))
    by_class = {one["label"]: one for one in told["per_class"]}
    for one in printed["per_class"]:
        assert by_class[one["label"]]["votes"] == one["votes"]
        for name in ("specific_agreement", "krippendorff_alpha"):
            assert by_class[one["label"]][name]["value"] == pytest.approx(one[name]["value"], abs=1e-12)


def is_asked(session: Writing, round_pid: str, name: str, cell: int) -> bool:
    """Whether a round asks somebody about a cell."""
    statement = (
        select(Assignment.id)
        .join(Round, Assignment.round == Round.id)
        .join(User, Assignment.reviewer == User.id)
        .where(Round.pid == round_pid, User.name == name, Assignment.cell == cell)
    )
    return session.scalar(statement) is not None


def of_classes(names: Sequence[str]) -> LabelSet:
    """A label set of these classes and nothing else."""
    return from_document(
        {
            "name": f"of-{len(names)}",
            "version": 1,
            "title": "Classes",
            "groups": [{"name": "all", "heading": {"en": "All"}, "colour": {"light": "#000000", "dark": "#FFFFFF"}}],
            "classes": [
                {"name": name, "title": {"en": name}, "abbreviation": f"C{at}", "group": "all"}
                for at, name in enumerate(names)
            ],
        }
    )


def test_blind_and_sighted_answers_are_told_apart(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, SEGMENTED) for _ in range(4)]
        for presentation, others in (("blind", BAND), ("sighted", SEGMENTED)):
            pid = an_open_round(
                session, reviewers=["reviewer1", "reviewer2"], presentation=presentation, reviews_per_cell=2
            )
            for cell in cells:
                say(session, pid, "reviewer1", cell, SEGMENTED)
                say(session, pid, "reviewer2", cell, others)
            rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    found = lab.read(AGREEMENT)
    assert found["blind"]["percent_agreement"]["value"] == 0
    assert found["sighted"]["percent_agreement"]["value"] == 1
    # Each round has standing reviews of its own, so the cells are eight items, of which one half agrees.
    assert (found["all"]["items"], found["all"]["cells"]) == (8, 4)
    assert found["all"]["percent_agreement"]["value"] == 0.5
    alone = lab.read(f"{AGREEMENT}?presentation=blind")
    assert alone["blind"] == found["blind"]
    assert alone["all"] is alone["sighted"] is None


def test_of_a_reveal_round_blind_agreement_takes_the_first_answers(lab: Laboratory) -> None:
    pid, cells = reviewed(lab.database, [(MONO, BAND), (MONO, MONO)], presentation="reveal")
    with lab.database.writing() as session:
        person = a_person(session, "reviewer2")
        assignment = assignment_of(session, pid, person, cells[0])
        again = an_answer(assignment, MONO, supersedes=last_review(session, assignment))
        assert service.record_reviews(session, person, [again]).items[0].status == "recorded"
    found = lab.read(AGREEMENT)
    assert found["blind"]["percent_agreement"]["value"] == 0.5
    assert found["all"]["percent_agreement"]["value"] == 1
    assert found["sighted"]["items"] == 0


def last_review(session: Reading, assignment: str) -> str:
    """The last review of an assignment."""
    statement = (
        select(Review.uuid)
        .join(Assignment, Review.assignment == Assignment.id)
        .where(Assignment.pid == assignment)
        .order_by(Review.id.desc())
        .limit(1)
    )
    return str(session.execute(statement).scalar_one())


def test_what_stands_is_what_the_consensus_takes_round_by_round(lab: Laboratory) -> None:
    """Undo, second thoughts, second looks taken back, repeats: the arrays find what the plain function finds."""
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, BLAST) for _ in range(12)]
        for presentation in ("reveal", "sighted", "blind"):
            pid = an_open_round(
                session, reviewers=["reviewer1", "reviewer2"], presentation=presentation, reviews_per_cell=2,
                repeat_share=0.25, seed=3,
            )  # fmt: skip
            answer_in_many_ways(session, pid)
            rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    with lab.database.reading() as session:
        opened = opened_rounds(session, dataset)
        answers, _ = kept(lab.database).answers(session, dataset, opened)
        found = standing(answers, "all")
        said = [one for reviews in said_of(session, cells).values() for one in reviews]
        expected = {
            one.order for round_id in opened for one in standing_by_hand(one for one in said if one.round == round_id)
        }
    assert set(found.id.tolist()) == expected
    assert len(expected) > 30


def answer_in_many_ways(session: Writing, round_pid: str) -> None:
    """Every assignment gets one of several histories."""
    rows = session.execute(
        select(Assignment.pid, User.name)
        .join(Round, Assignment.round == Round.id)
        .join(User, Assignment.reviewer == User.id)
        .where(Round.pid == round_pid)
        .order_by(Assignment.id)
    ).all()
    histories: list[list[str | None]] = [
        [MONO], [MONO, BAND], [MONO, "withdrawn"], [MONO, "withdrawn", BAND], [None], [MONO, BAND, "withdrawn"],
    ]  # fmt: skip
    for at, (assignment, name) in enumerate(rows):
        person = a_person(session, name)
        last: str | None = None
        for label in histories[at % len(histories)]:
            more = {"supersedes": last} if last else {}
            answer = an_answer(assignment, None if label == "withdrawn" else label, **more)
            if label == "withdrawn":
                answer["verdict"] = "withdrawn"
            (result,) = service.record_reviews(session, person, [answer]).items
            assert result.status == "recorded", result
            last = answer["id"]


def test_unsure_and_unusable_are_missing_and_borderline_counts_half(lab: Laboratory) -> None:
    reviewed(lab.database, [(MONO, MONO), (MONO, None)])
    found = lab.read(AGREEMENT)["blind"]
    assert (found["items"], found["paired"], found["seen_twice"], found["unsure"]) == (2, 1, 2, 1)
    assert found["percent_agreement"]["value"] == 1
    assert found["krippendorff_alpha"] == {
        "value": None, "low": None, "high": None,
        "notes": ["Only one class was said, so chance alone would give the same: 0/0."],
    }  # fmt: skip
    assert any("1 items have one vote" in note for note in found["notes"])


def test_merged_classes_count_as_one(lab: Laboratory) -> None:
    reviewed(lab.database, SAID)
    merged = lab.read(f"{AGREEMENT}?merge=neutrophils")["blind"]
    assert merged["classes"] == 17
    assert merged["percent_agreement"]["value"] == pytest.approx(7 / 8)
    by_class = {one["label"]: one["specific_agreement"]["value"] for one in merged["per_class"]}
    assert by_class["neutrophils"] == pytest.approx(2 * 5 / 11)
    assert BAND not in by_class
    refused = lab.get(f"{API}{AGREEMENT}?merge=nothing")
    assert (refused.status_code, refused.json()["field"]) == (422, "merge")
    assert "neutrophils, blasts, lymphocytes" in refused.json()["detail"]


def test_a_pair_within_a_merge_is_a_whole_vote(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        cell = a_cell(session, dataset)
        pid = an_open_round(
            session, reviewers=["reviewer1", "reviewer2"], presentation="blind", reviews_per_cell=2, names_hidden=False
        )
        say(session, pid, "reviewer1", cell, BAND, verdict="borderline", second_label=SEGMENTED)
        say(session, pid, "reviewer2", cell, BAND)
    assert lab.read(AGREEMENT)["blind"]["percent_agreement"]["value"] == 0.5
    assert lab.read(AGREEMENT)["blind"]["borderline"] == 1
    assert lab.read(f"{AGREEMENT}?merge=neutrophils")["blind"]["percent_agreement"]["value"] == 1


def test_an_interval_by_patient_is_wider_where_a_patients_cells_are_alike(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, patient=f"p{at // 10}") for at in range(60)]
        pid = an_open_round(session, reviewers=["reviewer1", "reviewer2"], presentation="blind", reviews_per_cell=2)
        for at, cell in enumerate(cells):
            say(session, pid, "reviewer1", cell, MONO if at % 2 else BAND)
            same = at // 10 < 4
            say(session, pid, "reviewer2", cell, MONO if (at % 2 == 1) == same else BAND)
    by_cell = lab.read(AGREEMENT)["blind"]["percent_agreement"]
    by_patient = lab.read(f"{AGREEMENT}?group=patient")["blind"]["percent_agreement"]
    assert by_cell["value"] == by_patient["value"] == pytest.approx(2 / 3)
    assert by_patient["high"] - by_patient["low"] > 2 * (by_cell["high"] - by_cell["low"])
    refused = lab.get(f"{API}{AGREEMENT}?group=ward")
    assert (refused.status_code, refused.json()["field"]) == (422, "group")


def test_cells_that_were_in_two_rounds_are_drawn_with_both(lab: Laboratory) -> None:
    """Twice the same answers make twice the items and no narrower interval: there are no more cells."""
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, SEGMENTED) for _ in range(40)]
        for presentation in ("blind", "sighted"):
            pid = an_open_round(
                session, reviewers=["reviewer1", "reviewer2"], presentation=presentation, reviews_per_cell=2
            )
            for at, cell in enumerate(cells):
                say(session, pid, "reviewer1", cell, SEGMENTED if at % 2 else MONO)
                say(session, pid, "reviewer2", cell, SEGMENTED if at % 2 or at % 8 == 0 else MONO)
            rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    found = lab.read(AGREEMENT)
    once, twice = (found[name]["percent_agreement"] for name in ("blind", "all"))
    assert (found["blind"]["items"], found["all"]["items"]) == (40, 80)
    assert once["value"] == twice["value"] == pytest.approx(35 / 40)
    assert twice["high"] - twice["low"] == pytest.approx(once["high"] - once["low"], abs=0.04)


def test_an_empty_group_on_the_page_draws_cell_by_cell(lab: Laboratory) -> None:
    reviewed(lab.database, SAID)
    assert lab.page("/datasets/smears/quality?group=") == lab.page("/datasets/smears/quality")
    assert "has an attribute ward" in lab.page("/datasets/smears/quality?group=ward")


def test_one_round_alone_and_a_round_that_is_not_there(lab: Laboratory) -> None:
    pid, _ = reviewed(lab.database, SAID)
    assert lab.read(f"{AGREEMENT}?round={pid}") == lab.read(AGREEMENT)
    refused = lab.get(f"{API}{AGREEMENT}?round=aaaaaaaaaaaaaaaa")
    assert (refused.status_code, refused.json()["field"]) == (422, "round")


def test_no_figure_is_stale(lab: Laboratory) -> None:
    pid, cells = reviewed(lab.database, SAID)
    before = lab.get(API + AGREEMENT)
    assert lab.get(API + AGREEMENT, if_none_match=before.headers["etag"]).status_code == 304
    with lab.database.writing() as session:
        person = a_person(session, "reviewer2")
        assignment = assignment_of(session, pid, person, cells[6])
        answer = an_answer(assignment, BAND, supersedes=last_review(session, assignment))
        assert service.record_reviews(session, person, [answer]).items[0].status == "recorded"
    after = lab.get(API + AGREEMENT, if_none_match=before.headers["etag"])
    assert after.status_code == 200
    assert after.json()["blind"]["percent_agreement"]["value"] == pytest.approx(7 / 8)


def test_a_review_that_was_committed_out_of_order_is_not_missed(lab: Laboratory) -> None:
    reviewed(lab.database, SAID)
    with lab.database.reading() as session:
        last = dict(session.execute(select(Review.__table__).order_by(Review.id.desc()).limit(1)).mappings().one())

    def another(id: int) -> int:
        """Write a review under this id; how many reviews are found then, and whether they are in order."""
        with lab.database.writing() as session:
            session.execute(insert(Review).values(last | {"id": id, "uuid": uuid4(), "supersedes": uuid_before[-1]}))
            uuid_before.append(session.execute(select(Review.uuid).where(Review.id == id)).scalar_one())
            dataset = session.execute(select(Dataset.id)).scalar_one()
        with lab.database.reading() as session:
            answers, _ = kept(lab.database).answers(session, dataset, opened_rounds(session, dataset))
            assert (np.diff(answers.id) > 0).all()
            return len(answers)

    uuid_before = [last["uuid"]]
    assert another(last["id"] + 10) == 17
    assert another(last["id"] + 5) == 18
    assert another(last["id"] + 11) == 19


def test_pseudonyms_are_those_of_a_releases_votes(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, BAND) for _ in range(2)]
        pid = an_open_round(session, reviewers=["reviewer1", "reviewer2"], presentation="blind", reviews_per_cell=2)
        say(session, pid, "reviewer1", cells[0], BAND)
        settled = GivenAdjudication(id=uuid4(), verdict=Verdict.LABEL, label=MONO, reason="size")
        service.adjudicate(
            session, a_person(session, "adjudicator1", "adjudicator"), pid_of(session, cells[1]), settled
        )
        say(session, pid, "reviewer2", cells[0], BAND)
    (pair,) = lab.read(AGREEMENT, "adjudicator2")["blind"]["cohen_kappa"]
    assert (pair["rater_a"], pair["rater_b"]) == ("reviewer-1", "reviewer-3")


def test_a_round_whose_figures_wait_says_so_on_its_page(lab: Laboratory) -> None:
    pid, _ = reviewed(lab.database, SAID, presentation="sighted")
    with lab.database.writing() as session:
        settings = RoundSettings(name="Later", dataset="smears", reviewers=["reviewer1"])
        draft = rounds.draft_round(session, settings, a_person(session, "admin", "admin"))
    assert "wait until it closes" in lab.page(f"/rounds/{pid}/quality", "reviewer1")
    assert "Who said what" in lab.page(f"/rounds/{pid}/quality")
    assert "isn’t open yet" in lab.page(f"/rounds/{draft}/quality")


def test_as_csv_every_figure_has_a_line(lab: Laboratory) -> None:
    reviewed(lab.database, SAID)
    by_name = lab.get(f"{API}{AGREEMENT}?format=csv")
    by_kind = lab.get(API + AGREEMENT, accept="text/csv")
    assert by_name.text == by_kind.text
    assert by_name.headers["content-type"].startswith("text/csv")
    assert by_name.headers["content-disposition"] == 'attachment; filename="smears-agreement.csv"'
    rows = list(csv.DictReader(io.StringIO(by_name.text)))
    told = lab.read(AGREEMENT)["blind"]
    alpha = next(row for row in rows if (row["presentation"], row["figure"]) == ("blind", "krippendorff_alpha"))
    assert float(alpha["value"]) == told["krippendorff_alpha"]["value"]
    by_class = [row for row in rows if row["presentation"] == "blind" and row["figure"] == "specific_agreement"]
    assert [row["label"] for row in by_class] == list(load_builtin("mll23").names)
    undefined = next(row for row in by_class if row["label"] == "eosinophil")
    assert (undefined["value"], undefined["notes"]) == ("", "Nobody said it of an item with two votes.")


NOTHING: dict[str, list[tuple[str | None, ...]]] = {
    "one reviewer": [(MONO,), (BAND,)],
    "one class": [(MONO, MONO), (MONO, MONO)],
    "all unsure": [(None, None), (None, None)],
}


@pytest.mark.parametrize("what", NOTHING)
def test_what_is_undefined_says_why(lab: Laboratory, what: str) -> None:
    reviewed(lab.database, NOTHING[what])
    answer = lab.get(API + AGREEMENT)
    assert answer.status_code == 200
    assert "NaN" not in answer.text
    blind = answer.json()["blind"]
    assert blind["krippendorff_alpha"]["value"] is None
    assert blind["krippendorff_alpha"]["notes"]
    assert all(one["specific_agreement"].get("notes") for one in blind["per_class"] if one["label"] != MONO)
    page = lab.page("/datasets/smears/quality")
    assert "NaN" not in page
    assert "undefined" in page or "So far: 0." in page


def test_a_dataset_without_reviews_answers_with_nulls_and_notes(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        a_dataset(session)
    for name, found in lab.read(AGREEMENT).items():
        assert found["krippendorff_alpha"]["value"] is None, name
        assert found["krippendorff_alpha"]["notes"] == ["No item has two votes."]
        assert (found["items"], found["raters"], found["cohen_kappa"]) == (0, 0, [])
    page = lab.page("/datasets/smears/quality")
    assert page.count("Agreement needs cells that two reviewers have seen. So far: 0.") == 2


@pytest.mark.parametrize("classes", [2, 200])
def test_label_sets_of_any_size_have_figures(lab: Laboratory, classes: int) -> None:
    names = [f"class_{at:03}" for at in range(classes)]
    with lab.database.writing() as session:
        label_set = store_label_set(session, of_classes(names))
        dataset = a_dataset(session, label_set=label_set)
        cells = [a_cell(session, dataset) for _ in range(6)]
        pid = an_open_round(session, reviewers=["reviewer1", "reviewer2"], presentation="blind", reviews_per_cell=2)
        for at, cell in enumerate(cells):
            say(session, pid, "reviewer1", cell, names[at % 2])
            say(session, pid, "reviewer2", cell, names[-1] if at == 5 else names[at % 2])
    found = lab.read(AGREEMENT)["blind"]
    assert found["classes"] == classes
    assert 0 < found["krippendorff_alpha"]["value"] <= 1
    assert "krippendorff_alpha_weighted" not in found
    page = lab.page("/datasets/smears/quality?row=class_001&column=" + names[-1])
    assert "class_001" in page
    assert "NaN" not in page


def test_an_adjudicator_sees_pseudonyms_where_a_round_hides_names(lab: Laboratory) -> None:
    reviewed(lab.database, SAID, names_hidden=True)
    (pair,) = lab.read(AGREEMENT, "adjudicator1")["blind"]["cohen_kappa"]
    assert [pair["rater_a"], pair["rater_b"]] == ["reviewer-1", "reviewer-2"]
    assert "reviewer1" not in lab.page("/datasets/smears/quality", "adjudicator1")
    (pair,) = lab.read(AGREEMENT)["blind"]["cohen_kappa"]
    assert [pair["rater_a"], pair["rater_b"]] == ["reviewer1", "reviewer2"]


def test_a_reviewer_sees_figures_of_own_cells_in_closed_rounds(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset) for _ in range(6)]
        pid = an_open_round(
            session, reviewers=["reviewer1", "reviewer2", "reviewer3"], presentation="sighted", reviews_per_cell=3
        )
        for cell in cells:
            say(session, pid, "reviewer2", cell, MONO)
            say(session, pid, "reviewer3", cell, BAND)
        for cell in cells[:2]:
            say(session, pid, "reviewer1", cell, MONO)
    assert lab.read(AGREEMENT, "reviewer1")["all"]["items"] == 0
    with lab.database.writing() as session:
        rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    own = lab.read(AGREEMENT, "reviewer1")["all"]
    assert (own["items"], own["cells"]) == (2, 2)
    assert {frozenset((pair["rater_a"], pair["rater_b"])) for pair in own["cohen_kappa"]} == {
        frozenset(("reviewer1", "reviewer-1")), frozenset(("reviewer1", "reviewer-2")),
    }  # fmt: skip
    assert lab.read(AGREEMENT)["all"]["items"] == 6
    assert lab.get(API + AGREEMENT, "reviewer9").status_code == 404


@pytest.mark.parametrize("name", ["reviewer1", "adjudicator1", "admin1"])
def test_figures_wait_while_somebody_reviews_the_dataset_blind(lab: Laboratory, name: str) -> None:
    role = name.rstrip("1")
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        a_cell(session, dataset, MONO)
        a_person(session, name, role)
        pid = an_open_round(session, reviewers=[name], presentation="blind")
    paths = (AGREEMENT, "/datasets/smears/confusion", "/datasets/smears/confusion/cells?row=monocyte&column=monocyte")
    for path in paths:
        answer = lab.get(API + path, name, role)
        assert answer.status_code == 403, path
        assert "open blind round" in answer.json()["detail"]
    for page in ("/datasets/smears/quality", f"/rounds/{pid}/quality"):
        assert "wait until it closes" in lab.page(page, name)
    with lab.database.writing() as session:
        rounds.close_round(session, pid, a_person(session, "admin", "admin"))
        person = accounts.person_by_name(session, name)
    assert lab.get(API + AGREEMENT, name, role).status_code == 200
    with lab.database.reading() as session:
        scope = scope_of(session, lab.database, person, "smears")
        assert agreement(session, scope)["all"].cells == 0
