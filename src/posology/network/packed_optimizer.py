"""The user's optimizer as pure functions, its learning rate scaled by a traced factor.

Everything else that it does (clipping, decoupled decay, moving averages, gradient accumulation, constraints) is done
by Keras itself in `stateless_apply`.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from posology.engine.member import Arrays
from posology.network.copied_optimizer import copy_optimizer, schedule_of


class PackedOptimizer:
    """A fresh optimizer of the same settings, for a packed model's variables.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        The user's, left untouched.
    variables : sequence of keras.Variable
        The trainable variables of the user's model.
    packed : sequence of keras.Variable
        Those of the packed model, in the same order.
    """

    def __init__(self, optimizer: Any, variables: Sequence[Any], packed: Sequence[Any]) -> None:
        self._schedule = schedule_of(optimizer)
        # a number in place of a schedule, so that each step's rate can be scaled
        changes: dict[str, Any] = {} if self._schedule is None else {"learning_rate": 1.0}
        self._optimizer = copy_optimizer(optimizer, variables, packed, **changes)
        self._packed = list(packed)
        state = self._optimizer.variables
        self._scale = self._optimizer.loss_scale_factor
        self._rate = next(i for i, v in enumerate(state) if v is self._optimizer.learning_rate)
        # by name: `iterations` is a quotient, not the variable, under gradient accumulation
        self._iterations = next(i for i, v in enumerate(state) if v.name == "iteration")
        self._start = [np.asarray(v.value) for v in state]
        self._copied = [_copied_from(value, self._packed) for value in self._start]
        self._own_rate = float(self._optimizer.learning_rate)

    def start(self, weights: Arrays) -> Arrays:
        """Give the state before the first step; some optimizers begin at the weights themselves."""
        return tuple(
            value if place is None else weights[place] for value, place in zip(self._start, self._copied, strict=True)
        )

    @property
    def constant_rate(self) -> float | None:
        """The optimizer's own learning rate; None where it is a schedule."""
        return self._own_rate if self._schedule is None else None

    def learning_rate(self, state: Arrays) -> Any:
        """Give the optimizer's own learning rate: a number, or its schedule's at this iteration."""
        return self._own_rate if self._schedule is None else self._schedule(state[self._iterations])

    def step(self, weights: Arrays, gradient: Arrays, state: Arrays, factor: Any) -> tuple[Arrays, Arrays]:
        """Take one step at `factor` times the optimizer's own learning rate."""
        scaled = list(state)
        rate = self._optimizer.variables[self._rate]
        scaled[self._rate] = keras.ops.cast(self.learning_rate(state) * factor, rate.dtype)
        if self._scale is not None:  # Keras divides it out again
            gradient = tuple(g * self._scale for g in gradient)
        weights, state = self._optimizer.stateless_apply(scaled, list(gradient), list(weights))
        return tuple(weights), tuple(state)

    def finalize(self, weights: Arrays, state: Arrays) -> Arrays:
        """Give the weights with which Keras' `fit` ends: the moving averages, where the optimizer keeps them."""
        if not getattr(self._optimizer, "use_ema", False):
            return weights
        mapping = [*zip(self._packed, weights, strict=True), *zip(self._optimizer.variables, state, strict=True)]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            self._optimizer.finalize_variable_values(self._packed)
        return tuple(scope.get_current_value(v) for v in self._packed)


def _copied_from(value: np.ndarray, variables: Sequence[Any]) -> int | None:
    """Find the variable that a part of the optimizer's state was copied from when it was built."""
    if not value.any():
        return None
    same = (i for i, v in enumerate(variables) if v.shape == value.shape and np.array_equal(v.value, value))
    return next(same, None)
