"""Successive halving inside an arm: all its trials train a little, the best of them longer.

Every arm gets the same rungs, so that budgets stay equal. Source: Jamieson & Talwalkar 2016, arXiv:1502.07943.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Bool, Float, Int32

from posology.plan.arms import Arm
from posology.plan.members import Design, Member, PackResult, Tuned

SHORTEST = 10
"""Epochs of the first rung, at least: sooner, losses say little."""


@dataclass(frozen=True)
class Rung:
    """One step of a halving: how many of an arm's trials train on, and to which epoch."""

    keep: int
    until: int | None
    """None: from the start to the end, without a pause."""


def rungs(trials: int, epochs: int, keep_one_in: int | None) -> list[Rung]:
    """Give the rungs of an arm.

    With η = `keep_one_in`: all trials to epochs/η^k, then one in η of them (rounded up) to η times that epoch, and so
    on to the end; k such that at least two trials are left for the last rung, and the first is not too short.

    Parameters
    ----------
    trials : int
        Settings of the arm.
    epochs : int
        Longest training.
    keep_one_in : int or None
        η, at least 2. None trains every trial to its end.

    Examples
    --------
    >>> [(r.keep, r.until) for r in rungs(12, 200, 3)]
    [(12, 23), (4, 67), (2, 200)]
    >>> rungs(12, 200, None)
    [Rung(keep=12, until=None)]
    """
    if keep_one_in is None:
        return [Rung(trials, None)]
    keeps, ends = [trials], [epochs]
    while (left := -(-keeps[-1] // keep_one_in)) >= 2 and (sooner := -(-ends[0] // keep_one_in)) >= SHORTEST:
        keeps.append(left)
        ends.insert(0, sooner)
    return [Rung(keep, end) for keep, end in zip(keeps, ends, strict=True)]


@dataclass(frozen=True)
class Joined:
    """Results of the members of a rung, the inner split first."""

    best_loss: Float[np.ndarray, "split member"]
    last_loss: Float[np.ndarray, "split member"]
    best_epoch: Int32[np.ndarray, "split member"]
    epochs: Int32[np.ndarray, "split member"]
    failed: Bool[np.ndarray, "split member"]
    reductions: Int32[np.ndarray, "split member reduction"]


def joined(results: Sequence[PackResult], members: int) -> Joined:
    """Join the packs of a rung."""

    def of(name: str) -> np.ndarray:
        whole = np.concatenate([getattr(r, name) for r in results])
        return whole.reshape(-1, members, *whole.shape[1:])

    return Joined(*(of(part.name) for part in fields(Joined)))


class Ladder:
    """The trials of one arm: how far each has come, and which go on.

    Parameters
    ----------
    design : Design
        Says whether the best epoch counts or the last, and the inner splits.
    trials : sequence of Member
        All trials of the arm.
    """

    def __init__(self, design: Design, trials: Sequence[Member]) -> None:
        # as Keras: a training that ends early stands for its last epoch, unless its best weights are restored
        self._restores = design.patience is not None and design.callbacks.restore_best_weights
        self._trials = list(trials)
        self._splits = design.inner_splits
        self._alive = np.arange(len(trials))
        self._reached = np.zeros(len(trials), int)
        self._losses = np.full(len(trials), np.inf)
        self._epochs = np.zeros(len(trials))
        self._reductions: list[tuple[int, ...]] = [()] * len(trials)
        self._spent = 0
        self._spent_before = np.zeros((self._splits, len(trials)), int)

    def step(self, rung: Rung) -> list[Member]:
        """Give the members that train on: the best so far."""
        order = self._alive[np.argsort(self._losses[self._alive], kind="stable")]
        self._alive = np.sort(order[: rung.keep])
        begins = not self._reached.any()
        return [replace(self._trials[t], until=rung.until, begins=begins) for t in self._alive]

    def take(self, places: Sequence[int], found: Joined) -> None:
        """Average each trial's loss and best epoch over the inner splits."""
        losses = (found.best_loss if self._restores else found.last_loss)[:, places]
        epochs = (found.best_epoch if self._restores else found.epochs)[:, places]
        spent = found.epochs[:, places]
        # a trial that diverged is the worst, however good it was before
        good = np.isfinite(losses) & ~found.failed[:, places]
        self._losses[self._alive] = np.where(good, losses, np.inf).astype(float).mean(axis=0)
        self._epochs[self._alive] = epochs.mean(axis=0)
        self._spent += int((spent - self._spent_before[:, self._alive]).sum())
        self._spent_before[:, self._alive] = spent
        self._reached[self._alive] += 1
        for trial, place in zip(self._alive, places, strict=True):
            self._reductions[trial] = mean_reductions(found.reductions[:, place], self._epochs[trial])

    def tuned(self, arm: Arm) -> Tuned:
        """Order the trials: those that came furthest first, by loss among them."""
        best = np.lexsort((self._losses, -self._reached))
        settings = tuple(self._trials[t].setting for t in best)
        trained = len(self._trials) * self._splits
        reductions = tuple(self._reductions[t] for t in best)
        return Tuned(arm, settings, self._losses[best], self._epochs[best], trained, self._spent, reductions)


def mean_reductions(found: Int32[np.ndarray, "split reduction"], epochs: float) -> tuple[int, ...]:
    """Average over inner splits the epochs after which the learning rate was reduced.

    The k-th reduction counts where at least half of the splits had it, before the epoch at which the training ends.

    Examples
    --------
    >>> mean_reductions(np.array([[10, 20, 0], [12, 0, 0]], "int32"), 15.0)
    (11,)
    """
    had = (found > 0).sum(axis=0)
    counted = np.flatnonzero((had > 0) & (2 * had >= len(found)))
    means = [round(float(found[found[:, k] > 0, k].mean())) for k in counted]
    return tuple(epoch for epoch in means if epoch < epochs)
