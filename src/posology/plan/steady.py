"""The steady loss: the one epoch at which a trial is best over all its inner splits, and how good it is there.

Trials are compared at one epoch for all splits, as a refit has one. Were each split scored at its own best epoch, a
trial whose loss wanders would be flattered, and one whose loss jumps about more so. Hence the losses of five
neighbouring epochs are averaged, then those of the splits, and the least point of that one curve is taken, as
early stopping by cross-validation does it (`xgboost.cv`). Of trainings of at most 39 epochs three are averaged, of less
than 20 none.
"""

import numpy as np
from jaxtyping import Float, Float32, Int

NEIGHBOURS = 5
"""Epochs whose watched losses are averaged, where trainings are long."""

SHORT = 20
"""The least point of a curve that falls to its end is taken in the middle of the average, too early by its half: by no
more than one epoch in so many."""


def steady(
    watched: Float32[np.ndarray, "split trial epoch"], begin: int = 0
) -> tuple[Float[np.ndarray, " trial"], Int[np.ndarray, " trial"]]:
    """Give the least point of each trial's mean curve.

    Parameters
    ----------
    watched : array (split, trial, epoch)
        Watched losses; NaN after the end of a training, and everywhere for a split that a trial did not see. A
        training that has ended stands for its last steady value.
    begin : int
        Epochs at the start that do not count (`EarlyStopping.start_from_epoch`).

    Returns
    -------
    loss : array (trial,)
        Infinite where no epoch counts.
    epoch : int array (trial,)
        The middle of the averaged epochs, counted from 1; 0 where no epoch counts.

    Examples
    --------
    >>> fast, slow = [3.0, 1, 4, 5, 6, 7, 8], [3.0, 3, 2, 2, 1, 1, 1]
    >>> long = np.full((2, 1, 40), np.nan, "float32")
    >>> long[:, 0, :7] = fast, slow
    >>> [(float(loss[0]), int(epoch[0])) for loss, epoch in (steady(long), steady(long[..., :7]))]
    [(2.5, 2), (2.0, 2)]
    """
    width = 1 + 2 * min(NEIGHBOURS // 2, watched.shape[2] // SHORT)
    taken = np.isfinite(watched)
    seen = taken.any(axis=2)
    total = np.where(seen[..., None], _smooth(watched, width), 0.0).sum(axis=0)
    mean = total / np.maximum(1, seen.sum(axis=0))[:, None]
    # an epoch counts where any split trained as far
    mean = np.where(taken.any(axis=0) & (np.arange(watched.shape[2]) >= begin), mean, np.inf)
    at = mean.argmin(axis=1)
    loss = mean[np.arange(len(mean)), at]
    middle = at + 1 - np.minimum(at, width - 1) // 2
    return loss, np.where(np.isfinite(loss), middle, 0)


def _smooth(watched: Float32[np.ndarray, "split trial epoch"], width: int) -> Float[np.ndarray, "split trial epoch"]:
    """Average each loss with those before it, fewer at the start; after the end the last mean stands."""
    before = np.full((*watched.shape[:2], width - 1), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([before, watched], axis=2), width, axis=2)
    taken = np.isfinite(windows)
    means = np.where(taken, windows, 0.0).sum(axis=3) / np.maximum(1, taken.sum(axis=3))
    ends = np.isfinite(watched).sum(axis=2, keepdims=True)
    return np.take_along_axis(means, np.minimum(np.arange(watched.shape[2]), np.maximum(ends - 1, 0)), axis=2)
