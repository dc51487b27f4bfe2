"""Looks at refitted networks in a worker: what they withstand on held-out rows, and what their weights are like."""

from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from posology.engine.member import Outcome
from posology.engine.probing import packed_probe
from posology.execution.fits import Fit
from posology.judging import judge_of
from posology.keys import generator, key_of
from posology.network.packed import PackedNetwork
from posology.network.removal import UnitRemover
from posology.plan.looks import BELOW, LEVELS, NEAR_ZERO, STATISTICS
from posology.table import Layout, Table

MOST_ROWS = 2_000
"""Held-out rows that are looked at, evenly spread: more would tell no more of an arm."""


class Prober:
    """Looks at the refits of one study.

    Parameters
    ----------
    model : keras.Model
        The user's.
    network : PackedNetwork
    table : Table
    layout : Layout
    seed : int
        The study's.
    """

    def __init__(self, model: Any, network: PackedNetwork, table: Table, layout: Layout, seed: int) -> None:
        self._network, self._table, self._seed = network, table, seed
        # where classes are scored otherwise, this is still their log loss: it is told in words
        self._judge = judge_of(table, None)
        self._measured = ~np.repeat([slot.coded for slot in layout.slots], [slot.width for slot in layout.slots])
        remover = UnitRemover(model, len(table.classes), table.n_targets)
        self._removes = remover.removes
        self._probe = packed_probe(network.predict, self._without(remover) if remover.removes else None)

    def _without(self, remover: UnitRemover) -> Any:
        computed = self._network.computed
        return lambda weights, state, x, share, key: remover.predict_without(
            weights, tuple(computed(state)), x, share, key
        )

    def withstood(
        self, fit: Fit, outside: np.ndarray, where: tuple[int, int], outcome: Outcome, members: int
    ) -> Float[np.ndarray, "member probe"]:
        """Give the mean row loss of each network: on clean rows, then for each level of each kind of damage.

        Parameters
        ----------
        fit : Fit
            What the networks were trained on, and their held-out rows.
        outside : int array (row,)
            Numbers of the held-out rows in the table.
        where : tuple of int
            Repeat and fold: the same damage for every network and arm of a resample.
        outcome : Outcome
            Of the whole pack.
        members : int
            Of them; the rest of the pack is filling.
        """
        size = min(MOST_ROWS, len(outside))
        chosen = (np.arange(size) * (len(outside) / size)).astype(int)
        spare = min(MOST_ROWS, np.shape(fit.data.watched_x)[1]) - size
        places = np.concatenate([chosen, np.zeros(spare, int)])
        key = np.uint32(key_of(self._seed, "units", *where))
        shares = np.array(LEVELS["units"], "float32")
        variants = self._variants(fit, places, where)
        found = self._probe(outcome.weights, outcome.state, variants, shares, key)
        answers = self._network.answers(found[:members, :, :size])
        if not self._table.classes:
            answers = fit.target_from_network(answers)
        scored = np.isin(np.arange(self._table.n_rows), outside[chosen])
        weights = None if self._judge.weights is None else self._judge.weights[scored]
        losses = [
            [np.average(self._judge.row_losses(p, scored)[0], weights=weights) for p in member] for member in answers
        ]
        out = np.full((len(losses), 1 + sum(map(len, LEVELS.values()))), np.nan)
        out[:, : len(losses[0])] = losses
        return out

    def _variants(
        self, fit: Fit, places: np.ndarray, where: tuple[int, int]
    ) -> Float32[np.ndarray, "variant row column"]:
        """Give held-out rows as they are, with noise, and with cells set to their column's mean."""
        x = np.asarray(fit.data.watched_x[0])[places]
        inside = fit.training_rows()
        # numbers of categories have neither noise nor mean: 0 is what is missing
        mean = np.where(self._measured, inside.mean(axis=0, dtype=float), 0.0)
        sd = np.where(self._measured, inside.std(axis=0, dtype=float), 0.0)
        noise = generator(self._seed, "noise", *where).standard_normal(x.shape) * sd
        draw = generator(self._seed, "missing", *where).random(x.shape)
        noisy = [x + level * noise for level in LEVELS["noise"]]
        gone = [np.where(draw < level, mean, x) for level in LEVELS["missing"]]
        return np.stack([x, *noisy, *gone]).astype("float32")


def norms_of(weights: Any, members: int) -> Float32[np.ndarray, "member array statistic"]:
    """Give `STATISTICS`, then the shares `BELOW`, of every array of weights with two sides or more, biases aside."""
    found = [_statistics(np.asarray(a)[:members]) for a in weights if np.ndim(a) > 2]
    return np.stack(found, axis=1) if found else np.zeros((members, 0, len(STATISTICS) + len(BELOW)), "float32")


def _statistics(array: np.ndarray) -> Float32[np.ndarray, "member statistic"]:
    flat = np.abs(array.reshape(len(array), -1).astype(float))
    found = {
        "norm": np.sqrt((flat**2).sum(axis=1)),
        "largest": flat.max(axis=1),
        "near_zero": (flat < NEAR_ZERO).mean(axis=1),
        "zero": (flat == 0).mean(axis=1),
    }
    shares = [(flat < least).mean(axis=1) for least in BELOW]
    return np.stack([*(found[name] for name in STATISTICS), *shares], axis=1).astype("float32")
