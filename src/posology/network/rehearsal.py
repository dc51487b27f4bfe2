"""A few steps of the real training, with a regularizer and without, to see that it acts, and is nothing at zero.

Whatever the place at which it acts, a regularizer that lives changes the weights that training leaves.
"""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from posology.engine.member import Arrays, Data, Member, Plateau, Stopping
from posology.engine.packing import same_steps
from posology.engine.program import advance, final_weights, start
from posology.engine.recipe import Recipe
from posology.engine.schedule import CONSTANT
from posology.engine.stopping import NEVER
from posology.network.packed import PackedNetwork
from posology.regularizers import REGULARIZERS

EPOCHS, STEPS = 3, 4
"""Enough for what acts every fifth step, or at the ends of epochs."""

# without fusing, what two programs have in common is equal bit for bit
UNFUSED = {"xla_backend_optimization_level": 0, "xla_disable_hlo_passes": "fusion,cpu-instruction-fusion"}


class Rehearsal:
    """Trains a network for a few steps on a few rows.

    Parameters
    ----------
    network : PackedNetwork
    weights, state : sequences of arrays
        To begin with.
    x : array (row, column)
    y : array (row, 1)
    key : int
        Of everything random.
    """

    def __init__(
        self, network: PackedNetwork, weights: Arrays, state: Arrays, x: np.ndarray, y: np.ndarray, key: int = 0
    ) -> None:
        self._network = network
        recipe = Recipe(len(x) // STEPS or 1, EPOCHS, {name: REGULARIZERS[name] for name in network.regularizers})
        rows, steps = np.array([len(x)], "int32"), same_steps(np.array([len(x)]), recipe.batch_size)
        self._data = Data(x[None], y[None], rows, steps, x[None, :1], y[None, :1], np.ones(1, "int32"))
        self._member = _member(tuple(weights), tuple(state), key)

        def train(member: Member, data: Data) -> Arrays:
            run = advance(network, recipe, data, member, start(network, recipe, member), EPOCHS)
            return final_weights(network, recipe, member, run)

        self._train = jax.jit(train, compiler_options=UNFUSED)

    def weights(self, name: str = "", site: int = 0, strength: float = 0.0) -> list[np.ndarray]:
        """Give the weights after the steps, with one regularizer on at one site; with none by default."""
        strengths: dict[str, Any] = {n: np.zeros(self._network.sites(n), "float32") for n in self._network.regularizers}
        if name:
            strengths[name][site] = strength
        return [np.asarray(w) for w in self._train(self._member._replace(strengths=strengths), self._data)]


def _member(weights: Arrays, state: Arrays, key: int) -> Member:
    numbers = (np.float32(1), np.int32(NEVER), np.float32(0), np.int32(0), np.float32(0))
    return Member(
        weights=weights,
        state=state,
        strengths={},
        key=np.array(key, "uint32"),
        fit=np.array(0, "int32"),
        epochs=np.array(EPOCHS, "int32"),
        watches=np.array(False),
        learning_rate=np.array(1, "float32"),
        schedule=CONSTANT,
        stopping=Stopping(np.array(NEVER, "int32"), np.array(0, "float32"), np.array(0, "int32")),
        plateau=Plateau(*map(np.asarray, numbers)),
    )


def changed(before: Sequence[Any], after: Sequence[Any]) -> float:
    """Give the largest relative change of an array; 1 where what is not finite became so, or ceased to be.

    Examples
    --------
    >>> changed([np.array([3.0, 4.0])], [np.array([3.0, 3.0])])
    0.2
    """
    found = [_relative(np.asarray(a, float), np.asarray(b, float)) for a, b in zip(before, after, strict=True)]
    return max(found, default=0.0)


def _relative(before: np.ndarray, after: np.ndarray) -> float:
    size = float(max(np.linalg.norm(before), np.linalg.norm(after)))
    # a loss that is infinite is changed or not; how much cannot be said
    if not np.isfinite(size):
        return float(not np.array_equal(before, after, equal_nan=True))
    return float(np.linalg.norm(after - before)) / size if size else 0.0
