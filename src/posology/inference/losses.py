"""Row losses: squared error in units of the target's variance, on clipped predictions, capped."""

import numpy as np
from jaxtyping import Float

CAP = 10.0
"""Largest loss of a row, in variances of the target: one blown-up fit must not decide a study. Fixed before any run."""

WIDENED = 0.5
"""Predictions are clipped to the training range of the target, widened by this share of it on both sides."""


def row_losses(
    target: Float[np.ndarray, " row"],
    prediction: Float[np.ndarray, " row"],
    lowest: float,
    highest: float,
    variance: float,
) -> tuple[Float[np.ndarray, " row"], int]:
    """Give each row's loss min(10, (y - clip(prediction))^2 / Var(y)), and the number of rows at the cap.

    A mean difference of these losses is a difference of R2. A prediction that is not a finite number gets the cap.

    Parameters
    ----------
    target, prediction : arrays (row,)
        In the target's unit.
    lowest, highest : float
        Range of the target in the rows the network was fitted on.
    variance : float
        Of the target, over all rows.

    Raises
    ------
    ValueError
        The variance is not above zero: a constant target has no R2.

    Examples
    --------
    >>> row_losses(np.array([0.0, 1.0]), np.array([1.0, 99.0]), 0.0, 1.0, 0.25)
    (array([4., 1.]), 0)
    """
    if not variance > 0:
        raise ValueError(f"the target's variance is {variance}; a constant target has no R2")
    room = WIDENED * (highest - lowest)
    clipped = np.clip(prediction, lowest - room, highest + room)
    losses = (target - clipped) ** 2 / variance
    capped = ~(losses < CAP) | ~np.isfinite(prediction)
    return np.where(capped, CAP, losses), int(capped.sum())
