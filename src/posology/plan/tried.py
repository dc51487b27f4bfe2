"""What a search has seen: mixes and what they came to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posology.plan.mixes import Mix

SAME = 0.02
"""Share of a range: strengths nearer than this are one trial."""


@dataclass(frozen=True)
class Tried:
    """A mix and its loss on the first inner split; infinite where it diverged."""

    mix: Mix
    loss: float


def alone(seen: Sequence[Tried]) -> Mix:
    """Give every regularizer that was tried alone at its best point there, the best first.

    Examples
    --------
    >>> alone([Tried({"l1": 0.2}, 0.5), Tried({"swa": 0.3}, 0.1), Tried({"l1": 0.4}, 0.3), Tried({}, 0.0)])
    {'swa': 0.3, 'l1': 0.4}
    """
    found: dict[str, float] = {}
    for one in sorted(seen, key=lambda one: one.loss):
        if len(one.mix) == 1 and np.isfinite(one.loss):
            for name, point in one.mix.items():
                found.setdefault(name, point)
    return found


def is_new(mix: Mix, others: Sequence[Mix]) -> bool:
    """Tell whether no other has the same members at nearly the same strengths."""
    return not any(
        set(mix) == set(other) and all(abs(mix[name] - other[name]) < SAME for name in mix) for other in others
    )
