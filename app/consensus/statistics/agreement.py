"""How far raters agree, beyond what chance would give.

Every coefficient is made of sums over items, so that a bootstrap over items, or over groups of them, only weighs those
sums anew. Items with the same answers share a pattern (:class:`~app.consensus.statistics.votes.Patterns`), which makes
the work grow with the patterns and not with the items.

With r_ik the votes for class k of item i (a borderline answer gives a half to each of its two), r_i their sum, and I₂
the items with at least two votes:

- observed agreement  P_a = 1/|I₂| Σ_{i∈I₂} Σ_k (r_ik² − Σ_answers vote²) / (r_i (r_i − 1))
- class shares        π_k = 1/|I| Σ_i r_ik / r_i

For whole votes these are the formulas of Gwet [1, ch. 2 and 5]; the halves are this product's own extension.

[1] K. L. Gwet, Handbook of Inter-Rater Reliability, 4th ed., Gaithersburg 2014.
[2] J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971) 378–382.
[3] K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", University of Pennsylvania, 2011.
[4] J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960)
    37–46.
[5] J. L. Fleiss, J. Cohen, B. S. Everitt, "Large sample standard errors of kappa and weighted kappa", Psychological
    Bulletin 72 (1969) 323–327.
[6] A. J. Conger, "Integration and generalization of kappas for multiple raters", Psychological Bulletin 88 (1980)
    322–328.
[7] R. L. Brennan, D. J. Prediger, "Coefficient kappa: some uses, misuses, and alternatives", Educational and
    Psychological Measurement 41 (1981) 687–699.
[8] D. V. Cicchetti, A. R. Feinstein, "High agreement but low kappa: II", Journal of Clinical Epidemiology 43 (1990)
    551–558, for two raters; for many as in J. S. Uebersax, "A design-independent method for measuring the reliability
    of psychiatric diagnosis", Journal of Psychiatric Research 17 (1982) 335–342.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from app.consensus.statistics.votes import NOBODY, Floats, Ints, Patterns, Votes, spread
from app.words import Words, msg, phrase

Note: TypeAlias = str | Words

ONE_POSSIBLE = msg("AC1 needs two classes that could be said.")
ONE_CLASS = msg("Only one class was said, so chance alone would give the same: 0/0.")
NO_PAIRS = msg("No item has two votes.")
NEVER_MET = msg("The two raters have no item in common.")
TOO_FEW = msg("Too few items for an interval: in most bootstrap samples it is undefined.")


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A figure, its interval where one was made, and in words why it is undefined where it is None."""

    value: float | None
    low: float | None = None
    high: float | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, eq=False)
class Sums:
    """What the coefficients are made of, summed over items; leading axes, if any, are bootstrap samples.

    ``items`` and ``paired`` (…,): items with a vote, and with two. ``agreement`` (…,): P_i over paired items.
    ``shares`` (…, K): r_ik / r_i. ``pairable`` (…, K): r_ik over paired items. ``coincident`` (…, K): agreeing ordered
    pairs of class k over r_i − 1. ``disagreement`` (…,): distance of ordered pairs over r_i − 1, where a distance was
    given. ``same`` and ``pairs`` (…, K): ordered pairs that agree on class k, and those with a vote for it.
    ``binary`` (…, K): agreement P_i when all classes but k are one.
    """

    items: Floats
    paired: Floats
    agreement: Floats
    shares: Floats
    pairable: Floats
    coincident: Floats
    disagreement: Floats
    same: Floats
    pairs: Floats
    binary: Floats


NAMES = tuple(Sums.__dataclass_fields__)


def sums_of_patterns(patterns: Patterns, distance: Floats | None = None) -> Sums:
    """The sums of one item of each pattern: leading axis P."""
    counts, own, size = patterns.counts, patterns.own, patterns.size
    paired = size >= 2
    some = size > 0
    rest = np.where(paired, size - 1, 1.0)
    possible = np.where(paired, size * rest, 1.0)
    same = np.where(paired[:, None], counts**2 - own, 0.0)
    apart = (
        counts * (size[:, None] - counts) - torn_of(patterns, np.ones((counts.shape[1],) * 2)) if len(size) else same
    )
    apart = np.where(paired[:, None], apart, 0.0)
    return Sums(
        items=some.astype(float),
        paired=paired.astype(float),
        agreement=same.sum(axis=1) / possible,
        shares=counts / np.where(some, size, 1.0)[:, None],
        pairable=np.where(paired[:, None], counts, 0.0),
        coincident=same / rest[:, None],
        disagreement=np.where(paired, distances_of(patterns, distance), 0.0) / rest,
        same=same,
        pairs=np.where(paired[:, None], counts * rest[:, None], 0.0),
        binary=np.where(paired[:, None], 1 - 2 * apart / possible[:, None], 0.0),
    )


def torn_of(patterns: Patterns, distance: Floats) -> Floats:
    """Shape (P, K): what a borderline answer's own two halves add to the pairs of different classes."""
    first, second = patterns.torn_first, patterns.torn_second
    weight = np.asarray(0.25 * distance[first, second])
    shape = (patterns.counts.shape[0], patterns.counts.shape[1])
    return spread(shape, patterns.torn_pattern, first, weight) + spread(shape, patterns.torn_pattern, second, weight)


def distances_of(patterns: Patterns, distance: Floats | None) -> Floats:
    """Shape (P,): the distance summed over ordered pairs of different answers."""
    if distance is None:
        return np.zeros_like(patterns.size)
    between = np.einsum("pk,kl,pl->p", patterns.counts, distance, patterns.counts, optimize=True)
    return np.asarray(between - torn_of(patterns, distance).sum(axis=1))


def total(sums: Sums, weight: Floats) -> Sums:
    """Weighted sums: ``weight`` is (P,), or (B, P) for B samples at once."""
    return Sums(*(weight @ getattr(sums, name) for name in NAMES))


def gathered(sums: Sums, group: Ints, groups: int) -> Sums:
    """The sums of P rows by group: leading axis ``groups``."""

    def by_group(values: Floats) -> Floats:
        columns = values.reshape(len(values), -1)
        added = [np.bincount(group, weights=column, minlength=groups) for column in columns.T]
        return np.asarray(np.stack(added, axis=1), np.float64).reshape(groups, *values.shape[1:])

    return Sums(*(by_group(getattr(sums, name)) for name in NAMES))


def ratio(above: Floats, below: Floats) -> Floats:
    """A quotient that is NaN where it is 0/0, without a warning."""
    nothing = np.abs(below) < 1e-12
    return np.asarray(np.where(nothing, np.nan, above / np.where(nothing, 1.0, below)))


def percent_agreement(sums: Sums) -> Floats:
    """P_a: the share of pairs of votes on the same item that agree, a mean over items [1]."""
    return ratio(sums.agreement, sums.paired)


def class_shares(sums: Sums) -> Floats:
    """π_k, shape (…, K)."""
    return ratio(sums.shares, np.expand_dims(sums.items, -1))


def beyond(observed: Floats, expected: Floats) -> Floats:
    """(P_a − P_e) / (1 − P_e)."""
    return ratio(observed - expected, 1 - expected)


def fleiss_kappa(sums: Sums) -> Floats:
    """Fleiss' κ [2], for unequal numbers of votes as Gwet generalises it [1]: P_e = Σ π_k²."""
    return beyond(percent_agreement(sums), np.asarray((class_shares(sums) ** 2).sum(axis=-1)))


def fleiss_kappa_by_class(sums: Sums) -> Floats:
    """Fleiss' κ_j [2, eq. 14] of every class against all others, shape (…, K)."""
    share = class_shares(sums)
    return beyond(ratio(sums.binary, np.expand_dims(sums.paired, -1)), share**2 + (1 - share) ** 2)


def gwet_ac1(sums: Sums, q: int) -> Floats:
    """Gwet's AC1 [1, ch. 5]: P_e = Σ π_k (1 − π_k) / (q − 1) with q classes that could be said; NaN where q < 2."""
    if q < 2:
        return np.full_like(sums.paired, np.nan)
    share = class_shares(sums)
    return beyond(percent_agreement(sums), np.asarray((share * (1 - share)).sum(axis=-1)) / (q - 1))


def brennan_prediger(sums: Sums, q: int) -> Floats:
    """Brennan and Prediger's κ [7]: P_e = 1/q; NaN where q < 2."""
    if q < 2:
        return np.full_like(sums.paired, np.nan)
    return beyond(percent_agreement(sums), np.full_like(sums.paired, 1 / q))


def krippendorff_alpha(sums: Sums) -> Floats:
    """Krippendorff's α, nominal [3]: items with one vote are left out.

    With n_k the pairable votes for class k and n their sum, α = 1 − (n − 1) (n − Σ o_kk) / (n² − Σ n_k²).
    """
    votes = np.asarray(sums.pairable.sum(axis=-1))
    observed = votes - sums.coincident.sum(axis=-1)
    return 1 - ratio((votes - 1) * observed, votes**2 - (sums.pairable**2).sum(axis=-1))


def weighted_alpha(sums: Sums, distance: Floats) -> Floats:
    """Krippendorff's α with a distance δ (K, K), the one that the sums were made with [3]:
    α = 1 − (n − 1) Σ o_kl δ_kl / Σ n_k n_l δ_kl."""
    votes = np.asarray(sums.pairable.sum(axis=-1))
    expected = np.einsum("...k,kl,...l->...", sums.pairable, distance, sums.pairable, optimize=True)
    return 1 - ratio((votes - 1) * sums.disagreement, np.asarray(expected))


def krippendorff_alpha_by_class(sums: Sums) -> Floats:
    """α of every class against all others, shape (…, K)."""
    votes = np.asarray(sums.pairable.sum(axis=-1, keepdims=True))
    # Of the ordered pairs with a vote for k, those that don't agree on it count twice: k first, or k second.
    observed = 2 * (sums.pairable - sums.coincident)
    return 1 - ratio((votes - 1) * observed, 2 * sums.pairable * (votes - sums.pairable))


def specific_agreement(sums: Sums) -> Floats:
    """The chance that a second vote says class k where a first one did [8], shape (…, K); NaN where nobody said it
    beside another vote."""
    return ratio(sums.same, sums.pairs)


def nominal_distance(classes: int) -> Floats:
    """1 between any two different classes."""
    return np.asarray(1 - np.eye(classes), np.float64)


def interval_distance(values: Floats) -> Floats:
    """(v − w)² [3]."""
    return np.asarray((values[:, None] - values[None, :]) ** 2)


def ratio_distance(values: Floats) -> Floats:
    """((v − w) / (v + w))² [3], 0 where both are 0."""
    return np.nan_to_num(ratio(values[:, None] - values[None, :], values[:, None] + values[None, :])) ** 2


def ordinal_distance(pairable: Floats) -> Floats:
    """(Σ_{g=k..l} n_g − (n_k + n_l) / 2)² over the classes in order [3]."""
    upto = np.cumsum(pairable) - pairable / 2
    return np.asarray((upto[:, None] - upto[None, :]) ** 2)


def ladder_distance(rung: Floats) -> Floats:
    """Steps between the rungs of a ladder over the most there can be; 1 wherever a class isn't on it (NaN)."""
    steps = np.abs(rung[:, None] - rung[None, :])
    most = np.nanmax(steps, initial=0.0, where=~np.isnan(steps)) or 1.0
    distance = np.where(np.isnan(steps), 1.0, steps / most)
    np.fill_diagonal(distance, 0.0)
    return distance


def standard_error(votes: Votes, name: str, q: int) -> float:
    """The standard error of ``fleiss_kappa``, ``gwet_ac1`` or ``brennan_prediger`` by linearisation [1, ch. 5]."""
    patterns = votes.patterns
    one, n = sums_of_patterns(patterns), patterns.items.sum()
    whole = total(one, patterns.items)
    share = class_shares(whole)
    if name == "gwet_ac1":
        value, expected, own = (
            gwet_ac1(whole, q),
            (share * (1 - share)).sum() / (q - 1),
            one.shares @ (1 - share) / (q - 1),
        )
    elif name == "fleiss_kappa":
        value, expected, own = fleiss_kappa(whole), (share**2).sum(), one.shares @ share
    else:
        value, expected, own = brennan_prediger(whole, q), 1 / q, np.full(len(patterns.items), 1 / q)
    by_item = n / whole.paired * (one.agreement - expected * one.paired) / (1 - expected)
    by_item = by_item - 2 * (1 - value) * (own - expected) / (1 - expected)
    return float(np.sqrt(patterns.items @ (by_item - value) ** 2 / (n * (n - 1))))


@dataclass(frozen=True, eq=False)
class PairTable:
    """What two raters said of the items that both saw: ``table[k, l]`` is how often one said k and the other l."""

    rater_a: int
    rater_b: int
    table: Floats

    @property
    def items(self) -> int:
        """How many items both saw."""
        return round(float(self.table.sum()))


def pair_tables(votes: Votes) -> list[PairTable]:
    """The contingency table (K, K) of every two raters with an item in common, in order of rater.

    A borderline answer spreads over its classes. Where a rater answered an item twice each answer meets each of the
    other's.
    """
    raters, classes = votes.raters, votes.classes
    keys: list[Ints] = []
    weights: list[Floats] = []
    for lag in range(1, int(np.diff(np.append(votes.starts, len(votes))).max(initial=0))):
        together = np.flatnonzero(votes.item[lag:] == votes.item[:-lag])
        one, two = together, together + lag
        swap = votes.rater[one] > votes.rater[two]
        one, two = np.where(swap, two, one), np.where(swap, one, two)
        differ = votes.rater[one] != votes.rater[two]
        one, two = one[differ], two[differ]
        pair = votes.rater[one] * raters + votes.rater[two]
        for a, vote_a in halves(votes, one):
            for b, vote_b in halves(votes, two):
                held = (vote_a > 0) & (vote_b > 0)
                keys.append(((pair * classes + a) * classes + b)[held])
                weights.append((vote_a * vote_b)[held])
    if not keys:
        return []
    key, at = np.unique(np.concatenate(keys), return_inverse=True)
    weight = np.bincount(at, weights=np.concatenate(weights))
    pairs, first = np.unique(key // classes**2, return_index=True)
    tables = []
    for pair, start, end in zip(pairs.tolist(), first, [*first[1:], len(key)], strict=True):
        table = np.zeros(classes * classes)
        table[key[start:end] % classes**2] = weight[start:end]
        tables.append(PairTable(pair // raters, pair % raters, table.reshape(classes, classes)))
    return tables


def halves(votes: Votes, rows: Ints) -> list[tuple[Ints, Floats]]:
    """The classes of the answers with the vote for each: (label, 1 or ½) and (second, 0 or ½)."""
    torn = votes.second[rows] != NOBODY
    second = np.where(torn, votes.second[rows], 0)
    return [(votes.label[rows], np.where(torn, 0.5, 1.0)), (second, np.where(torn, 0.5, 0.0))]


def cohen_kappa(table: Floats, distance: Floats | None = None) -> Floats:
    """Cohen's κ [4] of tables (…, K, K); with a distance (K, K) the weighted κ = 1 − Σ δ p_kl / Σ δ p_k. p_.l."""
    n = np.asarray(table.sum(axis=(-2, -1)))
    rows, columns = table.sum(axis=-1), table.sum(axis=-2)
    distance = nominal_distance(table.shape[-1]) if distance is None else distance
    observed = np.asarray((table * distance).sum(axis=(-2, -1)))
    expected = np.einsum("...k,kl,...l->...", rows, distance, columns, optimize=True)
    return 1 - ratio(n * observed, np.asarray(expected))


def cohen_standard_error(table: Floats) -> float:
    """The large-sample standard error of Cohen's κ [5, eq. 13]."""
    p = table / table.sum()
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    kappa = float(cohen_kappa(table))
    expected = float(rows @ columns)
    diagonal = np.diag(p)
    margins = rows[None, :] + columns[:, None]
    first = (diagonal * (1 - (rows + columns) * (1 - kappa)) ** 2).sum()
    off = p * margins**2
    second = (1 - kappa) ** 2 * (off.sum() - np.trace(off))
    third = (kappa - expected * (1 - kappa)) ** 2
    return float(np.sqrt(max(0.0, first + second - third) / table.sum()) / (1 - expected))


def scott_pi(table: Floats) -> float:
    """Scott's π of two raters: chance from their common class shares (W. A. Scott, Public Opinion Quarterly 19 (1955)
    321–325)."""
    p = table / table.sum()
    share = (p.sum(axis=0) + p.sum(axis=1)) / 2
    return float(beyond(np.asarray(np.trace(p)), np.asarray((share**2).sum())))


def conger_kappa(votes: Votes) -> tuple[float, float]:
    """Conger's κ [6] and its standard error [1, ch. 5]: chance from each rater's own class shares, a mean over pairs.

    For whole votes, one an item and rater. The second is NaN where the first is.
    """
    patterns = votes.patterns
    sums = total(sums_of_patterns(patterns), patterns.items)
    n, raters = float(patterns.items.sum()), votes.raters
    by_rater = spread((raters, votes.classes), votes.rater, votes.label, np.ones(len(votes)))
    seen = by_rater.sum(axis=1, keepdims=True)
    own = ratio(by_rater, seen)
    everybody = own.sum(axis=0)
    expected = float(((everybody**2) - (own**2).sum(axis=0)).sum() / (raters * (raters - 1)))
    observed = float(percent_agreement(sums))
    kappa = float(beyond(np.asarray(observed), np.asarray(expected)))
    one = sums_of_patterns(patterns)
    by_item = n / float(sums.paired) * (one.agreement - expected * one.paired) / (1 - expected)
    weight = everybody[None, :] - own
    # Each answer's part in chance agreement, less what a rater's absences take away.
    said = weight[votes.rater, votes.label] * n / seen[votes.rater, 0]
    mean = (weight * own).sum(axis=1)
    absent = mean[votes.rater] * n / seen[votes.rater, 0]
    at_item = np.add.reduceat(said - absent, votes.starts) + mean.sum()
    chance = at_item / (raters * (raters - 1))
    linear = by_item[patterns.of_item] - 2 * (1 - kappa) * (chance - expected) / (1 - expected)
    return kappa, float(np.sqrt(((linear - kappa) ** 2).sum() / (n * (n - 1))))


def as_coefficient(
    value: Floats | float, why: str, samples: Floats | None = None, confidence: float = 0.95
) -> Coefficient:
    """A value with the percentiles of its bootstrap samples; undefined samples are left out and said so."""
    if np.isnan(value):
        return Coefficient(None, notes=(why,))
    made = Coefficient(float(value))
    if samples is None:
        return made
    defined = samples[~np.isnan(samples)]
    if len(defined) < len(samples) / 2:
        return replace(made, notes=(TOO_FEW,))
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    notes = (
        ()
        if len(defined) == len(samples)
        else (
            phrase("Undefined in {n:,} of {samples:,} samples.", n=len(samples) - len(defined), samples=len(samples)),
        )
    )
    return Coefficient(float(value), float(low), float(high), notes)
