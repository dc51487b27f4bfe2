"""Row losses of numbers, on clipped predictions: squared error in units of the variance, capped, or pinball loss."""

import numpy as np
from jaxtyping import Float

CAP = 10.0
"""Largest loss of a row, in variances of the target: one blown-up fit must not decide a study. Fixed before any run."""

OF_THE_MEAN = 2.0
"""Where the target is far from its mean, the cap is so many times what the mean costs there. A cap below that cost
would give R2 to who predicts the mean: up to 0.8 on targets such as money, whose variance a few rows make."""

WIDENED = 0.5
"""Predictions are clipped to the training range of the target, widened by this share of it on both sides."""


def row_losses(
    target: Float[np.ndarray, " row"],
    prediction: Float[np.ndarray, " row"],
    lowest: float,
    highest: float,
    mean: float,
    variance: float,
) -> tuple[Float[np.ndarray, " row"], int]:
    """Give each row's loss (y - clip(prediction))^2 / Var(y), capped, and the number of rows at the cap.

    The cap is 10, or twice the loss of the mean where that is more. A mean difference of these losses is a difference
    of R2. A prediction that is not a finite number gets the cap.

    Parameters
    ----------
    target, prediction : arrays (row,)
        In the target's unit.
    lowest, highest : float
        Range of the target in the rows the network was fitted on.
    mean, variance : float
        Of the target, over all rows.

    Raises
    ------
    ValueError
        The variance is not above zero: a constant target has no R2.

    Examples
    --------
    >>> row_losses(np.array([0.0, 1.0]), np.array([1.0, 99.0]), 0.0, 1.0, 0.5, 0.25)
    (array([4., 1.]), 0)
    """
    if not variance > 0:
        raise ValueError(f"the target's variance is {variance}; a constant target has no R2")
    losses = (target - _clipped(prediction, lowest, highest)) ** 2 / variance
    cap = np.maximum(CAP, OF_THE_MEAN * (target - mean) ** 2 / variance)
    capped = ~(losses < cap) | ~np.isfinite(prediction)
    return np.where(capped, cap, losses), int(capped.sum())


def pinball_losses(
    target: Float[np.ndarray, " row"],
    prediction: Float[np.ndarray, " row"],
    lowest: float,
    highest: float,
    level: float,
    naive: float,
) -> tuple[Float[np.ndarray, " row"], int]:
    """Give each row's pinball loss in units of that of the best constant, and the number of predictions without one.

    With u = y - clip(prediction)::

        max(level u, (level - 1) u) / naive

    1 minus their mean is Koenker and Machado's R1: skill in predicting a quantile. At level 0.5 it is
    1 - MAE / MAE of the median. Linear losses of clipped predictions need no cap; a prediction that is not a finite
    number gets the worst that clipping leaves.

    Parameters
    ----------
    target, prediction, lowest, highest
        As in `row_losses`.
    level : float
        Of the quantile, in (0, 1).
    naive : float
        Mean pinball loss of the target's own quantile, `naive_pinball`.

    Examples
    --------
    >>> pinball_losses(np.array([0.0, 2.0]), np.array([1.0, 1.0]), 0.0, 2.0, 0.75, 0.5)
    (array([0.5, 1.5]), 0)

    References
    ----------
    Koenker & Machado 1999, Journal of the American Statistical Association 94.
    """
    below, above = (np.full(len(target), end) for end in (-np.inf, np.inf))
    of_ends = [_pinball(target - _clipped(end, lowest, highest), level) for end in (below, above)]
    losses, lost = _pinball(target - _clipped(prediction, lowest, highest), level), ~np.isfinite(prediction)
    return np.where(lost, np.max(of_ends, axis=0), losses) / naive, int(lost.sum())


def naive_pinball(
    target: Float[np.ndarray, " row"], level: float, weights: Float[np.ndarray, " row"] | None = None
) -> float:
    """Give the least mean pinball loss of a constant: that of the target's quantile.

    Examples
    --------
    >>> naive_pinball(np.array([0.0, 1.0, 5.0]), 0.5)
    0.8333333333333334
    """
    heavy = np.ones(len(target)) if weights is None else weights
    order = np.argsort(target)
    sums = np.cumsum(heavy[order])
    quantile = target[order][min(np.searchsorted(sums, level * sums[-1]), len(target) - 1)]
    return float(np.average(_pinball(target - quantile, level), weights=heavy))


def _pinball(u: Float[np.ndarray, " row"], level: float) -> Float[np.ndarray, " row"]:
    return np.maximum(level * u, (level - 1) * u)


def _clipped(prediction: Float[np.ndarray, " row"], lowest: float, highest: float) -> Float[np.ndarray, " row"]:
    room = WIDENED * (highest - lowest)
    return np.clip(prediction, lowest - room, highest + room)
