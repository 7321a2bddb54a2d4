"""Releases by the rule that weighs reviewers: the posterior beside each label, and the fit named."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.catalogue.models import Cell, Dataset
from app.consensus.queries import newest_fit
from app.consensus.weighing import PRIOR
from app.database import Database
from app.releases.errors import UnknownRule
from app.review.tasks import rebuild, refit
from tests.releases.laboratory import Smears, ask, rows, smears, written


@pytest.fixture
def lab(database: Database) -> Smears:
    with database.writing() as session:
        return smears(session)


def dataset_of(database: Database) -> int:
    with database.reading() as session:
        return session.execute(select(Dataset.id)).scalar_one()


def frozen(database: Database, folder: Path, **wanted: Any) -> tuple[dict[str, dict[str, str]], dict[str, Any], bytes]:
    """The rows of ``labels.csv`` by cell, the manifest, and the bytes of the labels."""
    release = ask(database, **wanted)
    written(database, release, folder)
    labels = (folder / "labels.csv").read_bytes()
    return {row["cell_id"]: row for row in rows(labels)}, json.loads((folder / "manifest.json").read_bytes()), labels


def test_a_release_by_the_rule_is_refused_before_the_first_fit(database: Database, lab: Smears) -> None:
    with pytest.raises(UnknownRule, match="no fit"):
        ask(database, rule="dawid-skene")
    with pytest.raises(UnknownRule, match="takes no threshold"):
        ask(database, rule="unanimous", threshold=0.9)


def test_labels_have_the_posterior_and_the_manifest_names_the_fit(
    database: Database, lab: Smears, tmp_path: Path
) -> None:
    dataset = dataset_of(database)
    with database.writing() as session:
        session.execute(update(Dataset).values(rule="dawid-skene"))
    refit(database, dataset, PRIOR)
    labels, described, _ = frozen(database, tmp_path)
    with database.reading() as session:
        cells = session.execute(select(Cell.pid, Cell.label, Cell.probability, Cell.method)).all()
        fit = newest_fit(session, dataset)
    assert fit is not None
    for cell in cells:
        assert labels[cell.pid]["method"] == (cell.method or "")
        assert labels[cell.pid]["probability"] == ("" if cell.probability is None else str(cell.probability))
    assert "dawid-skene" in {row["method"] for row in labels.values()}
    assert {row["method"] for row in labels.values() if row["state"] == "adjudicated"} == {"adjudication"}
    assert described["rule"] == {
        "name": "dawid-skene",
        "threshold": 0.9,
        "adjudications": "outrank votes",
        "fit": {
            "prior": 5.0, "given_votes": False, "cells": fit.cells, "votes": fit.votes, "raters": 3,
            "iterations": fit.iterations, "converged": True, "log_likelihood": fit.log_likelihood,
            "sha256": fit.sha256.hex(),
        },
    }  # fmt: skip


def test_the_rule_may_be_asked_for_where_the_dataset_has_another(
    database: Database, lab: Smears, tmp_path: Path
) -> None:
    dataset = dataset_of(database)
    refit(database, dataset, PRIOR)
    _, described, by_release = frozen(database, tmp_path / "asked", rule="dawid-skene", threshold=0.95)
    assert described["rule"]["threshold"] == 0.95
    with database.writing() as session:
        session.execute(update(Dataset).values(rule="dawid-skene", rule_threshold=0.95))
    rebuild(database, None)
    assert frozen(database, tmp_path / "own")[2] == by_release
    with database.writing() as session:
        session.execute(update(Dataset).values(rule="majority"))
    rebuild(database, None)
    assert "fit" not in frozen(database, tmp_path / "majority")[1]["rule"]


def test_a_release_while_cells_are_recounted_goes_by_the_newest_fit(
    database: Database, lab: Smears, tmp_path: Path
) -> None:
    dataset = dataset_of(database)
    with database.writing() as session:
        session.execute(update(Dataset).values(rule="dawid-skene"))
    refit(database, dataset, PRIOR)
    whole = frozen(database, tmp_path / "whole")[2]
    with database.writing() as session:
        session.execute(update(Cell).where(Cell.fit.is_not(None)).values(fit=0, probability=0.5))
    assert frozen(database, tmp_path / "half")[2] == whole
