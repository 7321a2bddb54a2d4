"""Asking for a release, and recording it when its files are written."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import insert, update

from app.audit import service as audit
from app.catalogue import queries as catalogue
from app.catalogue.models import Dataset
from app.catalogue.queries import DatasetRow
from app.consensus import queries as consensus
from app.consensus.rules import DAWID_SKENE, RULES, THRESHOLD
from app.database import Reading, Writing, new_pid, now
from app.jobs import service as jobs
from app.releases.errors import UnknownFormat, UnknownRule
from app.releases.freezing import Frozen
from app.releases.models import Release, ReleaseFile, ReleaseState
from app.releases.schemas import Format, NewRelease

KIND = "release"
"""The kind of job that freezes a release."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A release that is to be written, and the job that does it."""

    number: int
    job: str


def ask_for_release(session: Writing, slug: str, wanted: NewRelease, actor: int | None) -> Asked:
    """Number a release and have a job write it. What it will hold is what the database holds when the job reads it.

    A number is given once: one whose job fails is skipped, because somebody may have read of it.
    """
    dataset = catalogue.dataset(session, slug)
    rule, threshold = checked_rule(session, dataset, wanted)
    formats = checked_formats(wanted.formats)
    number = session.execute(
        update(Dataset)
        .where(Dataset.id == dataset.id)
        .values(releases=Dataset.releases + 1)
        .returning(Dataset.releases)
    ).scalar_one()
    job = jobs.enqueue(session, KIND, dataset.slug, {"number": number}, actor)
    session.execute(
        insert(Release).values(
            pid=new_pid(),
            dataset=dataset.id,
            number=number,
            state=ReleaseState.WRITING,
            job=job,
            rule=rule,
            threshold=threshold,
            formats=formats,
            names=wanted.names,
            created_by=actor,
            created_at=now(),
        )
    )
    audit.record(
        session,
        actor,
        "release.create",
        dataset.slug,
        {"number": number, "rule": rule, "formats": formats, "names": wanted.names}
        | ({} if threshold is None else {"threshold": threshold}),
    )
    return Asked(number, job)


def checked_rule(session: Reading, dataset: DatasetRow, wanted: NewRelease) -> tuple[str, float | None]:
    """A rule that is there and its threshold, where it takes one: that of the dataset unless another is asked for."""
    rule = wanted.rule or dataset.rule
    if rule not in RULES:
        *most, last = RULES
        raise UnknownRule(
            "There is no rule {rule}; there is {rules} and {last}.", "rule", rule=rule, rules=", ".join(most), last=last
        )
    if rule != DAWID_SKENE:
        if wanted.threshold is not None:
            raise UnknownRule("The rule {rule} takes no threshold: leave it out.", "threshold", rule=rule)
        return rule, None
    if not consensus.is_fitted(session, dataset.id):
        raise UnknownRule(
            "The rule {rule} weighs reviewers, and no fit of them was made yet: fit them first, or name another rule.",
            "rule",
            rule=rule,
        )
    return rule, wanted.threshold or dataset.rule_threshold or THRESHOLD


def checked_formats(formats: list[str]) -> list[str]:
    """Formats that are there, each once; CSV is always among them."""
    for number, name in enumerate(formats):
        if name not in list(Format):
            raise UnknownFormat(
                "There is no format {name}; there is {formats}.",
                f"formats.{number}",
                name=name,
                formats=", ".join(Format),
            )
    return [name.value for name in Format if name in (Format.CSV, *formats)]


def record_frozen(session: Writing, release: int, frozen: Frozen, keys: Mapping[str, str]) -> None:
    """Make a release final. A second run that comes to the same point changes nothing: what was first stands."""
    first = session.execute(
        update(Release)
        .where(Release.id == release, Release.state == ReleaseState.WRITING)
        .values(state=ReleaseState.FROZEN, counts=frozen.counts, frozen_at=now())
    )
    if first.rowcount:
        session.execute(
            insert(ReleaseFile),
            [
                {
                    "release": release,
                    "name": file.name,
                    "size": file.size,
                    "sha256": file.sha256,
                    "key": keys[file.name],
                }
                for file in frozen.files
            ],
        )
