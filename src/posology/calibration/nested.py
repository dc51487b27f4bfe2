"""A whole nested study of closed-form arms: tuned on inner rows, refitted, scored on rows that tuned nothing.

Outer folds, inner splits, trials and the guard of combined arms are the product's own functions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from posology.calibration.arms import FACTORS, Moments, fitted, moments, predicted
from posology.calibration.generators import Candidate, Generator, Rows
from posology.inference import row_losses
from posology.inference.covariance import Folds, Losses
from posology.keys import generator
from posology.plan import Arm, Setting, Space
from posology.plan.trials import seeded_settings, sobol_settings
from posology.regularizers import Strength
from posology.resampling import inner_split, outer_folds

TRIALS = 12
PARTS = 4
"""Of an outer training fold, of which one is watched: the product's default."""

RANGES = {
    "l1": Strength(1e-3, 1.0, "log", "target standardised"),
    "l2": Strength(1e-3, 10.0, "log", "target standardised"),
    "dropout": Strength(0.0, 0.8, "linear", "rate"),
}
"""What the arms need on these generators: from next to nothing to all weights near zero."""

Layer = tuple[Float[np.ndarray, "fit column unit"], Float[np.ndarray, "fit unit"]]


@dataclass(frozen=True)
class Scored:
    """What a nested study gives.

    Parameters
    ----------
    losses : array (arm, repeat, row)
        In units of the target's variance in this table, capped.
    folds : array (repeat, row)
    risk : array (arm,) or None
        Mean loss of the fitted arms on fresh rows, in the same units; without what is planted.
    capped : float
        Share of row losses at the cap.
    """

    losses: Losses
    folds: Folds
    risk: Float[np.ndarray, " arm"] | None
    capped: float


@dataclass(frozen=True)
class _Resamples:
    """The outer fits of a study: training, inner training and watched rows of each."""

    folds: Folds
    keys: list[tuple[int, int]]
    train: Bool[np.ndarray, "fit row"]
    inner: Bool[np.ndarray, "fit row"]


def nested(asked: Generator, table: Rows, seed: int, tests: Rows | None = None, repeats: int | None = None) -> Scored:
    """Study one table.

    Parameters
    ----------
    asked : Generator
        Its family of arms, folds and repeats; its `draw` is not used.
    seed : int
        Of folds, inner splits, trials and random layers.
    tests : (features, target), optional
        Fresh rows of the same source, for the risk.
    repeats : int, optional
        Other than the generator's: for the average over many re-splits.
    """
    x, y = table
    resamples = _resamples(len(y), asked.folds, repeats or asked.repeats, seed)
    settings = _tuned(asked, x, y / y.std(), resamples, seed)
    losses = np.zeros((len(asked.family), *resamples.folds.shape))
    risk, capped = np.zeros(len(asked.family)), 0
    for network in range(asked.refits):
        layer = _layer(asked, x.shape[1], resamples, seed, network)
        seen = _seen(asked, x, y / y.std(), resamples.train, layer)
        fresh = {} if tests is None else {c.span: _features(tests[0][:, c.columns], layer) for c in asked.family}
        for i, candidate in enumerate(asked.family):
            features, found = seen[candidate.span]
            weights = fitted(found, _strengths([[s] for s in settings[i]]), _sites(asked, features))
            guess = predicted(found, weights, features)[:, 0] * y.std()
            scores, over = _losses(y, guess, resamples)
            losses[i] += (scores + candidate.worse) / asked.refits
            capped += over
            if tests is not None:
                guess = predicted(found, weights, fresh[candidate.span])[:, 0] * y.std()
                risk[i] += _risk(y, tests[1], guess, resamples) / asked.refits
    share = capped / (asked.refits * losses.size)
    return Scored(losses, resamples.folds, None if tests is None else risk, share)


def _resamples(rows: int, folds: int, repeats: int, seed: int) -> _Resamples:
    assigned = outer_folds(rows, folds, repeats, seed)
    keys = [(r, f) for r in range(repeats) for f in range(folds)]
    train = np.stack([assigned[r] != f for r, f in keys])
    inner = np.zeros_like(train)
    for k, key in enumerate(keys):
        fit, _ = inner_split(np.flatnonzero(train[k]), 0, PARTS, seed, *key)
        inner[k, fit] = True
    return _Resamples(assigned, keys, train, inner)


def _layer(asked: Generator, columns: int, resamples: _Resamples, seed: int, network: int) -> Layer | None:
    """Draw the random first layers of the fits: every arm of a fit has the same, as networks share first weights."""
    if not asked.hidden:
        return None
    rngs = [generator(seed, "layer", *key, network) for key in resamples.keys]
    kernels = [rng.standard_normal((columns, asked.hidden)) / np.sqrt(columns) for rng in rngs]
    return np.stack(kernels), np.stack([rng.standard_normal(asked.hidden) / 2 for rng in rngs])


def _features(x: Float[np.ndarray, "row column"], layer: Layer | None) -> Float[np.ndarray, "some row feature"]:
    return x[None] if layer is None else np.maximum(x @ layer[0] + layer[1][:, None, :], 0)


def _tuned(
    asked: Generator,
    x: Float[np.ndarray, "row column"],
    y: Float[np.ndarray, " row"],
    resamples: _Resamples,
    seed: int,
) -> list[list[Setting]]:
    """Give the best setting of each arm in each fit."""
    layer = _layer(asked, x.shape[1], resamples, seed, 0)
    axes = [name for name in FACTORS if any(name in c.acts for c in asked.family)]
    space = Space({name: RANGES[name] for name in axes}, dict.fromkeys(axes, 1))
    watched = resamples.train & ~resamples.inner
    seen = _seen(asked, x, y, resamples.inner, layer)
    ranked: list[dict[Arm, list[Setting]]] = [{} for _ in resamples.keys]
    best: dict[Arm, list[Setting]] = {}
    for c in sorted(asked.family, key=lambda c: len(c.acts)):
        features, found = seen[c.span]
        trials = [
            _trials(space, c, before, (seed, c.draws, *key)) for before, key in zip(ranked, resamples.keys, strict=True)
        ]
        guess = predicted(found, fitted(found, _strengths(trials), _sites(asked, features), 1e-4), features)
        error = ((guess - y) ** 2 * watched[:, None, :]).sum(axis=2)
        orders = np.argsort(error, axis=1, kind="stable")
        for before, settings, order in zip(ranked, trials, orders, strict=True):
            before[c.name] = [settings[t] for t in order]
        best[c.name] = [settings[order[0]] for settings, order in zip(trials, orders, strict=True)]
    return [best[c.name] for c in asked.family]


def _trials(
    space: Space, candidate: Candidate, ranked: Mapping[Arm, Sequence[Setting]], purpose: tuple[int, ...]
) -> list[Setting]:
    if not candidate.acts:
        return [{}]
    if len(candidate.acts) == 1:
        return sobol_settings(space, candidate.acts, TRIALS, *purpose)
    return seeded_settings(space, candidate.acts, TRIALS, ranked, *purpose)


def _sites(asked: Generator, features: Float[np.ndarray, "some row feature"]) -> Float[np.ndarray, "3 feature"]:
    sites = np.ones((len(FACTORS), features.shape[2]))
    for name, (first, last) in asked.sites.items():
        sites[FACTORS.index(name)] = 0
        sites[FACTORS.index(name), first:last] = 1
    return sites


def _strengths(trials: Sequence[Sequence[Setting]]) -> Float[np.ndarray, "fit trial 3"]:
    return np.array([[[s.get(name, (0.0,))[0] for name in FACTORS] for s in settings] for settings in trials])


def _losses(
    y: Float[np.ndarray, " row"], guess: Float[np.ndarray, "fit row"], resamples: _Resamples
) -> tuple[Float[np.ndarray, "repeat row"], int]:
    """Score each fit on the rows of its fold; give also how many losses were capped."""
    losses, capped = np.empty(resamples.folds.shape), 0
    for k, (r, f) in enumerate(resamples.keys):
        held = resamples.folds[r] == f
        losses[r, held], over = row_losses(y[held], guess[k, held], *_ends(y, ~held))
        capped += over
    return losses, capped


def _risk(
    y: Float[np.ndarray, " row"],
    fresh: Float[np.ndarray, " test"],
    guess: Float[np.ndarray, "fit test"],
    resamples: _Resamples,
) -> float:
    """Average the fits' losses on fresh rows, clipped and capped as the product's are."""
    trained = zip(guess, resamples.train, strict=True)
    return float(np.mean([row_losses(fresh, one, *_ends(y, used))[0].mean() for one, used in trained]))


def _ends(y: Float[np.ndarray, " row"], used: Bool[np.ndarray, " row"]) -> tuple[float, float, float, float]:
    return float(y[used].min()), float(y[used].max()), float(y.mean()), float(y.var())


def _seen(
    asked: Generator,
    x: Float[np.ndarray, "row column"],
    y: Float[np.ndarray, " row"],
    used: Bool[np.ndarray, "fit row"],
    layer: Layer | None,
) -> dict[tuple[int, int | None], tuple[Float[np.ndarray, "some row feature"], Moments]]:
    """Give features and moments by the columns that arms see: arms of the same columns share them."""
    out = {}
    for candidate in asked.family:
        if candidate.span not in out:
            features = _features(x[:, candidate.columns], layer)
            out[candidate.span] = features, moments(features, y, used, standardise=layer is None)
    return out
