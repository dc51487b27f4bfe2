"""Outer and inner splits: which rows a network is fitted on, and which rows score it.

Every split is a pure function of (seed, sizes), so that driver and workers agree without sending rows.
"""

import numpy as np
from jaxtyping import Int

from posology.keys import generator
from posology.label_parts import label_parts

Strata = Int[np.ndarray, "row *label"]
Groups = Int[np.ndarray, " row"]


def outer_folds(
    rows: int, folds: int, repeats: int, seed: int, strata: Strata | None = None, groups: Groups | None = None
) -> Int[np.ndarray, "repeat row"]:
    """Assign each row a fold in each repeat: a random partition into folds whose sizes differ by one at most.

    With `strata`, the class of each row, the numbers of rows of a class differ by one at most too; with which labels it
    has, `(row, label)`, as far as labels that share rows let them. With `groups`, the rows of a group share a fold, and
    classes do not matter; folds are then as even as groups let them be.

    Examples
    --------
    >>> outer_folds(5, 2, 1, seed=0).shape
    (1, 5)
    >>> np.bincount(outer_folds(103, 5, 1, seed=0)[0]).tolist()
    [21, 21, 21, 20, 20]
    """
    return np.stack([outer_fold(rows, folds, r, seed, strata, groups) for r in range(repeats)])


def outer_fold(
    rows: int, folds: int, repeat: int, seed: int, strata: Strata | None = None, groups: Groups | None = None
) -> Int[np.ndarray, " row"]:
    """Assign each row a fold in one repeat; see `outer_folds`."""
    return _parts(rows, folds, generator(seed, "outer", repeat), strata, groups)


def _parts(
    rows: int, parts: int, random: np.random.Generator, strata: Strata | None, groups: Groups | None
) -> Int[np.ndarray, " row"]:
    """Deal rows out to parts, in random order; a class after the other where there are any."""
    if groups is not None:
        return _group_parts(groups, parts, random)
    if strata is None:
        return random.permutation(np.arange(rows) % parts)
    if strata.ndim > 1:
        return label_parts(strata, parts, random)
    order = np.lexsort((random.permutation(rows), strata))
    out = np.empty(rows, int)
    # the rows to spare of the last round go to random parts, as those of every class do
    out[order] = random.permutation(parts)[np.arange(rows) % parts]
    return out


def _group_parts(groups: Groups, parts: int, random: np.random.Generator) -> Int[np.ndarray, " row"]:
    """Deal whole groups out to parts: each to a part that has fewest rows, the large ones first.

    Groups of like size (within a power of two) come in random order, so that partitions differ; the small ones, which
    come last, make up for what is uneven.
    """
    _, place, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.lexsort((random.permutation(len(sizes)), -np.floor(np.log2(sizes))))
    filled, part = np.zeros(parts, int), np.empty(len(sizes), int)
    for group in order:
        least = np.flatnonzero(filled == filled.min())
        part[group] = least[random.integers(len(least))]
        filled[part[group]] += sizes[group]
    return part[place]


def inner_split(
    rows: Int[np.ndarray, " row"],
    split: int,
    parts: int,
    *purpose: object,
    strata: Strata | None = None,
    groups: Groups | None = None,
) -> tuple[Int[np.ndarray, " fit"], Int[np.ndarray, " held"]]:
    """Split an outer training fold into rows to fit on and rows to watch.

    A split holds out one part of a random partition; several are disjoint (inner cross-validation).

    Parameters
    ----------
    rows : int array (row,)
        Row numbers of the outer training fold.
    split : int
        Which part is held out.
    parts : int
        Of the partition.
    purpose
        Key of the outer fit, such as (seed, repeat, fold): every arm of it shares the splits.
    strata : int array (row,) or (row, label), optional
        The class of each of these rows, or the labels that it has, in which the parts then agree.
    groups : int array (row,), optional
        The group of each of these rows, whose rows share a part.

    Returns
    -------
    fit, held : int arrays
        Both sorted.
    """
    part = _parts(len(rows), parts, generator(*purpose, "inner"), strata, groups)
    return rows[part != split], rows[part == split]
