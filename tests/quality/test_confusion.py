"""Who said what, over REST and on the page: counts, shares, the cells behind a field."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.catalogue.models import Cell, Prediction, PredictionModel
from app.database import Writing, now
from app.labels.labelset import load_builtin
from app.review import rounds
from app.review.models import Assignment, Kind, Round
from app.review.service import record_reviews
from tests.browse.laboratory import API, Laboratory, pid_of
from tests.factories import a_cell, a_dataset, a_person, an_answer, an_open_round, say

BAND, SEGMENTED, MONO, BLAST = "neutrophil_band", "neutrophil_segmented", "monocyte", "myeloblast"
MLL23 = load_builtin("mll23")
CONFUSION = "/datasets/smears/confusion"
BOTH = f"{CONFUSION}?rows=reviewer:reviewer1&columns=reviewer:reviewer2"

# The given label, and what two reviewers say.
SAID: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (SEGMENTED, {"label": SEGMENTED}, {"label": SEGMENTED}),
    (SEGMENTED, {"label": SEGMENTED}, {"label": SEGMENTED}),
    (BAND, {"label": SEGMENTED}, {"label": SEGMENTED}),
    (BAND, {"label": BAND}, {"label": SEGMENTED}),
    (MONO, {"label": BAND}, {"label": SEGMENTED}),
    (MONO, {"label": MONO}, {"label": None, "verdict": "unusable"}),
    (MONO, {"label": BAND, "verdict": "borderline", "second_label": SEGMENTED}, {"label": None}),
    (MONO, {"label": BAND, "verdict": "borderline", "second_label": SEGMENTED},
     {"label": SEGMENTED, "verdict": "borderline", "second_label": BAND}),
]  # fmt: skip


def reviewed(session: Writing, **settings: Any) -> tuple[str, list[int]]:
    """A round in which two people answered; the round and the cells."""
    dataset = a_dataset(session)
    cells = [a_cell(session, dataset, given) for given, _, _ in SAID]
    shown: dict[str, Any] = {"presentation": "blind", "reviews_per_cell": 2, "names_hidden": False}
    pid = an_open_round(session, reviewers=["reviewer1", "reviewer2"], **(shown | settings))
    for cell, (_, *answers) in zip(cells, SAID, strict=True):
        for name, answer in zip(("reviewer1", "reviewer2"), answers, strict=True):
            say(session, pid, name, cell, **answer)
    return pid, cells


def fields(found: dict[str, Any]) -> dict[tuple[str, str], int]:
    """The fields that have cells."""
    return {
        (row, column): n
        for row, line in zip(found["row_labels"], found["counts"], strict=True)
        for column, n in zip(found["column_labels"], line, strict=True)
        if n
    }


def listed(lab: Laboratory, query: str, row: str, column: str) -> list[str]:
    """The cells of a field, page by page."""
    ids: list[str] = []
    path: str | None = f"{API}{CONFUSION}/cells?{query}&row={row}&column={column}&limit=1"
    while path:
        answer = lab.get(path)
        assert answer.status_code == 200, answer.text
        ids += [item["id"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else None
    return ids


def pids(lab: Laboratory, cells: Sequence[int]) -> list[str]:
    with lab.database.reading() as session:
        return [pid_of(session, cell) for cell in cells]


def test_two_reviewers_meet_on_every_cell_that_both_answered(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        _, cells = reviewed(session)
    found = lab.read(BOTH)
    assert fields(found) == {
        (BAND, SEGMENTED): 2, (SEGMENTED, SEGMENTED): 3, (MONO, "unusable"): 1, ("borderline", "unsure"): 1,
        ("borderline", "borderline"): 1,
    }  # fmt: skip
    assert (found["cells"], found["same"], found["presentation"]) == (8, 4, "all")
    assert found["row_labels"] == [*MLL23.names, "borderline"]
    assert found["column_labels"] == [*MLL23.names, "borderline", "unusable", "unsure"]
    row = found["row_labels"].index("borderline")
    assert found["row_totals"][row] == 2
    assert found["shares"][row][-1] == 0.5
    assert found["shares"][found["row_labels"].index("basophil")] is None
    turned = lab.read(f"{CONFUSION}?rows=reviewer:reviewer2&columns=reviewer:reviewer1")
    assert fields(turned) == {(column, row): n for (row, column), n in fields(found).items()}
    assert listed(lab, "rows=reviewer:reviewer1&columns=reviewer:reviewer2", BAND, SEGMENTED) == pids(lab, cells[3:5])
    assert listed(lab, "rows=reviewer:reviewer1&columns=reviewer:reviewer2", BAND, MONO) == []


def test_merges_move_answers_together(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        reviewed(session)
    found = lab.read(f"{BOTH}&merge=neutrophils")
    assert fields(found) == {
        ("neutrophils", "neutrophils"): 6, (MONO, "unusable"): 1, ("neutrophils", "unsure"): 1,
    }  # fmt: skip
    assert found["row_labels"].index("neutrophils") == MLL23.index(BAND)


def test_given_labels_meet_the_consensus_with_error_rates(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        _, cells = reviewed(session)
    found = lab.read(CONFUSION)
    assert (found["rows"], found["columns"], found["presentation"]) == ("given", "consensus", None)
    assert fields(found) == {(SEGMENTED, SEGMENTED): 2, (BAND, SEGMENTED): 1, (MONO, "borderline"): 1}
    errors = {one["label"]: one for one in found["errors"]}
    assert (errors[BAND]["wrong"], errors[BAND]["of"], errors[BAND]["value"]) == (1, 1, 1.0)
    assert errors[SEGMENTED]["low"] == 0.0
    assert errors[SEGMENTED]["high"] == pytest.approx(0.658, abs=0.001)
    assert errors[MONO]["wrong"] == 1
    assert listed(lab, "", BAND, SEGMENTED) == pids(lab, cells[2:3])
    assert listed(lab, "", MONO, "borderline") == pids(lab, cells[7:])
    merged = lab.read(f"{CONFUSION}?merge=neutrophils")
    assert fields(merged) == {("neutrophils", "neutrophils"): 3, (MONO, "neutrophils"): 1}
    assert {one["label"]: (one["wrong"], one["of"]) for one in merged["errors"]} == {
        "neutrophils": (0, 3), MONO: (1, 1),
    }  # fmt: skip
    assert listed(lab, "merge=neutrophils", "neutrophils", "neutrophils") == pids(lab, cells[:3])
    assert listed(lab, "merge=neutrophils", MONO, "neutrophils") == pids(lab, cells[7:])
    assert listed(lab, "merge=neutrophils", MONO, "borderline") == []


def test_predictions_meet_the_consensus(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        _, cells = reviewed(session)
        dataset = session.scalar(select(Cell.dataset))
        for version, label in (("1", MONO), ("2", BAND)):
            model = session.execute(
                insert(PredictionModel)
                .values(dataset=dataset, name="net", version=version, loaded_at=now())
                .returning(PredictionModel.id)
            ).scalar_one()
            session.execute(
                insert(Prediction), [{"model": model, "cell": cell, "label": MLL23.index(label)} for cell in cells]
            )
    newest = lab.read(f"{CONFUSION}?rows=prediction")
    assert fields(newest) == {(BAND, SEGMENTED): 3, (BAND, "borderline"): 1}
    older = lab.read(f"{CONFUSION}?rows=prediction:net/1&columns=reviewer:reviewer1")
    assert fields(older) == {(MONO, SEGMENTED): 3, (MONO, BAND): 2, (MONO, MONO): 1, (MONO, "borderline"): 2}
    assert listed(lab, "rows=prediction", BAND, SEGMENTED) == pids(lab, cells[:3])
    assert listed(lab, "rows=prediction:net/1&columns=reviewer:reviewer1", MONO, BAND) == pids(lab, cells[3:5])
    assert "prediction of net/2" in lab.page("/datasets/smears/quality")


def test_a_reviewer_meets_given_labels(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        reviewed(session)
    found = lab.read(f"{CONFUSION}?rows=reviewer:reviewer1&columns=given")
    assert fields(found)[BAND, MONO] == 1
    assert fields(found)[SEGMENTED, BAND] == 1
    assert found["errors"] is None


def test_first_answers_meet_repeated_ones(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        for _ in range(8):
            a_cell(session, dataset)
        pid = an_open_round(session, reviewers=["reviewer1"], presentation="blind", repeat_share=0.5)
        rows = session.execute(
            select(Assignment.pid, Assignment.cell, Assignment.kind)
            .join(Round, Assignment.round == Round.id)
            .where(Round.pid == pid)
        ).all()
        repeats = [cell for _, cell, kind in rows if kind == Kind.REPEAT]
        person = a_person(session, "reviewer1")
        for assignment, cell, kind in rows:
            label = SEGMENTED if kind == Kind.REPEAT and cell == repeats[0] else BAND
            record_reviews(session, person, [an_answer(assignment, label)])
    found = lab.read(f"{CONFUSION}?rows=first&columns=repeat")
    assert fields(found) == {(BAND, BAND): len(repeats) - 1, (BAND, SEGMENTED): 1}
    assert listed(lab, "rows=first&columns=repeat", BAND, SEGMENTED) == pids(lab, repeats[:1])
    assert fields(lab.read(f"{CONFUSION}?rows=repeat&columns=first"))[SEGMENTED, BAND] == 1
    assert lab.read(f"{CONFUSION}?rows=first&columns=repeat&presentation=sighted")["cells"] == 0
    # To the reviewer it isn't told which cells came again before the round closes.
    with lab.database.writing() as session:
        rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    assert lab.read(f"{CONFUSION}?rows=first&columns=repeat", "reviewer1")["cells"] == len(repeats)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("rows=given&columns=given", "columns"),
        ("rows=first&columns=given", "columns"),
        ("rows=reviewer:nobody", "rows"),
        ("rows=nonsense", "rows"),
        ("columns=prediction", "columns"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_words(lab: Laboratory, query: str, field: str) -> None:
    with lab.database.writing() as session:
        reviewed(session)
    refused = lab.get(f"{API}{CONFUSION}?{query}")
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert refused.json()["detail"] in lab.page(f"/datasets/smears/quality?{query}").replace("&#39;", "'")


def test_a_field_that_is_not_there_is_refused(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        reviewed(session)
    refused = lab.get(f"{API}{CONFUSION}/cells?row=nothing&column={MONO}")
    assert (refused.status_code, refused.json()["field"]) == (422, "row")
    assert lab.get(f"/datasets/smears/quality?row=nothing&column={MONO}").status_code == 422


def test_a_reviewer_is_told_of_their_own_answers_only(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        pid, _ = reviewed(session, presentation="sighted")
        rounds.close_round(session, pid, a_person(session, "admin", "admin"))
    assert lab.read(f"{CONFUSION}?rows=reviewer:reviewer1&columns=consensus", "reviewer1")["cells"] == 4
    for query in ("", "?rows=given&columns=consensus", "?rows=reviewer:reviewer1&columns=reviewer:reviewer2"):
        refused = lab.get(f"{API}{CONFUSION}{query}", "reviewer1")
        assert refused.status_code == 403, query
    page = lab.page("/datasets/smears/quality", "reviewer1")
    assert "reviewer2" not in page
    assert "Given labels that are wrong" not in page
    with lab.database.writing() as session:
        an_open_round(session, reviewers=["reviewer1"], presentation="sighted")
    refused = lab.get(f"{API}{CONFUSION}?rows=reviewer:reviewer1&columns=consensus", "reviewer1")
    assert refused.status_code == 403
    assert "waits while a round of yours is open" in refused.json()["detail"]


def test_as_csv_every_field_has_a_line(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        reviewed(session)
    answer = lab.get(f"{API}{BOTH}&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 19 * 21
    field = next(row for row in rows if (row["row"], row["column"]) == (BAND, SEGMENTED))
    assert (field["cells"], field["share_of_row"]) == ("2", "1.0")


def test_the_page_shows_a_fields_cells_without_javascript(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        pid, cells = reviewed(session)
    query = f"rows=reviewer:reviewer1&columns=reviewer:reviewer2&row={BAND}&column={SEGMENTED}"
    page = lab.page(f"/datasets/smears/quality?{query}")
    assert "reviewer1 band neutrophil, reviewer2 segmented neutrophil" in page
    assert "The other way round 0." in page
    for cell in pids(lab, cells[3:5]):
        assert f"/api/v1/cells/{cell}/image?size=thumbnail" in page
    assert f"/datasets/smears/disputes?pair={BAND}%2C{SEGMENTED}" in page
    assert "All 2 cells" in page
    listing = lab.page(f"/datasets/smears/quality/cells?{query}")
    assert all(f"/cells/{cell}" in listing for cell in pids(lab, cells[3:5]))
    given = lab.page(f"/datasets/smears/quality?rows=given&columns=consensus&row={BAND}&column={SEGMENTED}")
    assert f"/datasets/smears/cells?given_label={BAND}&amp;label={SEGMENTED}&amp;outcome=label" in given
    of_round = lab.page(f"/rounds/{pid}/quality?{query}")
    assert "A round" in of_round
    assert "All rounds of the dataset" in of_round


def test_cells_of_another_dataset_are_not_counted(lab: Laboratory) -> None:
    with lab.database.writing() as session:
        reviewed(session)
        other = a_dataset(session, "other")
        a_cell(session, other, BAND)
        session.execute(
            update(Cell)
            .where(Cell.dataset == other)
            .values(state="agreed", outcome="label", label=MLL23.index(BAND), method="majority")
        )
    assert (BAND, BAND) not in fields(lab.read(CONFUSION))
    assert fields(lab.read("/datasets/other/confusion")) == {(BAND, BAND): 1}
