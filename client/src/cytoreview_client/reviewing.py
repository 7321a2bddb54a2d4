"""Rounds, queues, reviews, disputes and adjudications."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Literal, Unpack
from urllib.parse import quote

from cytoreview_client.connection import API, Connection, named
from cytoreview_client.models import (
    Adjudicated,
    Adjudication,
    Answer,
    Assignment,
    Dispute,
    Plan,
    Review,
    ReviewResult,
    Round,
    RoundChange,
    RoundEdit,
    RoundSettings,
    Vote,
)

LARGEST_BATCH = 500


class Results(Answer):
    """The answer to a batch."""

    items: list[ReviewResult]


class Reviewing(Connection):
    """What people say of cells."""

    def rounds(self, dataset: str | None = None) -> list[Round]:
        """Rounds, newest first: a reviewer's own that were opened, or all."""
        return list(self._items(Round, "/rounds", dataset=dataset))

    def round(self, round_id: str) -> Round:
        """A round with its progress."""
        return self._read(Round, f"/rounds/{quote(round_id, '')}")

    def plan_round(self, settings: RoundSettings) -> Plan:
        """What a round with these settings would ask of whom; nothing is recorded."""
        return self._write(Plan, "POST", "/rounds/plan", body_of(settings), repeatable=True)

    def draft_round(self, settings: RoundSettings) -> Round:
        """A new draft, which can be changed until it is opened."""
        return self._write(Round, "POST", "/rounds", body_of(settings))

    def edit_round(self, round_id: str, **changes: Unpack[RoundEdit]) -> Round:
        """Change a draft."""
        return self._write(Round, "PATCH", f"/rounds/{quote(round_id, '')}", changes)

    def delete_round(self, round_id: str) -> None:
        """Throw a draft away."""
        self._request("DELETE", f"{API}/rounds/{quote(round_id, '')}")

    def open_round(self, round_id: str) -> RoundChange:
        """Open a draft, which a job plans first, or a closed round again."""
        return self._change(round_id, "open")

    def close_round(self, round_id: str) -> RoundChange:
        """Close an open round; a job recounts its cells."""
        return self._change(round_id, "close")

    def extend_round(self, round_id: str) -> RoundChange:
        """Add the cells that match the round's filter by now."""
        return self._change(round_id, "extend")

    def change_reviewers(self, round_id: str, *, join: Sequence[str] = (), leave: Sequence[str] = ()) -> Round:
        """Who joins takes an even share of what is pending; what is pending of who leaves goes to the others."""
        body = {"join": list(join), "leave": list(leave)}
        return self._write(Round, "POST", f"/rounds/{quote(round_id, '')}/reviewers", body)

    def queue(self, round_id: str, limit: int = 30, after: int = 0) -> list[Assignment]:
        """The next assignments of the token's person, those after a position."""
        return list(self._items(Assignment, f"/rounds/{quote(round_id, '')}/queue", limit=limit, after=after))

    def assigned_image(self, assignment_id: str, size: Literal["display", "thumbnail"] = "display") -> bytes:
        """The picture of an assignment, as WebP."""
        path = f"{API}/assignments/{quote(assignment_id, '')}/image"
        return self._request("GET", path, params={"size": size}).content

    def submit(self, reviews: Iterable[Review]) -> list[ReviewResult]:
        """Record reviews and say of each, in order, what became of it.

        They go in batches of 500. Each carries its own id, so a batch whose acknowledgement was lost is sent again
        without harm; if this raises, calling it again with the same reviews is safe too.
        """
        remaining = iter(reviews)
        results: list[ReviewResult] = []
        while batch := list(islice(remaining, LARGEST_BATCH)):
            body = {"reviews": [review.model_dump(mode="json") for review in batch]}
            results += self._write(Results, "POST", "/reviews", body, repeatable=True).items
        return results

    def reviews(
        self,
        *,
        dataset: str | None = None,
        round: str | None = None,
        cell: str | None = None,
        reviewer: str | None = None,
        since: datetime | None = None,
        page_size: int = 500,
    ) -> Iterator[Vote]:
        """Reviews in order of recording, asked for page by page."""
        return self._items(
            Vote,
            "/reviews",
            dataset=dataset,
            round=round,
            cell=cell,
            reviewer=reviewer,
            since=since,
            limit=page_size,
        )

    def stream_reviews(
        self,
        *,
        dataset: str | None = None,
        round: str | None = None,
        cell: str | None = None,
        reviewer: str | None = None,
        since: datetime | None = None,
    ) -> Iterator[Vote]:
        """The same in one answer, which is read as it comes."""
        parameters = named({"dataset": dataset, "round": round, "cell": cell, "reviewer": reviewer, "since": since})
        headers = {"Accept": "application/jsonl"}
        with self._answer("GET", f"{API}/reviews", params=parameters, headers=headers) as response:
            for line in response.iter_lines():
                if line:
                    yield Vote.model_validate_json(line)

    def disputes(
        self,
        *,
        dataset: str | None = None,
        round: str | None = None,
        pair: tuple[str, str] | None = None,
        kind: str | None = None,
        given_label: str | None = None,
        reviewer: str | None = None,
    ) -> Iterator[Dispute]:
        """Cells that wait for an adjudicator, worst first, each with its votes."""
        chosen = {"kind": kind, "given_label": given_label, "reviewer": reviewer}
        between = ",".join(pair) if pair else None
        return self._items(Dispute, "/disputes", dataset=dataset, round=round, pair=between, **chosen)

    def adjudicate(self, cell_id: str, adjudication: Adjudication) -> Adjudicated:
        """Settle a cell, or take a settlement back with the verdict ``withdrawn``."""
        path = f"/cells/{quote(cell_id, '')}/adjudication"
        return self._write(Adjudicated, "POST", path, adjudication.model_dump(mode="json"), repeatable=True)

    def _change(self, round_id: str, act: str) -> RoundChange:
        return self._write(RoundChange, "POST", f"/rounds/{quote(round_id, '')}/{act}")


def body_of(settings: RoundSettings) -> object:
    """Settings as they are sent: what is left out stays left out."""
    return settings.model_dump(mode="json", exclude_none=True)
