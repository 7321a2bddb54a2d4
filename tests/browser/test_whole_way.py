"""The whole way of a cell in the browser: imported, reviewed by three people, settled, frozen, downloaded.

It is gone once on each kind of database, and what is downloaded must be the same but for random ids, times and seconds.
"""

import csv
import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.corpus import BROKEN, LABELS, Corpus
from tests.browser.screens import KEYS, Workplace, sign_in, watched
from tests.conftest import BACKENDS, PostgresTemplates
from tests.factories import PASSWORD
from tests.serving import Server, running_server

REVIEWERS = ("reviewer1", "reviewer2", "reviewer3")
SEED = 4
RANDOM = {"cell_id", "round", "reviewed_at", "seconds"}
"""The columns that differ between two runs of the same work."""


@dataclass(frozen=True)
class Script:
    """What three reviewers say of a cell and what becomes of it.

    A is the given label, B and C are two others; ``BA`` is B, taken back, and A; ``A/B`` is borderline.
    """

    answers: tuple[str, str, str]
    state: str
    outcome: str | None
    dissent: bool = False
    settled: str | None = None

    @property
    def label(self) -> str | None:
        """The labels that the export must have for it."""
        return self.settled or (self.answers[0] if self.outcome in ("label", "borderline") else None)


SCRIPTS = (
    Script(("A", "A", "A"), "agreed", "label"),
    Script(("A", "A", "B"), "agreed", "label", dissent=True),
    Script(("A", "B", "C"), "adjudicated", "label", dissent=True, settled="B"),
    Script(("A/B", "A/B", "A/B"), "agreed", "borderline"),
    Script(("A", "unsure", "B"), "adjudicated", "borderline", settled="A/B"),
    Script(("unusable", "unusable", "A"), "agreed", "unusable", dissent=True),
    Script(("A", "A", "BA"), "agreed", "label"),
)


@dataclass(frozen=True)
class Way:
    """What came out at the end."""

    labels: bytes
    votes: bytes


def script_of(corpus: Corpus, digest: str) -> tuple[Script, dict[str, str]]:
    """The script of a cell, and which classes A, B and C are for it: the same in every run."""
    script = SCRIPTS[sorted(corpus.given).index(digest) % len(SCRIPTS)]
    at = LABELS.index(corpus.given[digest][0])
    return script, {letter: LABELS[(at + step) % len(LABELS)] for step, letter in enumerate("ABC")}


@contextmanager
def somebody(browser: Browser) -> Iterator[Page]:
    """A person with a browser of their own, which has nothing to complain of."""
    with browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True) as context:
        page = context.new_page()
        complaints = watched(page)
        yield page
        assert complaints == []


def set_up(server: Server) -> str:
    """The link that the server printed at its first start."""
    assert server.process is not None
    for line in server.process.said:
        if "/setup/" in line:
            return line.strip()
    raise AssertionError("no set-up link was printed")


def make_people(home: Path, address: str) -> None:
    """Accounts by the command line."""
    for name, role in (("adjudicator1", "adjudicator"), *((name, "reviewer") for name in REVIEWERS)):
        subprocess.run(
            [sys.executable, "-m", "cytoreview", "users", "create", name, "--role", role, "--password-stdin"],
            env={"CYTOREVIEW_HOME": str(home), "CYTOREVIEW_DATABASE_URL": address},
            cwd=Path(__file__).parents[2],
            input=PASSWORD + "\n",
            text=True,
            capture_output=True,
            check=True,
        )


def make_first_account(browser: Browser, server: Server) -> None:
    """An admin's, by the link that the server printed."""
    with somebody(browser) as page:
        page.goto(set_up(server))
        page.get_by_label("Name", exact=True).fill("admin")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Make the account").click()
        page.wait_for_url(f"{server.url}/")


def prepare(browser: Browser, server: Server, corpus: Corpus) -> None:
    """The admin makes a dataset, imports into it, and opens a round over all of it."""
    with somebody(browser) as page:
        sign_in(page, server.url, "admin", PASSWORD)
        page.goto(f"{server.url}/datasets/new")
        page.get_by_label("Name", exact=True).fill("Whole way")
        page.get_by_label("Scale").fill("11.52")
        page.get_by_role("button", name="Make dataset").click()
        page.wait_for_url("**/datasets/whole-way/import")
        page.get_by_label("ZIP file").set_input_files(corpus.zipped())
        page.get_by_role("button", name="Upload and import").click()
        page.wait_for_url("**/jobs/*")
        expect(page.locator(".page-head .badge")).to_have_text("done")
        figures = page.locator("dl.figures").first
        expect(figures).to_contain_text(f"{len(corpus.given)} in the dataset")
        expect(figures).to_contain_text("1 cells born disputed")
        expect(figures).to_contain_text(f"of {corpus.files} files")
        for path in BROKEN:
            expect(page.locator("tr", has_text=path)).to_be_visible()

        page.goto(f"{server.url}/datasets/whole-way/rounds/new")
        page.get_by_label("Name", exact=True).fill("Three of us")
        page.get_by_label("Reviews per cell").fill("3")
        page.locator("details.more summary").click()
        page.get_by_label("Seed").fill(str(SEED))
        page.get_by_role("button", name="Save and open for reviewers").click()
        page.wait_for_url(re.compile(r"/rounds/[a-z2-7]{16}$"))
        expect(page.locator(".page-head .badge")).to_have_text("open")


def give(work: Workplace, answer: str, classes: dict[str, str], shown: str | None) -> None:
    """Answer by keys."""
    if answer in ("unsure", "unusable"):
        work.press("d" if answer == "unsure" else "x")
    elif "/" in answer:
        work.press(".", *(KEYS[classes[letter]] for letter in answer.split("/")))
    elif classes[answer] == shown:
        work.press("Enter")
    else:
        work.press(KEYS[classes[answer]])


def comment(work: Workplace, words: str) -> None:
    work.press("k")
    work.page.keyboard.type(words)
    work.press("Enter")


def review(browser: Browser, server: Server, corpus: Corpus, number: int) -> None:
    """One of the reviewers answers for every cell."""
    with somebody(browser) as page:
        sign_in(page, server.url, REVIEWERS[number], PASSWORD)
        page.get_by_role("link", name="Continue with cell 1").first.click()
        work = Workplace(page)
        seen = set()
        while digest := work.see_or_end():
            seen.add(digest)
            script, classes = script_of(corpus, digest)
            given = corpus.given[digest]
            shown = given[0] if len(given) == 1 else None
            answer = script.answers[number]
            if answer == "unsure":
                comment(work, "=between two stools")
            if answer == "BA":
                give(work, "B", classes, shown)
                work.see_or_end()
                work.press("Backspace")
                assert work.see() == digest
                answer = "A"
            give(work, answer, classes, shown)
        expect(work.notice).to_contain_text("Round done")
        work.wait_until_saved()
        assert seen == set(corpus.given)


def settle(browser: Browser, server: Server, corpus: Corpus) -> None:
    """The adjudicator settles what is disputed, by keyboard."""
    disputed = {digest for digest in corpus.given if script_of(corpus, digest)[0].settled}
    with somebody(browser) as page:
        sign_in(page, server.url, "adjudicator1", PASSWORD)
        page.get_by_role("link", name="Disputes").first.click()
        page.goto(f"{server.url}/datasets/whole-way/adjudicate")
        work = Workplace(page)
        settled = set()
        while digest := work.see_or_end():
            settled.add(digest)
            script, classes = script_of(corpus, digest)
            assert script.settled is not None
            work.press("2")
            # The two candidates are known, so the key of the borderline settles.
            work.press("." if "/" in script.settled else KEYS[classes[script.settled]])
        work.wait_until_saved()
        assert settled == disputed


def freeze(browser: Browser, server: Server) -> Way:
    """The admin freezes a release and downloads its files, whose digests are on the page."""
    with somebody(browser) as page:
        sign_in(page, server.url, "admin", PASSWORD)
        page.goto(f"{server.url}/datasets/whole-way/releases")
        page.get_by_role("button", name="Freeze release 1").click()
        page.wait_for_url("**/jobs/*")
        expect(page.locator(".page-head .badge")).to_have_text("done")
        page.goto(f"{server.url}/datasets/whole-way/releases")
        expect(page.locator(".release .badge")).to_have_text("frozen")
        return Way(downloaded(page, "labels.csv"), downloaded(page, "votes.csv"))


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Download {name}").click()
    content = download.value.path().read_bytes()
    assert download.value.suggested_filename.endswith(name)
    assert page.locator(f"code[title='{hashlib.sha256(content).hexdigest()}']").count() == 1
    return content


def whole_way(browser: Browser, corpus: Corpus, home: Path, address: str) -> Way:
    with running_server(home, address) as server:
        make_first_account(browser, server)
        make_people(home, address)
        prepare(browser, server, corpus)
        for number in range(len(REVIEWERS)):
            review(browser, server, corpus, number)
        settle(browser, server, corpus)
        return freeze(browser, server)


@pytest.fixture(scope="module")
def sqlite_way(browser: Browser, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Way:
    home = tmp_path_factory.mktemp("sqlite-way")
    return whole_way(browser, corpus, home, f"sqlite:///{home / 'cytoreview.db'}")


@pytest.fixture(scope="module")
def postgresql_way(
    browser: Browser, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory, postgres: PostgresTemplates
) -> Iterator[Way]:
    name = postgres.copy()
    yield whole_way(browser, corpus, tmp_path_factory.mktemp("postgresql-way"), postgres.address(name))
    postgres.drop(name)


@pytest.fixture(params=BACKENDS)
def way(request: pytest.FixtureRequest) -> Way:
    """What came out, on each kind of database."""
    gone: Way = request.getfixturevalue(f"{request.param}_way")
    return gone


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def lasting(content: bytes) -> list[dict[str, str]]:
    """The rows without what differs between two runs."""
    return [{name: value for name, value in row.items() if name not in RANDOM} for row in rows(content)]


def test_every_cell_leaves_with_the_outcome_that_its_votes_and_settlements_say(way: Way, corpus: Corpus) -> None:
    exported = rows(way.labels)
    assert [row["pixel_sha256"] for row in exported] == sorted(corpus.given)
    for row in exported:
        script, classes = script_of(corpus, row["pixel_sha256"])
        labels = [classes[letter] for letter in (script.label or "").split("/") if letter]
        assert (row["state"], row["outcome"], row["dissent"], row["reviews"]) == (
            script.state,
            script.outcome or "",
            str(script.dissent).lower(),
            "3",
        )
        assert sorted(filter(None, (row["label"], row["second_label"]))) == sorted(labels)
        assert row["given_labels"] == "|".join(corpus.given[row["pixel_sha256"]])


def test_every_answer_and_settlement_leaves_once(way: Way, corpus: Corpus) -> None:
    exported = rows(way.votes)
    scripts = [script_of(corpus, digest)[0] for digest in corpus.given]
    taken_back = sum(answer == "BA" for script in scripts for answer in script.answers)
    settled = sum(script.settled is not None for script in scripts)
    assert len(exported) == 3 * len(corpus.given) + 2 * taken_back + settled
    assert sum(row["verdict"] == "withdrawn" for row in exported) == taken_back
    assert sum(row["kind"] == "adjudication" for row in exported) == settled
    assert {row["reason"] for row in exported if row["kind"] == "adjudication"} == {"nucleus"}
    standing = [row for row in exported if row["standing"] == "true" and row["kind"] == "first"]
    assert len(standing) == 3 * len(corpus.given)
    assert all(float(row["seconds"]) >= 0 for row in standing)
    assert not any(row["comment"].startswith("=") for row in exported)
    assert any("between two stools" in row["comment"] for row in exported)


def test_what_leaves_is_the_same_on_both_databases(sqlite_way: Way, postgresql_way: Way) -> None:
    assert lasting(sqlite_way.labels) == lasting(postgresql_way.labels)
    assert lasting(sqlite_way.votes) == lasting(postgresql_way.votes)
