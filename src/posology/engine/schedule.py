"""The learning rate over a training, and the epochs at which a learning curve is kept."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Int32

from posology.engine.member import Schedule

CONSTANT = Schedule(np.array(1, "float32"), np.array(0, "float32"), np.array(1, "float32"))
CURVE_POINTS = 32


def factor(schedule: Schedule, progress: Any) -> Any:
    """Give the factor of the learning rate after `progress` epochs (a fraction within an epoch).

    With t = progress/horizon: min(1, t/warmup) while warming up, 1 until `flat`, then
    (1 + cos(π·(t - flat)/(1 - flat)))/2. `flat` counts from the start; 0 is a cosine, 0.5 flat-cosine, 1 constant
    (RealMLP's flat_cos, Holzmüller et al. 2024, arXiv:2407.04491).

    Examples
    --------
    >>> cosine = Schedule(jnp.float32(10), jnp.float32(0), jnp.float32(0))
    >>> [round(float(factor(cosine, e)), 3) for e in (0, 5, 10)]
    [1.0, 0.5, 0.0]
    """
    t = progress / schedule.horizon
    climbing = jnp.clip(t / jnp.maximum(schedule.warmup, 1e-9), 0.0, 1.0)
    climbing = jnp.where(schedule.warmup > 0, climbing, 1.0)
    fallen = jnp.clip((t - schedule.flat) / jnp.maximum(1.0 - schedule.flat, 1e-9), 0.0, 1.0)
    return climbing * jnp.where(schedule.flat < 1, 0.5 * (1.0 + jnp.cos(jnp.pi * fallen)), 1.0)


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
