"""What a regularizer declares: where it acts, its strength, what it cannot stand beside, and what Keras has for it.

A regularizer is one class in one file: attributes, and the one pure hook of its place. A strength of zero is the
identity, so that all arms of a plan can run in one program.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Any, NamedTuple

import numpy as np


class Place(StrEnum):
    """Where in a training a regularizer acts; `HOOKS` has the method that it then has."""

    WEIGHTS_LOSS = "weights, as a loss"
    WEIGHTS_FORWARD = "weights, in the forward pass"
    WEIGHTS_BEFORE = "weights, before the update"
    WEIGHTS_AFTER = "weights, after the update"
    ACTIVATIONS = "activations"
    ACTIVITY = "activations, as a loss"
    BRANCHES = "residual branches"
    PAIRS = "pairs of residual branches"
    NORMS = "behind hidden layers"
    INPUTS = "inputs"
    TARGETS = "targets"
    GRADIENT = "gradient"
    RATE = "learning rate"
    MEMORY = "trajectory"

    @property
    def kind(self) -> str:
        """Sites: `kernel`, `dropout` (activations), `branch`, `pair`, `norm`; of one: `input`, `target`, `training`."""
        return _KINDS[self]

    @property
    def inserts(self) -> bool:
        """Whether a regularizer there is a layer that is put in or left out: with it, it is another network."""
        return self is Place.NORMS


_WEIGHTS = (Place.WEIGHTS_LOSS, Place.WEIGHTS_FORWARD, Place.WEIGHTS_BEFORE, Place.WEIGHTS_AFTER)
_KINDS = {
    **dict.fromkeys(_WEIGHTS, "kernel"),
    **dict.fromkeys((Place.ACTIVATIONS, Place.ACTIVITY), "dropout"),
    Place.BRANCHES: "branch",
    Place.PAIRS: "pair",
    Place.NORMS: "norm",
    Place.INPUTS: "input",
    Place.TARGETS: "target",
    **dict.fromkeys((Place.GRADIENT, Place.RATE, Place.MEMORY), "training"),
}
PLACES = {"kernel": "kernels", "dropout": "dropouts", "branch": "branches", "pair": "pairs", "norm": "norms"}
"""Kinds of sites of which a network can have several, and what a study calls its lists of them."""
HOOKS = {
    Place.WEIGHTS_LOSS: "gradient",
    Place.WEIGHTS_FORWARD: "perturbed",
    Place.WEIGHTS_BEFORE: "before_update",
    Place.WEIGHTS_AFTER: "after_update",
    Place.ACTIVATIONS: "apply",
    Place.ACTIVITY: "penalty",
    Place.BRANCHES: "apply",
    Place.PAIRS: "apply",
    Place.NORMS: "layer",
    Place.INPUTS: "rows",
    Place.TARGETS: "targets",
    Place.GRADIENT: "clipped",
    Place.RATE: "factor",
    Place.MEMORY: "remember",
}
"""From place to the method that a regularizer there has; docs/regularizers.md has their arguments."""


@dataclass(frozen=True)
class Strength:
    """The number of a regularizer: its search range, its scale and its unit.

    Parameters
    ----------
    low, high : float
        Ends of the searched range. Zero always means "off" and need not lie in it.
    scale : str
        `log` or `linear`: how a uniform point of [0, 1] is spread over the range; `switch` where there is nothing to
        search: it is on, at 1, or off.
    unit : str
        The unit in words, for tables and reports.
    most : float
        The largest strength that means something: no searched range goes beyond it.

    Examples
    --------
    >>> Strength(1e-6, 1e-2, "log", "per squared weight").from_unit(0.5)
    0.0001
    """

    low: float
    high: float
    scale: str
    unit: str
    most: float = inf

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off, and nothing between."""
        return self.scale == "switch"

    def from_unit(self, point: float) -> float:
        """Map a point of [0, 1] into the range: low·(high/low)^u on the log scale, low + u·(high − low) else."""
        if self.scale == "log":
            return float(np.exp(np.log(self.low) + point * (np.log(self.high) - np.log(self.low))).round(12))
        return self.low + point * (self.high - self.low)

    def damped(self, strength: float, factor: float) -> float:
        """Weaken a strength; below the range it stays at the low end."""
        return max(self.low, strength * factor) if strength > 0 else 0.0


@dataclass(frozen=True)
class KerasForm:
    """What stock Keras has for a regularizer.

    Parameters
    ----------
    part : str
        `penalty` (a kernel's regularizer), `constraint`, `layer` (at the activation), `optimizer` or `loss` (an
        argument of these).
    name : str
        The class in `keras.regularizers`, `keras.constraints` or `keras.layers`; nothing for an argument.
    argument : str
        That takes the strength.
    value : callable
        From strength to that argument.
    more : mapping
        Further arguments.

    Examples
    --------
    >>> KerasForm("constraint", "MaxNorm", "max_value", lambda s: 1 / s).arguments(0.5)
    {'max_value': 2.0}
    """

    part: str
    name: str
    argument: str
    value: Callable[[float], float] = float
    more: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self, strength: float) -> dict[str, Any]:
        """Give the arguments for a strength."""
        return {self.argument: self.value(strength), **self.more}


class Regularizer:
    """One method: subclass it, set the attributes, and define the hook of its place.

    Attributes
    ----------
    name : str
        In --arms and in results.
    title : str
        In a sentence.
    place : Place
    strength : Strength
    excludes : tuple of str
        Regularizers that no arm may have beside it.
    target : str
        `classes` or `number` where it means something for such a target only.
    measures : bool
        Whether it computes with the inputs, so that numbers of categories cannot be among them.
    softens : bool
        Whether it makes targets of classes shares: rows get a share of each class in place of a class.
    remembers : bool
        At `MEMORY`: whether what it remembers is what predicts, in place of the weights.
    owned : tuple of str
        Settings of the network that do the same, such as `optimizer.weight_decay`: a network that has one is refused.
    keras : KerasForm or None
        None where Keras has nothing for it; then `by_hand` says what to do.
    by_hand : str
        In a few words, what to do in Keras where it has no form for it.
    shared : bool
        It costs so little that the programs of arms without it have it too, so that fewer are compiled.
    """

    name: str
    title: str
    place: Place
    strength: Strength
    excludes: tuple[str, ...] = ()
    target: str = ""
    measures: bool = False
    softens: bool = False
    remembers: bool = False
    owned: tuple[str, ...] = ()
    keras: KerasForm | None = None
    by_hand: str = ""
    shared: bool = False


class Batch(NamedTuple):
    """What a regularizer of inputs or targets is told of a batch beside its rows."""

    draw: Any
    """`draw(shape, stream=0)` gives uint32 random bits of a shape, the same for every arm at this step; further
    streams are independent."""
    measured: Any
    """Bool array (column,): False where a column holds numbers of categories."""
    slope: Any
    """`slope(x, y)` gives the gradient of the loss by `x` at the present weights."""


class Clock(NamedTuple):
    """How far a training is, after a step."""

    step: Any
    """Steps taken before this one, from the start."""
    epoch: Any
    """Epochs ended before this step."""
    ends_epoch: Any
    """Whether this step is the last of its epoch."""
