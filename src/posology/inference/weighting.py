"""Losses of rows that count differently, as the plain losses that everything else takes."""

import numpy as np
from jaxtyping import Float


def influence(
    losses: Float[np.ndarray, "*arm repeat row"], weights: Float[np.ndarray, " row"] | None
) -> Float[np.ndarray, "*arm repeat row"]:
    """Turn row losses into values whose plain mean is the weighted mean, and whose spread is that of its estimate.

    ::

        theta = sum_ri w_i L_ri / sum_ri w_i
        value_ri = theta + (w_i / mean(w)) (L_ri - theta)

    The linearization of a ratio of means (Hajek): rows that all lose alike leave no doubt of the mean, however uneven
    their weights are.

    Parameters
    ----------
    losses : array (..., repeat, row)
        Each (repeat, row) is averaged by itself.
    weights : array (row,) or None
        Of any size; None gives the losses as they are.

    Examples
    --------
    >>> influence(np.array([[1.0, 3.0]]), np.array([1.5, 0.5]))
    array([[0.75, 2.25]])

    References
    ----------
    Hajek 1971, in Foundations of Statistical Inference; Sarndal, Swensson & Wretman 1992, section 5.7.
    """
    if weights is None:
        return losses
    share = weights / weights.mean()
    theta = (share * losses).mean(axis=(-2, -1), keepdims=True)
    return theta + share * (losses - theta)
