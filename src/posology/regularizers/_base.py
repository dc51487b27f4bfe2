"""What a regularizer declares: where it acts, and the range, scale and unit of its strength."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np


class Place(StrEnum):
    """Where in a training a regularizer can act."""

    WEIGHTS_LOSS = "weights, as a loss"
    WEIGHTS_UPDATE = "weights, after the update"
    ACTIVATIONS = "activations"


@dataclass(frozen=True)
class Strength:
    """The number of a regularizer: its search range, its scale and its unit.

    Parameters
    ----------
    low, high : float
        Ends of the searched range. Zero always means "off" and need not lie in it.
    scale : str
        `log` or `linear`: how a uniform point of [0, 1] is spread over the range.
    unit : str
        The unit in words, for tables and reports.

    Examples
    --------
    >>> Strength(1e-6, 1e-2, "log", "per squared weight").from_unit(0.5)
    0.0001
    """

    low: float
    high: float
    scale: str
    unit: str

    def from_unit(self, point: float) -> float:
        """Map a point of [0, 1] into the range: low·(high/low)^u on the log scale, low + u·(high − low) else."""
        if self.scale == "log":
            return float(np.exp(np.log(self.low) + point * (np.log(self.high) - np.log(self.low))).round(12))
        return self.low + point * (self.high - self.low)

    def damped(self, strength: float, factor: float) -> float:
        """Weaken a strength; below the range it stays at the low end."""
        return max(self.low, strength * factor) if strength > 0 else 0.0


@runtime_checkable
class Regularizer(Protocol):
    """One method. A strength of zero is the identity, so that all arms of a plan run in one program.

    At `WEIGHTS_LOSS` it has `gradient(weight, strength)`, at `WEIGHTS_UPDATE` `after_update(weight, strength, rate)`
    with the learning rate of the step, at `ACTIVATIONS` `apply(x, strength, bits)`.
    """

    name: str
    place: Place
    strength: Strength
    keras_argument: str
