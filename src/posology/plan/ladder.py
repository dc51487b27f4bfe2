"""The trials of one arm, climbing its rungs: which go on, and what each came to."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int32

from posology.plan.arms import Arm
from posology.plan.members import Design, Member, PackResult, Tuned
from posology.plan.rungs import Rung
from posology.plan.steady import steady


@dataclass(frozen=True)
class Joined:
    """Results of the members of a rung, the inner split first."""

    watched: Float32[np.ndarray, "split member epoch"]
    last_loss: Float[np.ndarray, "split member"]
    epochs: Int32[np.ndarray, "split member"]
    failed: Bool[np.ndarray, "split member"]
    reductions: Int32[np.ndarray, "split member reduction"]
    curve: Float[np.ndarray, "split member point 2"]

    def of(self, places: Sequence[int]) -> "Joined":
        """Give the members at these places, in this order."""
        return Joined(*(getattr(self, part.name)[:, list(places)] for part in fields(self)))

    def beside(self, other: "Joined") -> "Joined":
        """Put the members of another, of the same splits, behind these."""
        return Joined(*(np.concatenate([getattr(self, p.name), getattr(other, p.name)], axis=1) for p in fields(self)))


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
    protected : int
        So many first trials go on at every rung, whatever their loss.
    """

    def __init__(self, design: Design, trials: Sequence[Member], protected: int = 0) -> None:
        # as Keras: a training that ends early stands for its last epoch, unless its best weights are restored
        self._restores = design.patience is not None and design.callbacks.restore_best_weights
        self._trials, self._protected = list(trials), protected
        self._halved = design.halving is not None
        self._alive = np.arange(len(trials))
        self._reached = np.zeros(len(trials), int)
        seen = (design.inner_splits, len(trials))
        self._begin = design.callbacks.start_from_epoch
        self._watched = np.full((*seen, design.epochs), np.nan, "float32")
        self._last, self._failed = np.full(seen, np.nan), np.zeros(seen, bool)
        self._reductions = np.zeros((*seen, 0), "int32")
        self._spent = np.zeros(seen, int)
        self._curves = np.zeros((*seen, 0, 2), "float32")

    def step(self, rung: Rung) -> list[Member]:
        """Give the members that train on: the best so far, each to be trained on every split of the rung."""
        before = self._compared()[0][self._alive]
        before = np.where(self._alive < self._protected, -np.inf, before)
        self._alive = np.sort(self._alive[np.argsort(before, kind="stable")][: rung.keep])
        goes_on = rung.until is not None and bool(self._reached.any())
        return [replace(self._trials[t], until=rung.until, begins=not goes_on) for t in self._alive]

    def take(self, rung: Rung, found: Joined) -> None:
        """Note what the members of a rung came to, in the order in which `step` gave them."""
        where = np.ix_(np.array(rung.splits), self._alive)
        self._watched[where] = found.watched
        self._last[where] = found.last_loss
        self._failed[where] = found.failed
        self._spent[where] = found.epochs
        if not self._reductions.shape[2]:
            self._reductions = np.zeros((*self._spent.shape, found.reductions.shape[2]), "int32")
        self._reductions[where] = found.reductions
        if not self._curves.shape[2]:
            self._curves = np.full((*self._spent.shape, *found.curve.shape[2:]), np.nan, "float32")
        self._curves[where] = found.curve
        self._reached[self._alive] += 1

    def losses(self) -> Float[np.ndarray, " trial"]:
        """Give the loss of each trial so far, in their order; infinite where it diverged."""
        return self._compared()[0]

    def tuned(self, arm: Arm) -> Tuned:
        """Order the trials: those that came furthest first, by their loss over the splits that they saw."""
        losses, epochs = self._compared()
        best = np.lexsort((losses, -self._reached))
        settings = tuple(self._trials[t].setting for t in best)
        seen = self._seen()
        reductions = tuple(mean_reductions(self._reductions[seen[:, t], t], epochs[t]) for t in best)
        trained = int(seen.sum())
        alone, spent = self._alone(), int(self._spent.sum())
        saved = np.nan if self._halved else saved_by_second_half(alone)
        by_split, curve = alone.T[best], self._curves[:, best[0]]
        return Tuned(arm, settings, losses[best], epochs[best], trained, spent, reductions, saved, by_split, curve)

    def _seen(self) -> Bool[np.ndarray, "split trial"]:
        return self._spent > 0

    def _compared(self) -> tuple[Float[np.ndarray, " trial"], Float[np.ndarray, " trial"]]:
        """Give the loss of each trial over the splits that it saw, and the epoch at which it has it."""
        if self._restores:
            losses, epochs = steady(self._watched, self._begin)
        else:
            losses, epochs = self._mean(self._last), self._mean(self._spent)
        # a trial that diverged on any split is the worst, however good it was before
        good = np.isfinite(losses) & ~self._failed.any(axis=0)
        return np.where(good, losses, np.inf), epochs.astype(float)

    def _alone(self) -> Float[np.ndarray, "split trial"]:
        """Give the loss of each trial on each split alone; NaN where it was not trained on it."""
        losses = self._last
        if self._restores:
            losses = np.stack([steady(one[None], self._begin)[0] for one in self._watched])
        return np.where(self._seen(), np.where(self._failed, np.inf, losses), np.nan)

    def _mean(
        self, values: Float[np.ndarray, "split trial"] | Int[np.ndarray, "split trial"]
    ) -> Float[np.ndarray, " trial"]:
        """Average over the splits that each trial saw."""
        seen = self._seen()
        return np.where(seen, values, 0.0).sum(axis=0) / np.maximum(1, seen.sum(axis=0))


def saved_by_second_half(losses: Float[np.ndarray, "split trial"]) -> float:
    """Give what the later half of an arm's trials saved: whether half the budget would have done.

    The best of the first half and the best of all, both by their losses on the first split, are compared on the second,
    which chose neither: of two equal searches the larger does not win by luck.

    Parameters
    ----------
    losses : array (split, trial)
        In the order of the trials; NaN where one was not trained on a split.

    Returns
    -------
    float
        NaN with one split or one trial, or where one of the two did not get as far or diverged.

    Examples
    --------
    >>> saved_by_second_half(np.array([[0.5, 0.6, 0.4, 0.7], [0.5, np.nan, 0.25, np.nan]]))
    0.25
    """
    if min(losses.shape) < 2:
        return np.nan
    first = np.where(np.isnan(losses[0]), np.inf, losses[0])
    of_half, of_all = losses[1, first[: len(first) // 2].argmin()], losses[1, first.argmin()]
    return float(of_half - of_all) if np.isfinite(of_half) and np.isfinite(of_all) else np.nan


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
