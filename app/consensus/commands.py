"""``cytoreview agreement`` and ``cytoreview consensus fit``: the product's statistics for anyone's votes."""

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.consensus.documents import agreement_document
from app.labels.errors import LabelSetInvalid
from app.labels.labelset import LabelSet, builtin_names, load_builtin, load_toml

if TYPE_CHECKING:
    from app.consensus.statistics.dawid_skene import Fit
    from app.consensus.votefile import NamedVotes

TIE = 1e-9
"""Two classes whose probabilities differ by less are a tie, and the item has no label."""

Votes = Annotated[Path, typer.Argument(help="A long CSV with the columns item, rater and label.", dir_okay=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def register(app: typer.Typer, consensus: typer.Typer) -> None:
    """Put this room's commands into the command line."""
    app.command("agreement")(show_agreement)
    consensus.command("fit")(show_fit)


def show_agreement(
    file: Votes,
    ladder: Annotated[
        str | None, typer.Option(help="A label set, built in or a TOML file, for α weighted by its maturation ladder.")
    ] = None,
    samples: Annotated[int, typer.Option(min=0, max=100_000, help="Bootstrap samples; 0 leaves intervals out.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    as_json: Json = False,
) -> None:
    """How far raters agree, overall, by pair and by class, with 95 % intervals."""
    # NumPy is loaded by the commands that compute, and by no other.
    from app.consensus.statistics.summary import agreement_of
    from app.consensus.votefile import read_votes

    given = read_votes(file)
    rungs, notes = rungs_of(ladder, given.classes)
    found = agreement_of(given.votes, rungs, samples=samples, seed=seed)
    document = agreement_document(found, given.raters, given.classes, notes)
    sys.stdout.write(json.dumps(document) + "\n" if as_json else agreement_in_words(document))


def show_fit(
    file: Votes,
    prior: Annotated[
        float, typer.Option(min=0, help="Pseudo-answers of each rater for each true class; 0: maximum likelihood.")
    ] = 0.0,
    as_json: Json = False,
) -> None:
    """What each item most probably is, and how each rater errs, by Dawid and Skene's model."""
    from app.consensus.statistics.dawid_skene import fit
    from app.consensus.votefile import read_votes

    given = read_votes(file)
    document = fit_document(fit(given.votes, prior), given)
    sys.stdout.write(json.dumps(document) + "\n" if as_json else fit_in_words(document))


def label_set_called(name: str) -> LabelSet:
    """A label set that is built in, or that a TOML file holds."""
    if name in builtin_names():
        return load_builtin(name)
    if name.endswith(".toml"):
        return load_toml(Path(name))
    raise LabelSetInvalid(
        "There is no label set “{name}”. Name one of {known}, or a TOML file.",
        "ladder",
        name=name,
        known=", ".join(builtin_names()),
    )


def rungs_of(ladder: str | None, classes: list[str]) -> tuple[Any, list[str]]:
    """The rung of each class, NaN for one that isn't on the ladder; and what to know about it."""
    if ladder is None:
        return None, []
    import numpy as np

    label_set = label_set_called(ladder)
    steps = {label_set[index].name: rung for rung, index in enumerate(label_set.ladder)}
    off = [name for name in classes if name not in steps]
    note = (
        f"Not on the ladder of {label_set.name}, so apart from every class by the most there can be: {', '.join(off)}."
    )
    return np.array([float(steps.get(name, math.nan)) for name in classes]), [note] if off else []


def fit_document(fitted: "Fit", given: "NamedVotes") -> dict[str, Any]:
    """What ``consensus fit --json`` prints: rates of which nothing is known are null."""
    return {
        "marginals": by_name(fitted.marginals, given.classes),
        "items": [
            {"item": given.items[item], **decided(row, given.classes), "posterior": by_name(row, given.classes)}
            for item, row in zip(given.votes.item[given.votes.starts].tolist(), fitted.posterior.tolist(), strict=True)
        ],
        "raters": [
            {
                "rater": rater,
                "matrix": {
                    true: by_name(row, given.classes) for true, row in zip(given.classes, matrix.tolist(), strict=True)
                },
            }
            for rater, matrix in zip(given.raters, fitted.matrices, strict=True)
        ],
        "iterations": fitted.iterations,
        "converged": fitted.converged,
        "log_likelihood": fitted.log_likelihood[-1] if fitted.log_likelihood else None,
    }


def by_name(row: Any, classes: list[str]) -> dict[str, float | None]:
    """Probabilities by class."""
    return {name: None if math.isnan(value) else float(value) for name, value in zip(classes, row, strict=True)}


def decided(row: list[float], classes: list[str]) -> dict[str, Any]:
    """The most probable class and its probability; no class where two are equally probable."""
    highest = max(row)
    first = [name for name, value in zip(classes, row, strict=True) if highest - value < TIE]
    return {"label": first[0] if len(first) == 1 else None, "probability": highest}


def agreement_in_words(document: dict[str, Any]) -> str:
    """The figures for a person."""
    counted = (
        f"{document['votes']:,} votes of {document['raters']:,} raters on {document['items']:,} items, "
        f"{document['classes']:,} classes"
    )
    lines = [counted, ""]
    names = {
        "percent_agreement": "Percent agreement",
        "krippendorff_alpha": "Krippendorff’s α",
        "krippendorff_alpha_weighted": "α by the ladder",
        "fleiss_kappa": "Fleiss’ κ",
        "gwet_ac1": "Gwet’s AC1",
    }
    lines += [f"{words:20} {in_words(document[name])}" for name, words in names.items() if name in document]
    lines += ["", "Cohen’s κ by pair"]
    lines += [
        f"  {pair['rater_a']} and {pair['rater_b']}: {in_words(pair)}, {pair['items']:,} items"
        for pair in document["cohen_kappa"]
    ]
    lines += ["", "By class: specific agreement; α against all others"]
    lines += [
        f"  {one['label']}: {in_words(one['specific_agreement'])}; {in_words(one['krippendorff_alpha'])}"
        for one in document["per_class"]
    ]
    lines += ["", *document["notes"]] if document["notes"] else []
    return "\n".join(lines) + "\n"


def in_words(shown: dict[str, Any]) -> str:
    """A figure with its interval, or why there is none."""
    if shown["value"] is None:
        return "undefined: " + " ".join(shown.get("notes", []))
    if shown["low"] is None:
        return f"{shown['value']:.3f}"
    return f"{shown['value']:.3f} ({shown['low']:.3f} to {shown['high']:.3f})"


def fit_in_words(document: dict[str, Any]) -> str:
    """The fit for a person: shares, and how often each rater is right."""
    state = "converged" if document["converged"] else "not converged"
    lines = [
        f"{len(document['items']):,} items, {document['iterations']} iterations, {state}",
        "",
        "Share of each class",
    ]
    lines += [f"  {name}: {share:.4f}" for name, share in document["marginals"].items() if share is not None]
    lines += ["", "How often each rater is right, by class"]
    for rater in document["raters"]:
        right = [f"{true} {row[true]:.2f}" for true, row in rater["matrix"].items() if row[true] is not None]
        lines.append(f"  {rater['rater']}: {', '.join(right)}")
    ties = sum(item["label"] is None for item in document["items"])
    lines += ["", f"{ties:,} items are tied and have no label."] if ties else []
    return "\n".join(lines) + "\n"
