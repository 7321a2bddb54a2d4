"""Home, datasets, cells and a cell as pages."""

import re
from html import unescape

import pytest
from sqlalchemy import insert

from app.browse.navigation import Navigation, RunningJob, navigation
from app.database import Database, now
from app.jobs.models import Job
from app.labels.labelset import load_builtin
from app.review.filters import CellFilter
from app.review.phrases import filter_phrases
from app.review.service import record_reviews
from app.web.speech import speech
from tests.browse.laboratory import Laboratory
from tests.factories import a_cell, a_dataset, a_person, an_open_round, say


def words(html: str) -> str:
    """What a reader sees of a page, roughly."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


@pytest.fixture
def smears(lab: Laboratory) -> Laboratory:
    """A round of two reviewers over four cells, one of them disputed, one agreed with a comment."""
    for person in ("reviewer1", "reviewer2", "adjudicator1", "admin"):
        lab.get("/", person)
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        cells = [a_cell(session, dataset, "neutrophil_band") for _ in range(4)]
        round = an_open_round(session, reviewers=["reviewer1", "reviewer2"])
        say(session, round, "reviewer1", cells[0], "neutrophil_band", seconds=1.5)
        say(session, round, "reviewer2", cells[0], "neutrophil_segmented", seconds=2.5)
        say(session, round, "reviewer1", cells[1], "neutrophil_segmented", seconds=2.5, comment="thread between lobes")
        say(session, round, "reviewer2", cells[1], "neutrophil_segmented", seconds=1.0)
    return lab


def first_cells(lab: Laboratory, count: int) -> list[str]:
    return lab.listed("dataset=smears&sort=id")[:count]


def test_whoever_is_not_signed_in_is_led_to_sign_in(lab: Laboratory) -> None:
    for path in ("/", "/datasets", "/datasets/smears", "/cells/aaaaaaaaaaaaaaaa", "/help"):
        answer = lab.send(path, {})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=")


def test_an_empty_home_says_what_comes(lab: Laboratory) -> None:
    assert "You’ll find them here when an admin opens one." in words(lab.page("/", "reviewer1"))
    assert "No datasets yet." in words(lab.page("/", "admin"))


def test_a_reviewer_goes_on_where_they_stopped(smears: Laboratory) -> None:
    home = words(smears.page("/", "reviewer1"))
    assert "Continue with cell 3" in home
    assert "2 of 4 cells left, about 4.0 s at your pace of 2.0 s a cell." in home
    assert "Go on where you stopped" in home
    assert re.search(r"Today Cells 2 4\.0 s of looking Corrected 1 50 % of 2 Unsure 0", home)
    assert smears.page("/", "reviewer1").count(">Continue</a>") == 1


def test_an_undone_answer_is_no_part_of_today(smears: Laboratory) -> None:
    last = smears.read("/reviews", "reviewer2")["items"][-1]
    with smears.database.writing() as session:
        reviewer = a_person(session, "reviewer2")
        item = {
            "id": "0b7e1c3e-6f0c-4a53-9d57-5e2c1f3a9b10",
            "assignment_id": last["assignment_id"],
            "verdict": "withdrawn",
            "supersedes": last["id"],
        }
        (result,) = record_reviews(session, reviewer, [item]).items
        assert result.status == "recorded"
    assert "Cells 1" in words(smears.page("/", "reviewer2"))
    assert "Continue with cell 2" in words(smears.page("/", "reviewer2"))


def test_the_home_of_an_admin_shows_everything_that_goes_on(smears: Laboratory) -> None:
    home = words(smears.page("/", "admin"))
    assert "Disputes waiting 1" in home
    assert "Cells without any review 2 of 4" in home
    assert "Reviews today 4 2 reviewers" in home
    assert "Releases none yet" in home
    assert "Band / Seg" in home
    assert re.search(r"reviewer1 2 4 2\.0 s 4\.0 s", home)
    assert "100.0 % (20.7–100.0)" in home
    assert "/datasets/smears/disputes?pair=neutrophil_band,neutrophil_segmented" in smears.page("/", "admin")
    assert "New round" not in words(smears.page("/", "adjudicator1"))


def test_cells_are_shown_as_a_table_or_as_pictures(smears: Laboratory) -> None:
    table = words(smears.page("/datasets/smears/cells"))
    assert "4 cells" in table
    assert "Seg segmented neutrophil 1.00 agreed" in table
    assert "Band, Seg" in table
    pictures = smears.page("/datasets/smears/cells?view=pictures")
    assert pictures.count('class="picture-grid"') == 1
    assert pictures.count("?size=thumbnail") == 4


def test_a_filtered_page_says_what_it_shows_and_how_many_by_state(smears: Laboratory) -> None:
    page = smears.page("/datasets/smears/cells?given_label=neutrophil_band&state=agreed&label=&q=&view=table")
    assert "1 cell given as band neutrophil, agreed" in words(page)
    assert "unreviewed 2" in words(page)
    assert "disputed 1" in words(page)
    assert "/rounds/new?given_label=neutrophil_band&amp;state=agreed" in page
    assert "No cells match." in smears.page("/datasets/smears/cells?given_label=basophil")


def test_a_filter_that_cannot_be_used_is_a_page_that_says_so(smears: Laboratory) -> None:
    for search in ("state=done", "given_label=nothing", "cursor=nonsense", "pair=one", "round=nothing"):
        answer = smears.get(f"/datasets/smears/cells?{search}")
        assert answer.status_code == 422, search
        assert "<h1>" in answer.text


def test_a_long_list_goes_on_over_pages(lab: Laboratory) -> None:
    lab.get("/", "admin")
    with lab.database.writing() as session:
        dataset = a_dataset(session)
        for _ in range(130):
            a_cell(session, dataset, "monocyte")
    seen: list[str] = []
    path: str | None = "/datasets/smears/cells?given_label=monocyte&sort=path"
    while path:
        page = lab.page(path)
        seen += re.findall(r'class="mono" href="/cells/(\w+)"', page)
        following = re.search(r'<a href="([^"]*)" rel="next">', page)
        path = unescape(following[1]) if following else None
    assert len(seen) == len(set(seen)) == 130


def test_a_cell_tells_its_history_newest_first(smears: Laboratory) -> None:
    disputed, agreed = first_cells(smears, 2)
    page = words(smears.page(f"/cells/{agreed}"))
    history = page.partition("History")[2]
    first, second, imported = (history.index(part) for part in ("Reviewer B", "Reviewer A", "Imported"))
    assert first < second < imported
    assert "said segmented neutrophil, sighted, shown was Band, 2.5 s “thread between lobes”" in history
    assert "100 % of 2 standing reviews say so." in page
    assert "25 × 25 µm" in page
    html = smears.page(f"/cells/{agreed}")
    assert 'width="576" height="576"' in html  # 288 pixels, each twice as large
    assert 'd="M0.5 0v5.5H115.5V0"' in html  # 5 µm at 11.52 px/µm
    assert "Settle this cell" in words(smears.page(f"/cells/{disputed}"))
    assert "Settle this cell" not in words(smears.page(f"/cells/{disputed}", "reviewer1"))


def test_cells_lead_to_their_neighbours(smears: Laboratory) -> None:
    first, second, third = first_cells(smears, 3)
    page = smears.page(f"/cells/{second}")
    assert f'rel="prev" href="/cells/{first}"' in page
    assert f'rel="next" href="/cells/{third}"' in page
    assert 'rel="prev"' not in smears.page(f"/cells/{first}")


def test_help_names_the_keys_of_the_classes(lab: Laboratory) -> None:
    page = words(lab.page("/help", "reviewer1"))
    assert "U Band band neutrophil".casefold() in page.casefold()


def test_a_filter_reads_as_a_phrase() -> None:
    label_set = load_builtin("mll23")
    chosen = CellFilter(
        given_label="neutrophil_band,monocyte", flagged=True, dissent=False, round="abc", q="x", attribute="slide:7"
    )
    assert list(map(str, filter_phrases(chosen, label_set, "en", {"abc": "Spring"}))) == [
        "given as band neutrophil or monocyte",
        "flagged",
        "without dissent",
        "in the round Spring",
        "with slide 7",
        "found by “x”",
    ]
    assert list(map(str, filter_phrases(CellFilter(given_label="none"), label_set, "en"))) == ["without a given label"]
    assert filter_phrases(CellFilter(), label_set, "en") == []
    german = speech("de").phrases(filter_phrases(chosen, label_set, "de", {"abc": "Spring"}))
    assert german.startswith("Ausgangslabel Stabkerniger oder Monozyt, markiert, ohne Gegenstimme")


def test_the_top_bar_counts_disputes_and_names_the_job_that_runs(smears: Laboratory) -> None:
    with smears.database.writing() as session:
        empty = a_dataset(session, "others")
        assert empty
        session.execute(
            insert(Job).values(
                pid="jobjobjobjobjobj",
                kind="import",
                subject="smears",
                arguments={},
                state="running",
                done=31,
                total=50,
                created_at=now(),
            )
        )
        people = {name: a_person(session, name) for name in ("reviewer1", "adjudicator1", "admin")}
    found = {name: navigation(smears.database)(person) for name, person in people.items()}
    assert found["admin"] == Navigation(1, "/datasets/smears/disputes", RunningJob("jobjobjobjobjobj", 62))
    assert found["adjudicator1"] == Navigation(1, "/datasets/smears/disputes", None)
    assert found["reviewer1"] == Navigation(0, None, None)
    assert "1 job running, 62 %" in words(smears.page("/help", "admin"))


def test_the_top_bar_tells_nothing_of_a_dataset_that_its_reader_reviews_blind(database: Database) -> None:
    with database.writing() as session:
        senior = a_person(session, "adjudicator1", "adjudicator")
        dataset = a_dataset(session)
        a_cell(session, dataset, "monocyte", "hairy_cell")
        an_open_round(session, reviewers=["adjudicator1"], presentation="blind", reviews_per_cell=1)
    assert navigation(database)(senior) == Navigation(0, None, None)


def test_the_top_bar_of_an_empty_laboratory_has_no_disputes(database: Database) -> None:
    with database.writing() as session:
        admin = a_person(session, "admin", "admin")
    assert navigation(database)(admin) == Navigation(0, None, None)
