"""Reviewers drawn by chance, whose truth is known: is the consensus right, are its probabilities, do intervals cover?

Five reviewers of differing reliability, three votes a cell, the label set's classes at MLL23's imbalance. Most of their
errors go to a confusable class. Everything is seeded.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.consensus.statistics import agreement, bootstrap, dawid_skene
from app.consensus.statistics.agreement import Sums, sums_of_patterns, total
from app.consensus.statistics.stopping import errors_left
from app.consensus.statistics.summary import agreement_of
from app.consensus.statistics.votes import Floats, Ints, Votes, votes
from app.labels.labelset import load_builtin
from bench.figures import Figure, about, at_least, at_most

SKILLS = (0.95, 0.90, 0.85, 0.75, 0.60)
VOTES_A_CELL = 3
CELLS = 5_000
SEEDS = 20
REPETITIONS = 400
PRIOR = 5.0
REACHED = 0.9
FEWER = (100, 300, 1_000, 5_000)
TO_A_RIVAL = 0.8
# Pictures by class in the published folders (doi 10.1038/s41597-025-06223-x).
MLL23 = (8606, 745, 2033, 747, 483, 687, 7170, 2448, 616, 2510, 5532, 1849, 33, 180, 3265, 1658, 2071, 988)


@dataclass(frozen=True, eq=False)
class Readers:
    """Prevalence (K,) and the reviewers' matrices (U, K, K)."""

    prevalence: Floats
    matrices: Floats

    def read(self, cells: int, random: np.random.Generator) -> tuple[Ints, Votes]:
        """The truth of drawn cells, and three votes of each."""
        classes, readers = len(self.prevalence), len(self.matrices)
        truth = random.choice(classes, cells, p=self.prevalence)
        rater = np.concatenate(
            [
                np.argpartition(random.random((min(20_000, cells - start), readers)), VOTES_A_CELL, axis=1)[
                    :, :VOTES_A_CELL
                ]
                for start in range(0, cells, 20_000)
            ]
        ).ravel()
        item = np.repeat(np.arange(cells), VOTES_A_CELL)
        edges = self.matrices.cumsum(axis=2)
        drawn = random.random(len(item))
        label = np.empty(len(item), np.int64)
        for start in range(0, len(item), 300_000):
            rows = slice(start, start + 300_000)
            label[rows] = (drawn[rows, None] > edges[rater[rows], truth[item[rows]]]).sum(axis=1)
        return truth, votes(item, rater, label.clip(max=classes - 1), items=cells, raters=readers, classes=classes)


def readers(seed: int) -> Readers:
    """Reviewers whose reliability differs by class as well."""
    random = np.random.default_rng(seed)
    label_set = load_builtin("mll23")
    classes = len(label_set)
    matrices = np.empty((len(SKILLS), classes, classes))
    for reader, skill in enumerate(SKILLS):
        for true in range(classes):
            rivals = list(label_set.confusable(true))
            wrong = np.full(classes, (1 - TO_A_RIVAL) / (classes - 1))
            wrong[rivals] += TO_A_RIVAL * random.dirichlet(np.ones(len(rivals)))
            wrong[true] = 0
            right = float(np.clip(random.normal(skill, 0.05), 0.3, 0.99))
            matrices[reader, true] = (1 - right) * wrong / wrong.sum()
            matrices[reader, true, true] = right
    return Readers(np.array(MLL23) / sum(MLL23), matrices)


def simulations() -> list[Figure]:
    """Consensus against truth, and what intervals cover."""
    gains, errors = consensus_beside_truth()
    coverage = covered()
    return [
        Figure("Dawid–Skene's labels over majority's, right", "share", gains),
        Figure(
            "seeds of 20 in which Dawid–Skene is right more often",
            "seeds",
            [sum(gain > 0 for gain in gains)],
            at_least(19),
        ),
        Figure("calibration error of its posterior", "share", [max(errors)], at_most(0.02)),
        *(
            Figure(f"right of labels that reach {REACHED}, {cells:,} cells, two votes each", "share", reached(cells))
            for cells in FEWER
        ),
        *(
            Figure(f"95 % interval of {name} covers, of {REPETITIONS}", "share", [share], about(0.95, 0.02))
            for name, share in coverage.items()
        ),
        Figure(f"interval of errors left covers, of {REPETITIONS}", "share", stop_coverage(), at_least(0.93)),
    ]


def consensus_beside_truth() -> tuple[list[float], list[float]]:
    """By seed: by how much more often the posterior's class is right than a majority's, ties shared out; and the
    posterior's expected calibration error in 15 bins."""
    gains, errors = [], []
    for seed in range(SEEDS):
        truth, given = readers(seed).read(CELLS, np.random.default_rng(10_000 + seed))
        fitted = dawid_skene.fit(given, PRIOR)
        right = fitted.posterior.argmax(axis=1) == truth
        counts = given.patterns.counts[given.patterns.of_item]
        first = counts == counts.max(axis=1, keepdims=True)
        by_majority = first[np.arange(len(truth)), truth] / first.sum(axis=1)
        gains.append(float(right.mean() - by_majority.mean()))
        errors.append(calibration_error(fitted.posterior.max(axis=1), right))
    return gains, errors


def reached(cells: int) -> list[float]:
    """By seed: which share is right of the labels whose posterior reaches the rule's threshold, two votes a cell."""
    shares = []
    for seed in range(SEEDS):
        truth, three = readers(seed).read(cells, np.random.default_rng(10_000 + seed))
        two = np.tile([True, True, False], cells)
        given = votes(
            three.item[two],
            three.rater[two],
            three.label[two],
            items=cells,
            raters=three.raters,
            classes=three.classes,
        )
        posterior = dawid_skene.fit(given, PRIOR).posterior
        sure = posterior.max(axis=1) >= REACHED
        shares.append(float((posterior.argmax(axis=1) == truth)[sure].mean()))
    return shares


def calibration_error(probability: Floats, right: np.ndarray, bins: int = 15) -> float:
    """The mean distance of stated probability and share that is right, over equal bins (M. P. Naeini, G. F. Cooper,
    M. Hauskrecht, AAAI 2015)."""
    at = np.minimum((probability * bins).astype(int), bins - 1)
    filled = [at == one for one in range(bins) if (at == one).any()]
    return float(sum(abs(probability[one].mean() - right[one].mean()) * one.mean() for one in filled))


def covered(cells: int = 2_000) -> dict[str, float]:
    """How often the percentile intervals hold the value that two million cells have."""
    figures: dict[str, Callable[[Sums], Floats]] = {
        "Krippendorff's α": agreement.krippendorff_alpha,
        "Fleiss' κ": agreement.fleiss_kappa,
        "AC1": lambda sums: agreement.gwet_ac1(sums, len(MLL23)),
    }
    people = readers(99)
    _, many = people.read(2_000_000, np.random.default_rng(98))
    true = {
        name: float(figure(total(sums_of_patterns(many.patterns), many.patterns.items)))
        for name, figure in figures.items()
    }
    hits = dict.fromkeys(figures, 0)
    for repetition in range(REPETITIONS):
        _, given = people.read(cells, np.random.default_rng(20_000 + repetition))
        drawn = bootstrap.resampled(sums_of_patterns(given.patterns), given.patterns.items, 1000, repetition)
        for name, figure in figures.items():
            low, high = np.quantile(figure(drawn), [0.025, 0.975])
            hits[name] += int(low <= true[name] <= high)
    return {name: hit / REPETITIONS for name, hit in hits.items()}


def stop_coverage() -> list[float]:
    """How often the interval of errors left holds the number left: 2 and 5 % audited, 3 to 20 % read, with a good
    ranking and with a useless one."""
    shares = []
    for audit in (0.02, 0.05):
        for read in (0.03, 0.1, 0.2):
            for sharpness in (3.0, 0.0):
                random = np.random.default_rng(int(1000 * audit + 100 * read + sharpness))
                shares.append(sum(one_audit(random, audit, read, sharpness) for _ in range(REPETITIONS)) / REPETITIONS)
    return shares


def one_audit(random: np.random.Generator, audit: float, read: float, sharpness: float, cells: int = 15_000) -> bool:
    """Whether the interval holds the errors left after a share was read in order of a ranking."""
    wrong = random.random(cells) < 0.03
    rank = np.argsort(-(random.normal(size=cells) + sharpness * wrong))
    audited = random.random(cells) < audit
    reached = np.zeros(cells, bool)
    reached[rank[: round(read * cells)]] = True
    ahead = audited & ~reached
    left = errors_left(int((~reached).sum()), int(ahead.sum()), int((ahead & wrong).sum()))
    return left.low <= int((wrong & ~reached & ~audited).sum()) <= left.high


def a_million() -> list[Figure]:
    """One million cells of three votes, in a process of its own, so that its memory can be told."""
    done = subprocess.run([sys.executable, "-m", "bench.simulations"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    targets = {
        "all agreement figures": 5,
        "with 1,000 bootstrap samples": 60,
        "Dawid–Skene, 5 reviewers": 60,
        "Dawid–Skene, 200 reviewers": 60,
    }
    figures = [
        Figure(f"a million cells: {name}", "s", [found[name]], at_most(bound)) for name, bound in targets.items()
    ]
    return [*figures, Figure("a million cells: memory at most", "GB", [found["memory"]], at_most(2))]


def main() -> None:
    """Measure a million cells, and print the seconds and the memory as JSON."""
    people = readers(7)
    found: dict[str, float] = {}

    def timed(name: str, act: Callable[[], object]) -> None:
        begun = time.perf_counter()
        act()
        found[name] = time.perf_counter() - begun

    _, given = people.read(1_000_000, np.random.default_rng(8))
    timed("all agreement figures", lambda: agreement_of(given, samples=0))
    _, given = people.read(1_000_000, np.random.default_rng(8))
    timed("with 1,000 bootstrap samples", lambda: agreement_of(given, samples=1000))
    timed("Dawid–Skene, 5 reviewers", lambda: dawid_skene.fit(given, PRIOR))
    many = Readers(people.prevalence, np.concatenate([people.matrices] * 40))
    del given
    _, given = many.read(1_000_000, np.random.default_rng(9))
    timed("Dawid–Skene, 200 reviewers", lambda: dawid_skene.fit(given, PRIOR))
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
