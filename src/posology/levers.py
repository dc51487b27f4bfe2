"""Levers beside the arms: what else would move the score, so that nobody tunes dropout when more is to be had there.

Every lever is scored on the rows and folds of the arms, by the same row losses. Its differences are no part of the
verdict: they have intervals of their own, one lever at a time, from the verdict's covariance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from posology.inference import Contrast, arm_in_words, estimate
from posology.inference.contrasts import contrast
from posology.inference.covariance import Clusters
from posology.plan import Arm, arm_name
from posology.wording import factor

if TYPE_CHECKING:
    import pandas as pd

TREES, RIDGE, AVERAGE, ONE, WRITTEN = "trees", "ridge", "average", "one network", "as written"
"""Names of levers that are no arm."""

SQUARED = ("mean_squared_error", "MeanSquaredError")
"""Keras' names of the loss that grows with the square of the target's unit."""
ALIKE = 1.5
"""Weights of a penalty that differ by less are not told of: the target is as good as standardized."""

Losses = Float[np.ndarray, "repeat row"]
Folds = Int[np.ndarray, "repeat row"]


@dataclass(frozen=True)
class Lever:
    """One lever.

    Parameters
    ----------
    name : str
        `trees`, `ridge`, `average`, `one network`, `as written`, or an arm that was tuned without early stopping.
    words : str
        The same in words.
    score : float
        On the held-out rows of the first `repeats` repeats.
    repeats : int
    over_advised, over_best : Contrast
        The lever minus the advised arm, and minus the arm with the highest score, each with a 95% interval.
    over_none : Contrast or None
        Without early stopping: what the arm gains over `none` without early stopping.
    early_stopping : bool
    """

    name: str
    words: str
    score: float
    repeats: int
    over_advised: Contrast
    over_best: Contrast
    over_none: Contrast | None = None
    early_stopping: bool = True


@dataclass(frozen=True)
class Levers:
    """All levers of a study.

    Parameters
    ----------
    advised, best : tuple of str
        The arms that they are compared with: the advised one, and the one with the highest score.
    each : tuple of Lever
        Highest score first.
    gain_of_early_stopping : Contrast or None
        `none` with early stopping minus `none` without, on the first repeat.
    note : str
        What was left out, and why.
    """

    advised: Arm
    best: Arm
    each: tuple[Lever, ...]
    gain_of_early_stopping: Contrast | None = None
    note: str = ""

    def named(self, name: str, *, early_stopping: bool = True) -> Lever | None:
        """Give a lever by its name; None where it is not there."""
        found = (lever for lever in self.each if (lever.name, lever.early_stopping) == (name, early_stopping))
        return next(found, None)

    def sentence(self, margin: float, unit: str) -> str:
        """Say that trees or a linear model are better than every arm, where that is certain; else nothing.

        Parameters
        ----------
        margin : float
            The study's.
        unit : str
            Of the score, in words.
        """
        rivals = [lever for lever in (self.named(TREES), self.named(RIDGE)) if lever and lever.over_best.lower > 0]
        if not rivals:
            return ""
        best = max(rivals, key=lambda lever: lever.score)
        who = "Boosted trees with their defaults predict" if best.name == TREES else f"A {best.words} predicts"
        d = best.over_best
        gain = f"{d.value:+z.4f} {unit} [{d.lower:+z.4f}, {d.upper:+z.4f}] over {arm_in_words(self.best)}, the best arm"
        sure = "by more than your margin" if d.lower > margin else "though not certainly by more than your margin"
        return f"{who} this table better than every arm here: {gain}, {sure}."

    def as_written(self, unit: str, scale: str = "") -> str:
        """Compare the network, with the strengths that it came with, to the advised arm; nothing where it had none.

        Parameters
        ----------
        unit : str
            Of the score, in words.
        scale : str
            What its penalties weigh on the target as it is (`beyond_the_scale`).
        """
        own = self.named(WRITTEN)
        if own is None:
            return ""
        d = own.over_advised
        less = f"{d.value:+z.4f} [{d.lower:+z.4f}, {d.upper:+z.4f}] against {arm_in_words(self.advised)}"
        return f"Your network {own.words} has {own.score:.4f} {unit}: {less}.{scale}"

    def to_dict(self) -> dict[str, Any]:
        """Give the levers as JSON types."""
        gain = self.gain_of_early_stopping
        return {
            "advised": arm_name(self.advised),
            "best": arm_name(self.best),
            "each": [asdict(lever) for lever in self.each],
            "gain_of_early_stopping": asdict(gain) if gain else None,
            "note": self.note,
        }

    def to_frame(self) -> "pd.DataFrame":
        """Give a table of the levers, highest score first."""
        import pandas as pd

        rows = [
            {
                "lever": lever.words,
                "score": lever.score,
                "over_advised": lever.over_advised.value,
                "lower": lever.over_advised.lower,
                "upper": lever.over_advised.upper,
                "repeats": lever.repeats,
            }
            for lever in self.each
        ]
        return pd.DataFrame(rows).set_index("lever")


def beyond_the_scale(study: Mapping[str, Any], scale: Sequence[tuple[float, float]]) -> str:
    """Say what a network's own penalties weigh on the target as it is: all networks here learn (y - mean) / sd.

    The mean squared error on y is sd² times that on the standardized target, and so is the penalty that does the same.

    Parameters
    ----------
    study : mapping
        `StudyResult.facts`.
    scale : sequence of (float, float)
        Mean and sd of each target; empty where it is classes.

    Examples
    --------
    >>> l1 = {"loss": "mean_squared_error", "kernels": [{"present": {"l1": 0.01}}]}
    >>> beyond_the_scale(l1, [(35.8, 16.7)])
    ' That is on the standardized target: on yours as it is, its penalties weigh 279 times less.'
    """
    if not scale or not any(strength > 0 for site in study["kernels"] for strength in site["present"].values()):
        return ""
    said = " That is on the standardized target: on yours as it is, its penalties weigh"
    if len(scale) > 1 or study["loss"] not in SQUARED:
        return f"{said} differently."
    times = scale[0][1] ** 2
    if 1 / ALIKE < times < ALIKE:
        return ""
    return f"{said} {factor(times)} times less." if times > 1 else f"{said} {factor(1 / times)} times more."


@dataclass(frozen=True)
class Bench:
    """The arms' row losses, to which levers are compared.

    Parameters
    ----------
    losses : mapping
        From arm to its losses, `(repeat, row)`.
    folds : int array (repeat, row)
    advised : arm
    clusters : int array (row,), optional
        Group of each row, where rows come in groups.
    """

    losses: Mapping[Arm, Losses]
    folds: Folds
    advised: Arm
    clusters: Clusters | None = None

    @property
    def best(self) -> Arm:
        """The arm with the highest score."""
        return min(self.losses, key=lambda arm: float(self.losses[arm].mean()))

    def lever(
        self, name: str, words: str, losses: Losses, none: Float[np.ndarray, "another row"] | None = None, **how: Any
    ) -> Lever:
        """Compare a lever with the arms, on as many repeats as it has."""
        return Lever(
            name,
            words,
            1 - float(losses.mean()),
            len(losses),
            self.gain(losses, self.losses[self.advised]),
            self.gain(losses, self.losses[self.best]),
            None if none is None else self.gain(losses, none),
            **how,
        )

    def gain(self, losses: Losses, other: Float[np.ndarray, "another row"]) -> Contrast:
        """Give the difference of two scores, on the repeats that both have."""
        repeats = min(len(losses), len(other))
        found = estimate(np.stack([losses[:repeats], other[:repeats]]), self.folds[:repeats], self.clusters)
        return contrast(found, np.array([1.0, -1.0]))
