"""Studies whose truth is known."""

import numpy as np

PLAIN = [(), ("weights",), ("dropout",), ("weights", "dropout")]
EIGHT = [
    (),
    ("l1",),
    ("l2",),
    ("dropout",),
    ("l1", "l2"),
    ("l1", "dropout"),
    ("l2", "dropout"),
    ("l1", "l2", "dropout"),
]


def folds_of(rng, rows, repeats=5, folds=5):
    return np.stack([rng.permutation(rows) % folds for _ in range(repeats)])


def study(rng, means, rows=300, repeats=5, folds=5, row_sd=0.05, fit_sd=0.005, cell_sd=0.02, shared_sd=0.3):
    """Losses with given means: shared row difficulty, and per-arm row, fit and cell noise, all independent."""
    arms = len(means)
    which = folds_of(rng, rows, repeats, folds)
    shared = rng.normal(0, shared_sd, rows)
    by_row = rng.normal(0, row_sd, (arms, 1, rows))
    by_fit = rng.normal(0, fit_sd, (arms, repeats, folds))
    fit = np.stack([by_fit[:, r, which[r]] for r in range(repeats)], axis=1)
    cell = rng.normal(0, cell_sd, (arms, repeats, rows))
    return np.asarray(means)[:, None, None] + shared + by_row + fit + cell, which
