"""Many members in one compiled call: one after another on a CPU, side by side on a GPU."""

from collections.abc import Callable
from typing import Any, Literal

import jax
import numpy as np

from posology.engine.member import Data, Member, Outcome, Running, Trainable
from posology.engine.program import advance, finish, predict, start
from posology.engine.recipe import Recipe

How = Literal["map", "vmap"]


class PackProgram:
    """The compiled training of packs of one shape.

    On a CPU (`map`) each member is trained whole before the next: its weights, moments and gradient stay in its
    core's cache, and one that stops early costs nothing more. On a GPU (`vmap`) all take each step together, which
    fills the device; stopped members wait for the last. docs/performance.md has the measurements.

    Parameters
    ----------
    network : Trainable
        The pure functions of the network.
    recipe : Recipe
        What is compiled in.
    data, members
        Arrays, or `jax.ShapeDtypeStruct`s, of the shapes that all packs share.
    how : str
        `map` or `vmap`.
    """

    def __init__(self, network: Trainable, recipe: Recipe, data: Data, members: Member, how: How = "map") -> None:
        over = _mapped if how == "map" else _side_by_side
        begin = jax.jit(lambda members: over(lambda m: start(network, recipe, m), members))
        run = jax.eval_shape(begin, members)
        until = members.epochs

        def pack(data: Data, members: Member, run: Running, until: Any) -> Running:
            return over(lambda m, r, u: advance(network, recipe, data, m, r, u), members, run, until)

        def scored(data: Data, members: Member, run: Running) -> Outcome:
            return over(lambda m, r: finish(network, recipe, data, m, r), members, run)

        def watched(data: Data, members: Member, run: Running) -> Any:
            return over(lambda m, r: predict(network, recipe, data, m, r), members, run)

        self._start = begin.lower(members).compile()
        # the state is given up as the next one is made, so that a pack is held once
        self._advance = jax.jit(pack, donate_argnums=2).lower(data, members, run, until).compile()
        self._finish = jax.jit(scored).lower(data, members, run).compile()
        self._predict = jax.jit(watched).lower(data, members, run).compile()

    def start(self, members: Member) -> Running:
        """Give the members' state before their first epoch."""
        return self._start(members)

    def advance(self, data: Data, members: Member, run: Running, until: np.ndarray) -> Running:
        """Train each member on to its epoch of `until` (int, one a member); `run` is used up."""
        return self._advance(data, members, run, np.asarray(until, "int32"))

    def predict(self, data: Data, members: Member, run: Running) -> Any:
        """Predict each member's watched rows where it stands: `(member, watched, ...)`."""
        return self._predict(data, members, run)

    def finish(self, data: Data, members: Member, run: Running) -> Outcome:
        """Score each member where it stands."""
        return self._finish(data, members, run)

    def train(self, data: Data, members: Member) -> Outcome:
        """Train all members from start to end."""
        run = self.advance(data, members, self.start(members), np.asarray(members.epochs))
        return self.finish(data, members, run)


def _mapped(call: Callable[..., Any], *trees: Any) -> Any:
    return jax.lax.map(lambda args: call(*args), trees)


def _side_by_side(call: Callable[..., Any], *trees: Any) -> Any:
    return jax.vmap(call)(*trees)


def same_steps(rows: np.ndarray, batch_size: int) -> np.ndarray:
    """Give the steps of an epoch, which all fits of one Data must share.

    Raises
    ------
    ValueError
        They differ, or a fit has fewer rows than a batch.

    Examples
    --------
    >>> same_steps(np.array([99, 100]), 32)
    array(4, dtype=int32)
    """
    steps = np.unique(-(-np.asarray(rows) // batch_size))
    if len(steps) > 1 or np.min(rows) < batch_size:
        raise ValueError(f"fits of {np.unique(rows).tolist()} rows take {steps.tolist()} steps of {batch_size} rows")
    return np.asarray(steps[0], "int32")
