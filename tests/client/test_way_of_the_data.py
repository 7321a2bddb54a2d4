"""One dataset's whole way, from a ZIP to a checked release, by the client alone."""

import csv
import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image

from app.database import Database
from cytoreview_client import Adjudication, Client, Conflict, DamagedDownload, Forbidden, Invalid, Review, RoundSettings
from tests.client.pictures import a_png, a_zip
from tests.serving import Server, token_for

FILES = {
    "monocyte/m1.png": a_png(1),
    "monocyte/m2.png": a_png(2),
    "lymphocyte/l1.png": a_png(3),
    "lymphocyte/same_as_m1.png": a_png(1),
    "readme.txt": b"not a picture",
}


def client_of(server: Server, database: Database, name: str, role: str = "reviewer") -> Client:
    return Client(server.url, token_for(database, name, role))


def import_files(admin: Client, folder: Path) -> None:
    admin.create_dataset("Smears", slug="smears", px_per_um=11.52)
    job = admin.import_zip("smears", a_zip(folder / "smears.zip", FILES))
    report = admin.wait_for_job(job.id, timeout=60).report
    assert report is not None
    found = {name: report[name] for name in ("files", "cells_new", "occurrences_new", "born_disputed", "ignored")}
    assert found == {"files": 4, "cells_new": 3, "occurrences_new": 4, "born_disputed": 1, "ignored": 1}


def open_a_round(admin: Client, reviewers: list[str]) -> str:
    settings = RoundSettings(name="All of them", dataset="smears", reviewers=reviewers)
    plan = admin.plan_round(settings)
    assert (plan.cells, plan.assignments, plan.born_disputed) == (3, 6, 1)
    draft = admin.draft_round(settings)
    assert admin.edit_round(draft.id, name="Every cell").name == "Every cell"
    job = admin.open_round(draft.id).job
    assert job is not None
    admin.wait_for_job(job, timeout=60)
    assert admin.round(draft.id).state == "open"
    return draft.id


def answer_all(reviewer: Client, round_id: str, born_disputed: str, changed: dict[str, str]) -> None:
    """Confirm what is shown, but for what is changed; say one class of the cell that shows none."""
    queue = reviewer.queue(round_id)
    answers = []
    for item in queue:
        picture = Image.open(io.BytesIO(reviewer.assigned_image(item.assignment_id)))
        assert picture.size == (48, 48)
        label = changed.get(item.shown_label or "", item.shown_label) or born_disputed
        answers.append(Review(assignment_id=item.assignment_id, verdict="label", label=label, seconds=1.5))
    assert [result.status for result in reviewer.submit(answers)] == ["recorded"] * len(queue)
    assert [result.status for result in reviewer.submit(answers)] == ["already_recorded"] * len(queue)
    assert reviewer.queue(round_id) == []


def freeze(admin: Client) -> int:
    asked = admin.create_release("smears")
    admin.wait_for_job(asked.id, timeout=60)
    assert admin.release("smears", asked.release).state == "frozen"
    return asked.release


def test_from_a_zip_to_a_release_by_the_client_alone(server: Server, database: Database, tmp_path: Path) -> None:
    with (
        client_of(server, database, "admin", "admin") as admin,
        client_of(server, database, "adjudicator1", "adjudicator") as adjudicator,
        client_of(server, database, "reviewer1") as reviewer1,
        client_of(server, database, "reviewer2") as reviewer2,
    ):
        import_files(admin, tmp_path)
        assert [len(each.classes) for each in admin.label_sets() if each.name == "mll23"] == [18]
        assert admin.dataset("smears").cells == 3
        assert [dataset.slug for dataset in admin.datasets()] == ["smears"]

        cells = list(admin.cells("smears", page_size=1))
        assert len({cell.id for cell in cells}) == 3
        [lymphocyte] = admin.cells("smears", given_label="lymphocyte")
        assert admin.cell(lymphocyte.id).occurrences == lymphocyte.occurrences
        assert admin.image(lymphocyte.id, "original") == FILES["lymphocyte/l1.png"]
        assert admin.image(lymphocyte.id, "thumbnail")[8:12] == b"WEBP"

        round_id = open_a_round(admin, ["reviewer1", "reviewer2"])
        assert [each.id for each in reviewer1.rounds("smears")] == [round_id]
        answer_all(reviewer1, round_id, born_disputed="monocyte", changed={})
        answer_all(reviewer2, round_id, born_disputed="monocyte", changed={"lymphocyte": "smudge_cell"})
        assert admin.round(round_id).progress.done == 6

        [dispute] = adjudicator.disputes(dataset="smears")
        assert dispute.cell_id == lymphocyte.id
        assert {vote.label for vote in dispute.votes} == {"lymphocyte", "smudge_cell"}
        first = freeze(admin)
        settled = adjudicator.adjudicate(
            dispute.cell_id, Adjudication(verdict="label", label="smudge_cell", comment="no nucleus left")
        )
        assert (settled.state, settled.label) == ("adjudicated", "smudge_cell")
        with pytest.raises(Conflict):
            adjudicator.adjudicate(dispute.cell_id, Adjudication(verdict="label", label="lymphocyte"))
        second = freeze(admin)

        votes = list(admin.reviews(dataset="smears", page_size=2))
        assert len(votes) == 7
        assert list(admin.stream_reviews(dataset="smears")) == votes
        assert {vote.reviewer for vote in reviewer1.reviews()} == {"reviewer1"}
        assert len(admin.cell_reviews(lymphocyte.id)) == 3

        job = admin.close_round(round_id).job
        assert job is not None
        admin.wait_for_job(job, timeout=60)

        files = admin.download_release("smears", second, tmp_path / "release")
        names = {file.name for file in files}
        assert {"labels.csv", "votes.csv", "manifest.json"} <= names
        labels = list(csv.DictReader(io.StringIO((tmp_path / "release" / "labels.csv").read_text("utf-8-sig"))))
        assert sorted(row["label"] for row in labels) == ["monocyte", "monocyte", "smudge_cell"]
        [change] = admin.diff("smears", first, second)
        assert change.cell_id == lymphocyte.id
        assert change.after is not None
        assert (change.after.label, [review.verdict for review in change.reviews]) == ("smudge_cell", ["label"])
        assert [release.number for release in admin.releases("smears")] == [second, first]


def test_a_round_takes_cells_and_reviewers_in_as_the_client_says(
    server: Server, database: Database, tmp_path: Path
) -> None:
    token_for(database, "reviewer2")
    with (
        client_of(server, database, "admin", "admin") as admin,
        client_of(server, database, "reviewer1") as reviewer1,
    ):
        import_files(admin, tmp_path)
        draft = admin.draft_round(RoundSettings(name="Thrown away", dataset="smears", reviewers=["reviewer1"]))
        admin.delete_round(draft.id)
        assert admin.rounds() == []
        settings = RoundSettings(
            name="Monocytes", dataset="smears", reviewers=["reviewer1"], filter={"given_label": "monocyte"}
        )
        opened = admin.draft_round(settings)
        job = admin.open_round(opened.id).job
        assert job is not None
        admin.wait_for_job(job, timeout=60)
        assert len(reviewer1.queue(opened.id)) == 1

        more = admin.import_zip("smears", a_zip(tmp_path / "more.zip", {"monocyte/m9.png": a_png(9)}))
        admin.wait_for_job(more.id, timeout=60)
        job = admin.extend_round(opened.id).job
        assert job is not None
        admin.wait_for_job(job, timeout=60)
        assert len(reviewer1.queue(opened.id)) == 2

        changed = admin.change_reviewers(opened.id, join=["reviewer2"])
        assert changed.reviewers is not None
        assert {each.reviewer for each in changed.reviewers} == {"reviewer1", "reviewer2"}
        assert len(reviewer1.queue(opened.id)) == 1


def test_predictions_by_the_client(server: Server, database: Database, tmp_path: Path) -> None:
    with client_of(server, database, "admin", "admin") as admin:
        import_files(admin, tmp_path)
        as_json, as_csv = tmp_path / "net.ndjson", tmp_path / "net.csv"
        as_json.write_text('{"path": "monocyte/m1.png", "probabilities": {"monocyte": 0.25, "basophil": 0.75}}\n')
        as_csv.write_text("path,label\nmonocyte/m2.png,basophil\nmonocyte/m9.png,basophil\n")
        assert admin.load_predictions("smears", as_json, model="net").cells == 1
        report = admin.load_predictions("smears", as_csv, model="net", version="2")
        assert (report.rows, report.cells, report.unknown_cells) == (2, 1, ["monocyte/m9.png"])
        admin.wait_for_job(admin.rank_again("smears").id, timeout=60)
        (doubted,) = [one for one in admin.suspicion("smears") if one.source == "predictions"]
        assert doubted.given_label == "monocyte"
        assert doubted.reason.startswith("what a model says of it speaks for")
        assert [one.label for one in admin.cell(doubted.cell_id).predictions or []] == ["basophil"]
        as_json.write_text('{"path": "monocyte/m1.png", "probabilities": {"monocyte": 25}}\n')
        with pytest.raises(Invalid) as refused:
            admin.load_predictions("smears", as_json, model="net")
        assert refused.value.field == "probabilities.monocyte"


def test_people_and_tokens_by_the_client(server: Server, database: Database) -> None:
    with client_of(server, database, "admin", "admin") as admin:
        invited = admin.create_user("reviewer1")
        assert invited.link.startswith(f"{server.url}/setup/")
        assert admin.new_link(invited.id).link != invited.link
        assert admin.edit_user(invited.id, role="adjudicator").role == "adjudicator"
        assert {user.name: user.invited for user in admin.users()}["reviewer1"]
        made = admin.create_token("notebook", days=3)
        with Client(server.url, made.token) as other:
            assert made.id in {token.id for token in other.tokens()}
        admin.revoke_token(made.id)
        assert made.id not in {token.id for token in admin.tokens()}
        assert [event.subject for event in admin.events(kind="token.revoke", actor="admin")] == [made.id]
        with client_of(server, database, "reviewer2") as reviewer, pytest.raises(Forbidden):
            reviewer.users()


def test_a_damaged_download_leaves_no_file(server: Server, database: Database, tmp_path: Path) -> None:
    with client_of(server, database, "admin", "admin") as admin:
        import_files(admin, tmp_path)
        number = freeze(admin)
        good = admin.download("smears", number, "labels.csv", tmp_path / "good")
        digests = {file.name: file.sha256 for file in admin.release("smears", number).files}
        assert hashlib.sha256(good.read_bytes()).hexdigest() == digests["labels.csv"]
        blobs = [path for path in (server.home / "blobs").rglob("*") if path.is_file()]
        [stored] = [path for path in blobs if path.read_bytes() == good.read_bytes()]
        stored.write_bytes(good.read_bytes().replace(b"monocyte", b"basophil"))
        with pytest.raises(DamagedDownload, match=r"labels\.csv"):
            admin.download("smears", number, "labels.csv", tmp_path / "bad")
        assert list((tmp_path / "bad").iterdir()) == []
