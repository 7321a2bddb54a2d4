"""Which cells are held back together, so that nothing learns a cell's label from the cell itself."""

import numpy as np

from app.quality.suspicion.arrays import Ints

FOLDS = 5


def folds(given: Ints, groups: Ints | None = None, count: int = FOLDS, seed: int = 0) -> Ints:
    """The fold (N,) of each cell, from 0: each class spread as evenly as its groups allow.

    ``groups`` (N,): cells of one number share a fold; each stands alone where it isn't given. The largest groups are
    placed first, each where the fewest cells of its classes are, and of such folds into the emptiest; ``seed`` settles
    the order of groups of one size. The same input gives the same folds.
    """
    n = len(given)
    random = np.random.default_rng(seed)
    if groups is None:
        groups = np.arange(n)
    if len(groups) != n:
        raise ValueError("each cell needs a group")
    _, group = np.unique(groups, return_inverse=True)
    sizes = np.bincount(group)
    order = np.argsort(group, kind="stable")
    starts = np.cumsum(sizes) - sizes
    # A class dealt out round by round, alone of its group, needs no thought; only groups of several do.
    placed = np.full(len(sizes), -1, np.int64)
    classes = int(given.max(initial=-1)) + 1
    held = np.zeros((classes, count), np.int64)
    several = random.permutation(np.flatnonzero(sizes > 1))
    for one in several[np.argsort(-sizes[several], kind="stable")]:
        cells = given[order[starts[one] : starts[one] + sizes[one]]]
        labels, times = np.unique(cells, return_counts=True)
        crowded = times @ held[labels]
        placed[one] = min(range(count), key=lambda fold: (crowded[fold], held[:, fold].sum()))
        held[labels, placed[one]] += times
    single = random.permutation(np.flatnonzero(sizes == 1))
    label = given[order[starts[single]]]
    for k in range(classes):
        mine = single[label == k]
        placed[mine] = _dealt(held, k, len(mine))
    return np.asarray(placed[group])


def _dealt(held: Ints, label: int, n: int) -> Ints:
    """Folds for n cells of a class, each into one that has the fewest of it; ``held`` counts them."""
    mine, all_of = held[label], held.sum(axis=0)
    # Cell c of fold f is the (mine_f + c)-th: the n that come first, in that order, are those of an even deal.
    turn = mine[:, None] + np.arange(n)[None, :]
    fold = np.repeat(np.arange(len(mine)), n)
    first = np.lexsort((fold, np.repeat(all_of, n), turn.ravel()))[:n]
    dealt = fold[first]
    held[label] += np.bincount(dealt, minlength=len(mine))
    return np.asarray(dealt)


def joined(*relations: Ints) -> Ints:
    """Groups (N,) of the cells that any of the relations holds together, directly or by way of others.

    A relation (N,) gives cells of one number one group; a negative number holds a cell together with none: the digest
    of a picture is one relation, its patient another.
    """
    if not relations:
        raise ValueError("there must be a relation")
    group = np.arange(len(relations[0]))
    while True:
        before = group
        for relation in relations:
            known = np.flatnonzero(relation >= 0)
            _, at = np.unique(relation[known], return_inverse=True)
            least = np.full(int(at.max(initial=-1)) + 1, len(group))
            np.minimum.at(least, at, group[known])
            group = group.copy()
            group[known] = least[at]
        if np.array_equal(group, before):
            return group
