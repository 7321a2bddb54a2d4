"""Statistics as JSON, the same for the command line and for REST."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.consensus.statistics.agreement import Coefficient, Note
    from app.consensus.statistics.summary import Agreement


def figure(coefficient: "Coefficient") -> dict[str, Any]:
    """A coefficient as JSON."""
    shown: dict[str, Any] = {"value": coefficient.value, "low": coefficient.low, "high": coefficient.high}
    return shown | ({"notes": [str(note) for note in coefficient.notes]} if coefficient.notes else {})


def agreement_document(
    found: "Agreement", raters: Sequence[str], classes: Sequence[str], notes: "Iterable[Note]" = ()
) -> dict[str, Any]:
    """What ``agreement --json`` prints, and what REST answers; ``raters`` and ``classes`` name the indexes."""
    weighted = {} if found.weighted_alpha is None else {"krippendorff_alpha_weighted": figure(found.weighted_alpha)}
    return {
        "items": found.items,
        "raters": found.raters,
        "votes": found.votes,
        "classes": found.classes,
        "percent_agreement": figure(found.percent_agreement),
        "krippendorff_alpha": figure(found.krippendorff_alpha),
        **weighted,
        "fleiss_kappa": figure(found.fleiss_kappa),
        "gwet_ac1": figure(found.gwet_ac1),
        "cohen_kappa": [
            {"rater_a": raters[pair.rater_a], "rater_b": raters[pair.rater_b]}
            | figure(pair.kappa)
            | {"items": pair.items}
            for pair in found.cohen_kappa
        ],
        "per_class": [
            {
                "label": classes[one.label],
                "votes": one.votes,
                "specific_agreement": figure(one.specific_agreement),
                "krippendorff_alpha": figure(one.krippendorff_alpha),
            }
            for one in found.per_class
        ],
        "notes": [str(note) for note in (*found.notes, *notes)],
    }
