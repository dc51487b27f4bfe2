"""Outer and inner splits: which rows a network is fitted on, and which rows score it.

Every split is a pure function of (seed, sizes), so that driver and workers agree without sending rows.
"""

import numpy as np
from jaxtyping import Int

from posology.keys import generator


def outer_folds(rows: int, folds: int, repeats: int, seed: int) -> Int[np.ndarray, "repeat row"]:
    """Assign each row a fold in each repeat: a random partition into folds whose sizes differ by one at most.

    Examples
    --------
    >>> outer_folds(5, 2, 1, seed=0).shape
    (1, 5)
    >>> np.bincount(outer_folds(103, 5, 1, seed=0)[0]).tolist()
    [21, 21, 21, 20, 20]
    """
    even = np.arange(rows) % folds
    return np.stack([generator(seed, "outer", r).permutation(even) for r in range(repeats)])


def inner_split(
    rows: Int[np.ndarray, " row"], split: int, parts: int, *purpose: object
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

    Returns
    -------
    fit, held : int arrays
        Both sorted.
    """
    part = generator(*purpose, "inner").permutation(np.arange(len(rows)) % parts)
    return rows[part != split], rows[part == split]
