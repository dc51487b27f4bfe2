"""The epochs at which a learning curve is kept; without JAX, for whoever draws it."""

import numpy as np
from jaxtyping import Int32

CURVE_POINTS = 32


def curve_epochs(max_epochs: int) -> Int32[np.ndarray, " point"]:
    """Give the epochs, counted from 1, at which a learning curve is kept: at most 32, each 1.3 times the one before.

    A curve moves fast at first and slowly later. Its points cost predictions, and its size does not grow with the
    training.

    Examples
    --------
    >>> curve_epochs(30).tolist()
    [1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 29, 30]
    >>> len(curve_epochs(10**6)) <= CURVE_POINTS
    True
    """
    step = max(1.3, max_epochs ** (1 / (CURVE_POINTS - 8)))
    points = [1]
    while points[-1] < max_epochs:
        points.append(min(max_epochs, max(points[-1] + 1, round(points[-1] * step))))
    return np.array(points, np.int32)
