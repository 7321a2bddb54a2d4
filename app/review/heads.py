"""What every page of a dataset shows at its top."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from app.accounts.models import Role
from app.catalogue import queries as catalogue
from app.catalogue.models import CellState
from app.database import Reading
from app.labels import queries as labels
from app.review.blind import Sight
from app.review.errors import UnknownDatasetPage
from app.review.models import Round, RoundReviewer, RoundState


def dataset_head(session: Reading, sight: Sight, slug: str) -> Mapping[str, Any]:
    """A dataset's name, facts and the numbers on its tabs; None where a tab or its number is not this person's.

    A dataset that this person may not see is not found. Walks counter's primary key and ix_round_dataset.
    """
    dataset = catalogue.find_dataset(session, slug)
    if dataset is None or not sight.may_see_dataset(dataset.id):
        raise UnknownDatasetPage("There is no such dataset.")
    counts = catalogue.counts(session, dataset.id)
    settles = sight.person.may(Role.ADJUDICATOR)
    return {
        "slug": dataset.slug,
        "name": dataset.name,
        "label_set": labels.label_set(session, dataset.label_set).name,
        "px_per_um": dataset.px_per_um,
        "stain": dataset.stain,
        "cells": counts.total,
        "rounds": count_rounds(session, sight, dataset.id),
        "settles": settles,
        "disputes": disputes_to_settle(sight, dataset.id, counts) if settles else None,
        "releases": dataset.releases if settles else None,
    }


def disputes_to_settle(sight: Sight, dataset: int, counts: catalogue.CellCounts) -> int | None:
    """Disputed cells; their number isn't told while a blind round of this person is open in the dataset."""
    return None if dataset in sight.blind_datasets else counts.by_state.get(CellState.DISPUTED, 0)


def count_rounds(session: Reading, sight: Sight, dataset: int) -> int:
    """The rounds that this person may see."""
    statement = select(func.count()).select_from(Round).where(Round.dataset == dataset)
    if not sight.person.may(Role.ADJUDICATOR):
        statement = statement.where(
            Round.state != RoundState.DRAFT,
            Round.id.in_(select(RoundReviewer.round).where(RoundReviewer.reviewer == sight.person.id)),
        )
    return session.scalar(statement) or 0
