"""What goes over the wire about agreement and confusion."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Coefficient(BaseModel):
    """A figure with its 95 % interval; null where it is undefined, and `notes` say why."""

    value: float | None
    low: float | None
    high: float | None
    notes: list[str] | None = None


class PairAgreement(Coefficient):
    """Cohen's κ of two reviewers."""

    rater_a: str
    rater_b: str
    items: int


class ClassAgreement(BaseModel):
    """How far reviewers agree on a class."""

    label: str
    votes: float
    specific_agreement: Coefficient
    krippendorff_alpha: Coefficient


class Agreement(BaseModel):
    """Agreement in one presentation, as `cytoreview agreement` prints it. An item is a cell in a round.

    `seen_twice`: items that two people answered; `paired`: items to which two gave a class.
    """

    items: int
    raters: int
    votes: int
    classes: int
    percent_agreement: Coefficient
    krippendorff_alpha: Coefficient
    krippendorff_alpha_weighted: Annotated[
        Coefficient | None, Field(description="By steps on the maturation ladder; left out without a ladder.")
    ] = None
    fleiss_kappa: Coefficient
    gwet_ac1: Coefficient
    cohen_kappa: list[PairAgreement]
    per_class: list[ClassAgreement]
    notes: list[str]
    cells: int
    seen_twice: int
    paired: int
    borderline: int
    unusable: int
    unsure: int


class AgreementAnswer(BaseModel):
    """Agreement by presentation; null for one that wasn't asked for.

    `blind` has the first answers of reveal rounds as well, `sighted` those that were given with a label shown.
    """

    all: Agreement | None
    blind: Agreement | None
    sighted: Agreement | None


class LabelError(BaseModel):
    """How often a given label turned out to be wrong among settled cells, with its Wilson interval."""

    label: str
    wrong: int
    of: int
    value: float
    low: float
    high: float


class ConfusionAnswer(BaseModel):
    """Cells by two answers. `counts[i][j]` belongs to `row_labels[i]` and `column_labels[j]`; shares are of the row.

    After the classes stand, where they occur, `borderline`, `unusable` and `unsure`. `errors` are told of given labels
    against the consensus.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "rows": "given",
                "columns": "consensus",
                "presentation": None,
                "cells": 3,
                "same": 2,
                "row_labels": ["neutrophil_band", "neutrophil_segmented"],
                "column_labels": ["neutrophil_band", "neutrophil_segmented"],
                "counts": [[1, 1], [0, 1]],
                "shares": [[0.5, 0.5], [0.0, 1.0]],
                "row_totals": [2, 1],
                "column_totals": [1, 2],
                "errors": [
                    {"label": "neutrophil_band", "wrong": 1, "of": 2, "value": 0.5, "low": 0.095, "high": 0.905}
                ],
            }
        }
    )

    rows: str
    columns: str
    presentation: Literal["all", "blind", "sighted"] | None
    cells: int
    same: int
    row_labels: list[str]
    column_labels: list[str]
    counts: list[list[int]]
    shares: list[list[float] | None]
    row_totals: list[int]
    column_totals: list[int]
    errors: list[LabelError] | None


class FieldCell(BaseModel):
    """A cell behind a field of a matrix."""

    id: str
    thumbnail_url: str


class FieldCells(BaseModel):
    """The cells behind a field, in order of import."""

    items: list[FieldCell]
