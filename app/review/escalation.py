"""Asking no more about a cell once its votes pass a round's target probability, and once more where they don't."""

from sqlalchemy import exists, select

from app.catalogue.models import Dataset
from app.consensus.models import ConsensusFit
from app.database import Reading


def target_is_possible(session: Reading, dataset: int) -> bool:
    """Whether a round of this dataset may have a target: the rule weighs reviewers, and a fit says by how much.

    Walks the dataset's primary key and ix_consensus_fit_dataset_id.
    """
    fitted = exists().where(ConsensusFit.dataset == Dataset.id)
    return (
        session.scalar(select(Dataset.id).where(Dataset.id == dataset, Dataset.rule == "dawid-skene", fitted))
        is not None
    )
