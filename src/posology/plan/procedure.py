"""The procedure that is compared: tune an arm on inner splits, refit, score; as pure data.

`tune` and `tune_and_refit` are generators: they yield packs of members to train and are sent their results, so that
whoever runs them (local workers, a test, a cluster) decides where and when, and a resumed study replays what it has.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int32

from posology.plan.arms import Arm, arm_name
from posology.plan.trials import Setting, Space, seeded_settings, sobol_settings

REFIT = -1
"""The `split` of a pack that trains on all rows of the outer training fold."""

ALL_ROWS = -1
"""The `repeat` of the fit for the prescription: every row of the table is a training row."""

REPLICAS_OF_NONE = 4
"""An arm without strengths has nothing to search: it spends trials on seeds, to find its number of epochs."""


@dataclass(frozen=True)
class Design:
    """The size of a study.

    Parameters
    ----------
    arms : tuple of Arm
        The family, fixed before the run.
    repeats, folds : int
        Outer resamples: `repeats` random partitions into `folds`.
    trials : int
        Settings that each arm tries in each resample.
    inner_splits : int
        Inner splits on which each trial is watched.
    refits : int
        Networks, of different seeds, that are refitted with the chosen setting and whose losses are averaged.
    epochs : int
        Longest training.
    patience : int or None
        Epochs without a better watched loss after which a training ends; None trains all epochs.
    batch_size : int
        Rows a step.
    seed : int
        Of everything random.
    """

    arms: tuple[Arm, ...]
    repeats: int = 5
    folds: int = 5
    trials: int = 12
    inner_splits: int = 1
    refits: int = 6
    epochs: int = 200
    patience: int | None = 20
    batch_size: int = 32
    seed: int = 0

    @property
    def resamples(self) -> int:
        """Number of outer resamples."""
        return self.repeats * self.folds

    def members(self) -> int:
        """Count the networks that the verdict needs."""
        tuned = sum(trials_of(self, arm) for arm in self.arms)
        return self.resamples * (tuned * self.inner_splits + len(self.arms) * self.refits)


@dataclass(frozen=True)
class Member:
    """One network to train: an arm's trial, with a seed of its own within the fit."""

    arm: Arm
    trial: int
    seed: int
    setting: Setting
    epochs: int
    patience: int


@dataclass(frozen=True)
class Pack:
    """Members that one compiled call trains; all share the rows of one fit."""

    name: str
    repeat: int
    fold: int
    split: int
    members: tuple[Member, ...]


@dataclass(frozen=True)
class PackResult:
    """What a pack's training gave, the member axis first.

    `best_loss`, `last_loss` and `train_loss` are the network's own loss on the standardised target, without
    penalties, dropout off; `train_error` is the mean squared error on the training rows in units of their target's
    variance; `prediction` is in the target's unit. Not finite where a member diverged.
    """

    best_epoch: Int32[np.ndarray, " member"]
    best_loss: Float32[np.ndarray, " member"]
    last_loss: Float32[np.ndarray, " member"]
    train_loss: Float32[np.ndarray, " member"]
    epochs: Int32[np.ndarray, " member"]
    curve: Float32[np.ndarray, "member epoch 2"]
    train_error: Float32[np.ndarray, " member"]
    prediction: Float[np.ndarray, "member watched"]


@dataclass(frozen=True)
class Tuned:
    """What tuning an arm in one fit found, best trial first."""

    arm: Arm
    settings: tuple[Setting, ...]
    losses: Float[np.ndarray, " trial"]
    epochs: Float[np.ndarray, " trial"]
    trained: int
    epochs_trained: int

    @property
    def chosen_epochs(self) -> int:
        """Epochs for the refit: the mean over inner splits of the best trial's best epoch, at least 1.

        Without strengths all trials are replicas, and the mean is over them too.
        """
        finite = np.isfinite(self.losses)
        replicas = self.epochs[finite] if not self.arm and finite.any() else self.epochs[:1]
        return max(1, round(float(replicas.mean())))


@dataclass(frozen=True)
class Refitted:
    """The refits of an arm in one fit: the seed axis first."""

    arm: Arm
    setting: Setting
    epochs: int
    prediction: Float[np.ndarray, "seed watched"]
    train_error: Float32[np.ndarray, " seed"]
    curve: Float32[np.ndarray, "seed epoch 2"]


Packs = Generator[list[Pack], list[PackResult], Any]


def trials_of(design: Design, arm: Arm) -> int:
    """Give the number of trials of an arm; equal for all arms that have something to search."""
    return design.trials if arm else min(design.trials, REPLICAS_OF_NONE)


def tune(
    design: Design, space: Space, repeat: int, fold: int, pack_size: int, arms: Sequence[Arm] | None = None
) -> Generator[list[Pack], list[PackResult], dict[Arm, Tuned]]:
    """Tune arms on the inner splits of one fit: smaller arms first, for they seed the combined ones.

    Yields
    ------
    list of Pack
        To be trained, in any order; the results are to be sent back in the same order.

    Returns
    -------
    dict
        From arm to what was found.
    """
    tuned: dict[Arm, Tuned] = {}
    family = sorted(design.arms if arms is None else arms, key=lambda arm: max(1, len(arm)))
    for size, group in groupby(family, key=lambda arm: max(1, len(arm))):
        members = [m for arm in group for m in _trial_members(design, space, arm, tuned, repeat, fold)]
        splits = range(design.inner_splits)
        packs = [
            pack
            for split in splits
            for pack in _packed(f"tune{size}-split{split}", repeat, fold, split, members, pack_size)
        ]
        results = yield packs
        tuned |= _rank(members, results, design)
    return tuned


def tune_and_refit(
    design: Design, space: Space, repeat: int, fold: int, pack_size: int
) -> Generator[list[Pack], list[PackResult], tuple[dict[Arm, Tuned], dict[Arm, Refitted]]]:
    """Tune every arm on the inner splits of one outer training fold, then refit it on all rows of that fold."""
    tuned = yield from tune(design, space, repeat, fold, pack_size)
    members = [m for arm in design.arms for m in refit_members(design, tuned[arm])]
    results = yield _packed("refit", repeat, fold, REFIT, members, pack_size)
    return tuned, _collect(members, results)


def refit_members(design: Design, found: Tuned) -> list[Member]:
    """Give the members that refit an arm's best setting, for the epochs that tuning found."""
    never = design.epochs + 1
    return [Member(found.arm, 0, seed, found.settings[0], found.chosen_epochs, never) for seed in range(design.refits)]


def _trial_members(
    design: Design, space: Space, arm: Arm, tuned: Mapping[Arm, Tuned], repeat: int, fold: int
) -> list[Member]:
    patience = design.epochs + 1 if design.patience is None else design.patience
    trials = trials_of(design, arm)
    if not arm:
        return [Member(arm, t, t, {}, design.epochs, patience) for t in range(trials)]
    fit = (design.seed, repeat, fold)
    if len(arm) == 1:
        settings = sobol_settings(space, arm, trials, *fit)
    else:
        ranked = {a: found.settings for a, found in tuned.items()}
        settings = seeded_settings(space, arm, trials, ranked, *fit)
    return [Member(arm, t, 0, setting, design.epochs, patience) for t, setting in enumerate(settings)]


def _packed(stage: str, repeat: int, fold: int, split: int, members: Sequence[Member], pack_size: int) -> list[Pack]:
    where = "all" if repeat == ALL_ROWS else f"r{repeat}f{fold}"
    parts = [members[i : i + pack_size] for i in range(0, len(members), pack_size)]
    return [Pack(f"{where}-{stage}-{i}", repeat, fold, split, tuple(part)) for i, part in enumerate(parts)]


def _rank(members: Sequence[Member], results: Sequence[PackResult], design: Design) -> dict[Arm, Tuned]:
    """Average each trial's loss and best epoch over the inner splits, and order the trials of each arm."""
    n = len(members)
    early = design.patience is not None
    per_split = np.concatenate([r.best_loss if early else r.last_loss for r in results]).reshape(-1, n)
    epochs = np.concatenate([r.best_epoch if early else r.epochs for r in results]).reshape(-1, n)
    spent = np.concatenate([r.epochs for r in results]).reshape(-1, n)
    losses = np.where(np.isfinite(per_split), per_split, np.inf).astype(float).mean(axis=0)
    out = {}
    for arm in dict.fromkeys(m.arm for m in members):
        mine = np.array([i for i, m in enumerate(members) if m.arm == arm])
        best = mine[np.argsort(losses[mine], kind="stable")]
        out[arm] = Tuned(
            arm,
            tuple(members[i].setting for i in best),
            losses[best],
            epochs[:, best].mean(axis=0),
            len(mine) * len(spent),
            int(spent[:, mine].sum()),
        )
    return out


def _collect(members: Sequence[Member], results: Sequence[PackResult]) -> dict[Arm, Refitted]:
    prediction = np.concatenate([r.prediction for r in results])
    train_error = np.concatenate([r.train_error for r in results])
    curve = _stacked([r.curve for r in results])
    out = {}
    for arm in dict.fromkeys(m.arm for m in members):
        mine = [i for i, m in enumerate(members) if m.arm == arm]
        first = members[mine[0]]
        out[arm] = Refitted(arm, first.setting, first.epochs, prediction[mine], train_error[mine], curve[mine])
    return out


def _stacked(curves: Sequence[Float32[np.ndarray, "_ _ 2"]]) -> Float32[np.ndarray, "member epoch 2"]:
    """Join the curves of packs, each cut at its own longest training."""
    longest = max(c.shape[1] for c in curves)
    return np.concatenate(
        [np.pad(c, ((0, 0), (0, longest - c.shape[1]), (0, 0)), constant_values=np.nan) for c in curves]
    )


def describe(pack: Pack) -> str:
    """Say what a pack trains, for progress and errors.

    Examples
    --------
    >>> describe(Pack("r0f1-refit-0", 0, 1, REFIT, (Member(("dropout",), 0, 0, {}, 1, 1),)))
    'scoring dropout'
    """
    arms = ", ".join(dict.fromkeys(arm_name(m.arm) for m in pack.members))
    return f"{'scoring' if pack.split == REFIT else 'tuning'} {arms}"
