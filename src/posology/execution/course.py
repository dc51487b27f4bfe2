"""How far the members of a pack train, and where a refit's learning rate is reduced.

While tuning, a plateau of the watched loss reduces the learning rate. A refit has no rows to watch: its rate is reduced
after the epochs after which it was while its strengths were tuned, as it ends where that training ended.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int32

from posology.engine.member import Plateau
from posology.engine.stopping import MOST_REDUCTIONS, NEVER
from posology.errors import InputError
from posology.plan import Callbacks, Pack


def plateau_of(callbacks: Callbacks, network: Any) -> Plateau:
    """Give the numbers of `ReduceLROnPlateau` as the engine takes them: rates as shares of the network's own.

    Parameters
    ----------
    callbacks : Callbacks
    network : PackedNetwork

    Raises
    ------
    InputError
        The optimizer's learning rate is a schedule, which Keras' callback cannot change either.
    """
    if callbacks.plateau_factor == 1:
        return _plateau(1, NEVER, 0, 0, 0)
    if network.constant_rate is None:
        raise InputError(
            "fit has ReduceLROnPlateau, but the optimizer's learning rate is a schedule, which it cannot reduce. "
            "Give the optimizer a number, or leave the callback out."
        )
    return _plateau(
        callbacks.plateau_factor,
        callbacks.plateau_patience,
        callbacks.plateau_min_delta,
        callbacks.plateau_cooldown,
        callbacks.plateau_min_lr / network.constant_rate,
    )


def _plateau(factor: float, patience: int, min_delta: float, cooldown: int, least: float) -> Plateau:
    kinds = ("float32", "int32", "float32", "int32", "float32")
    numbers = (factor, patience, min_delta, cooldown, least)
    return Plateau(*(np.asarray(n, kind) for n, kind in zip(numbers, kinds, strict=True)))


@dataclass(frozen=True)
class Course:
    """Where the members of a pack stop, and their learning rates on the way.

    Parameters
    ----------
    until : int array (member,)
        Epochs, from the start; 0 for the members that fill a pack up.
    reductions : int array (member, reduction)
        Epochs after which a refit's learning rate is reduced, rising; beyond the last, a number that is never reached.
    plateau : Plateau
    """

    until: Int32[np.ndarray, " member"]
    reductions: Int32[np.ndarray, "member reduction"]
    plateau: Plateau

    @classmethod
    def of(cls, pack: Pack, size: int, plateau: Plateau) -> "Course":
        """Read the course of a pack that is filled up to a size."""
        until = np.zeros(size, "int32")
        reductions = np.full((size, MOST_REDUCTIONS), NEVER, "int32")
        for place, member in enumerate(pack.members):
            until[place] = member.epochs if member.until is None else member.until
            reductions[place, : len(member.reductions)] = member.reductions
        return cls(until, reductions, plateau)

    def next_stop(self, epochs: Int32[np.ndarray, " member"], chunk: int) -> Int32[np.ndarray, " member"]:
        """Give the epochs to train to: a chunk on, but not beyond a reduction."""
        ahead = np.where(self.reductions > epochs[:, None], self.reductions, NEVER).min(axis=1)
        return np.minimum(np.minimum(self.until, epochs + chunk), ahead).astype("int32")

    def learning_rate(self, epochs: Int32[np.ndarray, " member"]) -> Float32[np.ndarray, " member"]:
        """Give the share of the network's own learning rate at which training goes on from these epochs."""
        done = (self.reductions <= epochs[:, None]).sum(axis=1)
        least = min(float(self.plateau.least), 1.0)
        return np.maximum(float(self.plateau.factor) ** done, least).astype("float32")
