"""The learning rate over a training, and strengths."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from posology.engine.member import Member, Schedule

CONSTANT = Schedule(np.array(1, "float32"), np.array(0, "float32"), np.array(1, "float32"))


def factor(schedule: Schedule, progress: Any) -> Any:
    """Give the factor of the learning rate, or of a strength, after `progress` epochs (a fraction within an epoch).

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


def strengths_at(member: Member, epoch: Any) -> dict[str, Any]:
    """Give a member's strengths in an epoch, counted from 0; a constant one is what it is, bit for bit."""
    return {
        name: strength * factor(member.courses[name], epoch) if name in member.courses else strength
        for name, strength in member.strengths.items()
    }
