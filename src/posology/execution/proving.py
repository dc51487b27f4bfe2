"""What a study makes of the proof that its regularizers act: it goes on, it notes, or it does not begin."""

from collections.abc import Sequence

import numpy as np

from posology.engine.member import Data
from posology.errors import InputError
from posology.network.liveness import Liveness, is_drawn, tried_at
from posology.regularizers import PLAIN, REGULARIZERS
from posology.wording import quoted

ROWS = 32
"""Rows that the network is run on."""


def first_rows(data: Data) -> tuple[np.ndarray, np.ndarray]:
    """Take a few training rows of the first fit.

    Returns
    -------
    x, y : arrays (row, column) and (row, 1)
        As the engine holds them.
    """
    rows = min(ROWS, int(data.rows[0]))
    return np.asarray(data.x[0, :rows]), np.asarray(data.y[0, :rows])


def notes_on_liveness(found: Sequence[Liveness]) -> list[str]:
    """Say which regularizers do nothing at some of their sites.

    Raises
    ------
    InputError
        One does nothing at all of its sites.
    """
    notes = []
    for name in dict.fromkeys(f.regularizer for f in found):
        own = [f for f in found if f.regularizer == name]
        dead = [f.site.layer for f in own if not f.live]
        if len(dead) == len(own):
            where = f" at any of its sites, {quoted(dead)}" if any(dead) else ""
            raise InputError(
                f"'{name}' does nothing{where}: {_seen(name)}. {_likely(name)}, or leave '{name}' out of --arms."
            )
        if dead:
            notes.append(f"'{name}' does nothing at {quoted(dead)}, in every arm: {_seen(name)}.")
        if not all(f.still_at_zero for f in own):
            notes.append(f"A strength of zero of '{name}' does not give the network without it to the last bit.")
    return notes


def _seen(name: str) -> str:
    if name == "dropout":
        return f"the loss and its gradients are the same at rate {tried_at(name):g} as at 0"
    if name in PLAIN:
        return "an optimizer step is the same with it as without it"
    if REGULARIZERS[name].place.inserts:
        return "the loss is the same with it as without it"
    what = "the loss and its gradients are" if is_drawn(name) else "the weights after a few steps of training are"
    return f"{what} the same at {tried_at(name):g}, the strongest searched, as at 0"


def _likely(name: str) -> str:
    kind = REGULARIZERS[name].place.kind
    if kind in ("dropout", "branch", "pair", "norm"):
        return (
            "Likely what comes after ignores what it is given, such as a branch that is multiplied by zero, or an "
            f"output without a loss. {'Move the Dropout, or connect' if kind == 'dropout' else 'Connect'} the branch"
        )
    if kind == "kernel":
        return (
            "Likely a constraint, such as UnitNorm, undoes it, or the optimizer's learning rate is zero. Take the "
            "constraint off the layer"
        )
    return (
        "Likely the network has nothing for it to act on, such as inputs that are all numbers of categories, or the "
        "optimizer's learning rate is zero. Search a stronger --range"
    )
