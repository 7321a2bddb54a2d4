"""Rounds with a target probability: when they are possible, whom they spare, and whom they ask once more."""

from sqlalchemy import insert, update

from app.catalogue.models import Dataset
from app.consensus.models import ConsensusFit
from app.database import Database, now
from app.review.escalation import target_is_possible
from tests.factories import a_dataset


def test_a_target_needs_the_rule_and_a_fit(database: Database) -> None:
    with database.writing() as session:
        dataset = a_dataset(session)
        assert not target_is_possible(session, dataset)
        session.execute(update(Dataset).values(rule="dawid-skene"))
        assert not target_is_possible(session, dataset)
        session.execute(
            insert(ConsensusFit).values(
                dataset=dataset,
                method="dawid-skene",
                parameters={},
                raters=[],
                classes=18,
                arrays=b"",
                sha256=b"",
                through_review=0,
                cells=0,
                votes=0,
                iterations=0,
                converged=True,
                created_at=now(),
            )
        )
        assert target_is_possible(session, dataset)
        session.execute(update(Dataset).values(rule="majority"))
        assert not target_is_possible(session, dataset)
