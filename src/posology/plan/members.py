"""What a study trains, as pure data: its design, its members in packs, and what their training gave."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32

from posology.class_weights import ClassWeight, class_weight_from_json
from posology.plan.arms import CABINET, Arm, arm_name, is_searched
from posology.plan.callbacks import Callbacks
from posology.plan.rungs import Rung, halving, race
from posology.plan.trials import Setting

REFIT = -1
"""The `split` of a pack that trains on all rows of the outer training fold."""

ALL_ROWS = -1
"""The `repeat` of the fit for the prescription: every row of the table is a training row."""

MOST_MEMBERS = 4
"""Of a mix: its parts are all trained, 2^4 - 2 of them, to say what each member is worth."""

MIXES_A_TRIAL = 5

REPLICAS_OF_NONE = 4
"""An arm without strengths has nothing to search: it spends so many trainings, at least one an inner split, on finding
its number of epochs."""


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
        Inner splits over which an arm's trials race (`plan.rungs`).
    refits : int
        Networks, of different seeds, that are refitted with the chosen setting and whose losses are averaged; rounded
        up to a multiple of `ensemble`.
    epochs : int
        Longest training.
    patience : int or None
        Epochs without a better watched loss after which a training ends; None trains all epochs.
    batch_size : int
        Rows a step.
    seed : int
        Of everything random.
    halving : int or None
        Successive halving of an arm's trials: one in so many trains on at each rung (`halving.rungs`). None trains
        every trial to its end.
    validation_split : float
        Share of an outer training fold that an inner split watches, at most; several splits are disjoint.
    callbacks : Callbacks
        What else the watched loss does.
    ensemble : int
        What the verdict is about: one network, or the average of so many, whose predictions are averaged before their
        loss is taken.
    class_weight : ClassWeight or None
        How much the training minds each class; see `posology.class_weights`.
    cabinet : tuple of str
        Regularizers from which each resample mixes a cocktail of its own (`plan.cocktail`); the arms are then none,
        one and the cocktail. Empty where the arms are named ones.
    """

    arms: tuple[Arm, ...]
    repeats: int = 5
    folds: int = 5
    trials: int = 12
    inner_splits: int = 4
    refits: int = 6
    epochs: int = 200
    patience: int | None = 20
    batch_size: int = 32
    seed: int = 0
    halving: int | None = None
    validation_split: float = 0.25
    callbacks: Callbacks = field(default_factory=Callbacks)
    ensemble: int = 1
    class_weight: ClassWeight | None = None
    cabinet: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Design":
        """Read what `dataclasses.asdict` gave, after a journey through JSON."""
        arms = tuple(tuple(arm) for arm in data["arms"])
        weight = class_weight_from_json(data.get("class_weight"))
        read = {"arms": arms, "callbacks": Callbacks(**data["callbacks"]), "class_weight": weight}
        return cls(**{**data, **read, "cabinet": tuple(data.get("cabinet", ()))})

    @property
    def together(self) -> tuple[str, ...]:
        """Regularizers that every program has: the cheap ones of a cabinet, so that one program trains every mix."""
        return tuple(name for name in self.cabinet if name in CABINET)

    @property
    def searched(self) -> int:
        """Mixes that each arm of a cocktail tries in a resample: five times `trials`, for there is more to find."""
        return max(MIXES_A_TRIAL * self.trials, len(self.cabinet))

    @property
    def cell_seeds(self) -> int:
        """Refits of a part of a mix: half of an arm's, in whole ensembles."""
        return -(-self.refits // (2 * self.ensemble)) * self.ensemble

    @property
    def inner_parts(self) -> int:
        """Parts of an outer training fold, of which each inner split watches one."""
        return max(self.inner_splits, round(1 / self.validation_split))

    @property
    def resamples(self) -> int:
        """Number of outer resamples."""
        return self.repeats * self.folds

    @property
    def seeds(self) -> int:
        """Refits of an arm in a resample: whole ensembles."""
        return -(-self.refits // self.ensemble) * self.ensemble

    @property
    def estimand(self) -> str:
        """What the verdict is about, in words."""
        return "one network" if self.ensemble == 1 else f"the average of {self.ensemble} networks"

    def members(self) -> int:
        """Count the networks that the verdict needs; of a cocktail, at most: small mixes have fewer parts."""
        parts = (2**MOST_MEMBERS - 2) * (self.inner_splits + self.cell_seeds) if self.cabinet else 0
        return self.resamples * (sum(map(self.trainings, self.arms)) + len(self.arms) * self.seeds + parts)

    def rungs(self, arm: Arm) -> list[Rung]:
        """Give the rungs that an arm's trials climb; the replicas of an arm without strengths all go to the end."""
        trials = trials_of(self, arm)
        if self.cabinet and arm:
            return race(self.searched, self.inner_splits)
        if self.halving is not None:
            every = tuple(range(self.inner_splits))
            return (
                halving(trials, every, self.epochs, self.halving) if is_searched(arm) else [Rung(trials, None, every)]
            )
        raced = race(trials, self.inner_splits)
        return raced if is_searched(arm) else [replace(rung, keep=trials) for rung in raced]

    def trainings(self, arm: Arm) -> int:
        """Count the networks that tune an arm in one fit."""
        climbed = self.rungs(arm)
        begun = climbed[:1] if is_searched(arm) and self.halving is not None else climbed
        return sum(rung.keep * len(rung.splits) for rung in begun)


@dataclass(frozen=True)
class Member:
    """One network to train: an arm's trial, with a seed of its own within the fit.

    With `until` it pauses at that epoch, and a later pack may go on with it from there; from 0 when it is absent.
    """

    arm: Arm
    trial: int
    seed: int
    setting: Setting
    epochs: int
    patience: int
    until: int | None = None
    begins: bool = True
    """Whether this pack is its first; not so at the later rungs of a halving."""
    reductions: tuple[int, ...] = ()
    """For a refit, epochs after which the learning rate is reduced, as it was on a plateau while tuning."""
    scored_at: tuple[int, ...] = ()
    """For a refit, the epochs at which it is scored, rising, `epochs` in their middle (`plan.window`)."""


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

    `best_loss`, `watched` (one an epoch, NaN where none was taken), `last_loss` and `train_loss` are the network's own
    loss on the standardised target, without penalties, dropout off; `train_error` is the mean squared error on the
    training rows in units of their target's variance; `prediction` is in the target's unit, of refits at several epochs
    (`plan.window`). Where the target is classes, `train_error` is the mean log loss, in nats, and `prediction`
    has the probability of each. `curve` has the losses on training and watched rows, penalties aside and dropout off,
    at the epochs of `engine.curve.curve_epochs`. Not finite where a member diverged, which `failed` tells too.
    `reductions` has the epochs after which a plateau reduced the learning rate, then zeros.
    `probed` has the mean row loss of refits on clean held-out rows, then with each damage of `plan.looks`; `norms` has
    the statistics of their weights, then their shares below thresholds.
    """

    best_epoch: Int32[np.ndarray, " member"]
    best_loss: Float32[np.ndarray, " member"]
    watched: Float32[np.ndarray, "member epoch"]
    last_loss: Float32[np.ndarray, " member"]
    train_loss: Float32[np.ndarray, " member"]
    epochs: Int32[np.ndarray, " member"]
    failed: Bool[np.ndarray, " member"]
    curve: Float32[np.ndarray, "member point 2"]
    train_error: Float32[np.ndarray, " member"]
    prediction: Float[np.ndarray, "member snapshot watched *class"]
    reductions: Int32[np.ndarray, "member reduction"]
    probed: Float[np.ndarray, "member probe"]
    norms: Float32[np.ndarray, "member array statistic"]


@dataclass(frozen=True)
class Tuned:
    """What tuning an arm in one fit found, best trial first; the loss of one that diverged is infinite."""

    arm: Arm
    settings: tuple[Setting, ...]
    losses: Float[np.ndarray, " trial"]
    epochs: Float[np.ndarray, " trial"]
    trained: int
    epochs_trained: int
    reductions: tuple[tuple[int, ...], ...] = ()
    """Of each trial, the epochs after which its learning rate was reduced; empty where there is no plateau."""
    saved: float = np.nan
    """Watched loss that the second half of the trials saved (`ladder.saved_by_second_half`); NaN where unknown."""
    by_split: Float[np.ndarray, "trial split"] = field(default_factory=lambda: np.zeros((0, 0)))
    """Watched loss of each trial on each inner split; NaN where it was not trained, infinite where it diverged."""
    curve: Float[np.ndarray, "split point 2"] = field(default_factory=lambda: np.zeros((0, 0, 2)))
    """Learning curves of the best trial, as `PackResult.curve`."""

    @property
    def chosen_epochs(self) -> int:
        """Epochs for the refit: those at which the best trial's mean loss over the inner splits is least, at least 1.

        Without strengths all trials are replicas, and the mean is over them too.
        """
        finite = np.isfinite(self.losses)
        replicas = self.epochs[finite] if not is_searched(self.arm) and finite.any() else self.epochs[:1]
        return max(1, round(float(replicas.mean())))


@dataclass(frozen=True)
class Refitted:
    """The refits of an arm in one fit: the seed axis first, then the epochs at which each was scored."""

    arm: Arm
    setting: Setting
    epochs: int
    prediction: Float[np.ndarray, "seed snapshot watched *class"]
    train_error: Float32[np.ndarray, " seed"]
    curve: Float32[np.ndarray, "seed point 2"]
    probed: Float[np.ndarray, "seed probe"]
    norms: Float32[np.ndarray, "seed array statistic"]

    def averaged(self, ensemble: int) -> Float[np.ndarray, "group snapshot watched *class"]:
        """Average the predictions of so many networks at a time, those of the same snapshot; diverged ones spread."""
        with np.errstate(invalid="ignore"):
            return self.prediction.reshape(-1, ensemble, *self.prediction.shape[1:]).mean(axis=1)


def trials_of(design: Design, arm: Arm) -> int:
    """Give the number of trials of an arm; equal for all arms that have something to search."""
    return design.trials if is_searched(arm) else max(1, min(design.trials, REPLICAS_OF_NONE) // design.inner_splits)


def trial_member(design: Design, arm: Arm, trial: int, setting: Setting, seed: int = 0) -> Member:
    """Give the member that tries a setting, for as long as the design lets it."""
    patience = design.epochs + 1 if design.patience is None else design.patience
    return Member(arm, trial, seed, setting, design.epochs, patience)


def describe(pack: Pack) -> str:
    """Say what a pack trains, for progress and errors.

    Examples
    --------
    >>> describe(Pack("r0f1-refit-0", 0, 1, REFIT, (Member(("dropout",), 0, 0, {}, 1, 1),)))
    'scoring dropout'
    """
    arms = ", ".join(dict.fromkeys(arm_name(m.arm) for m in pack.members))
    return f"{'scoring' if pack.split == REFIT else 'tuning'} {arms}"
