"""How predictions of one target are scored: R2 for a number, or skill in a quantile; one of four scores for classes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from posology.inference import (
    CLASS_LOSSES,
    CLASS_SCORES,
    R2,
    Measure,
    class_measure,
    naive_pinball,
    pinball_losses,
    quantile_level,
    row_losses,
)
from posology.inference.class_losses import auc_losses
from posology.table.preparation import mean_and_variance


@runtime_checkable
class Judge(Protocol):
    """Turns the predictions of a fold into row losses of which 1 - mean is a score."""

    @property
    def rows(self) -> int:
        """Rows of the table."""

    @property
    def measure(self) -> Measure:
        """What the score is."""

    @property
    def weights(self) -> Float[np.ndarray, " row"] | None:
        """How much each row counts; None where all count alike. `row_losses` are not weighted by it."""

    def row_losses(
        self, prediction: Float[np.ndarray, "row *class"], scored: Bool[np.ndarray, " table"]
    ) -> tuple[Float[np.ndarray, " row"], int]:
        """Give the losses of the rows of a fold, and how many of them were capped.

        Parameters
        ----------
        prediction : array (row,), (row, class) or (row, target)
            For these rows, of a network that was trained on all others.
        scored : bool array (row of the table,)
            Which they are.
        """

    def train_score(self, error: float) -> float:
        """Give the score of a network's training rows, R2 or log-loss skill, from `plan.PackResult.train_error`."""

    def beside(self) -> Sequence["Judge"]:
        """List the judges whose scores are shown beside; the first has the measure of `train_score`."""


@dataclass(frozen=True, eq=False)
class NumberJudge:
    """R2: squared errors of clipped predictions in units of the target's variance; see `inference.row_losses`.

    Parameters
    ----------
    target : array (row,)
        Of the whole table, in its unit.
    weights : array (row,), optional
        Of rows; the variance is by them.
    """

    target: Float[np.ndarray, " row"]
    measure: Measure = R2
    weights: Float[np.ndarray, " row"] | None = None

    @property
    def rows(self) -> int:
        """See `Judge`."""
        return len(self.target)

    def row_losses(
        self, prediction: Float[np.ndarray, " row"], scored: Bool[np.ndarray, " table"]
    ) -> tuple[Float[np.ndarray, " row"], int]:
        """See `Judge`: the training range is that of the other rows."""
        outside = self.target[~scored]
        moments = mean_and_variance(self.target, self.weights)
        return row_losses(self.target[scored], prediction, outside.min(), outside.max(), *moments)

    def train_score(self, error: float) -> float:
        """See `Judge`."""
        return 1 - error

    def beside(self) -> Sequence[Judge]:
        """See `Judge`."""
        return ()


@dataclass(frozen=True, eq=False)
class QuantileJudge:
    """Skill in predicting a quantile; see `inference.pinball_losses`.

    Parameters
    ----------
    squares : NumberJudge
        Of the same target: train scores and the gap stay R2.
    measure : Measure
    """

    squares: NumberJudge
    measure: Measure

    @property
    def rows(self) -> int:
        """See `Judge`."""
        return self.squares.rows

    @property
    def weights(self) -> Float[np.ndarray, " row"] | None:
        """See `Judge`."""
        return self.squares.weights

    def row_losses(
        self, prediction: Float[np.ndarray, " row"], scored: Bool[np.ndarray, " table"]
    ) -> tuple[Float[np.ndarray, " row"], int]:
        """See `Judge`: the training range is that of the other rows."""
        target, level = self.squares.target, quantile_level(self.measure.name)
        outside, naive = target[~scored], naive_pinball(target, level, self.weights)
        return pinball_losses(target[scored], prediction, outside.min(), outside.max(), level, naive)

    def train_score(self, error: float) -> float:
        """See `Judge`: R2, whatever the measure."""
        return self.squares.train_score(error)

    def beside(self) -> Sequence[Judge]:
        """See `Judge`."""
        return (self.squares, self)


@dataclass(frozen=True, eq=False)
class ClassJudge:
    """A score of classes; see `inference.class_losses`.

    Parameters
    ----------
    codes : int array (row,)
        Place of each row's class, of the whole table.
    shares : array (class,)
        Of the classes in it, by the weights of rows.
    measure : Measure
    weights : array (row,), optional
        Of rows.
    """

    codes: Int[np.ndarray, " row"]
    shares: Float[np.ndarray, " class"]
    measure: Measure
    weights: Float[np.ndarray, " row"] | None = None

    @property
    def rows(self) -> int:
        """See `Judge`."""
        return len(self.codes)

    def row_losses(
        self, prediction: Float[np.ndarray, "row class"], scored: Bool[np.ndarray, " table"]
    ) -> tuple[Float[np.ndarray, " row"], int]:
        """See `Judge`."""
        if self.measure.name == "auc":  # a matter of pairs, whose weights are products
            own = None if self.weights is None else self.weights[scored]
            return auc_losses(self.codes[scored], prediction, self.shares, own)
        return CLASS_LOSSES[self.measure.name](self.codes[scored], prediction, self.shares)

    def train_score(self, error: float) -> float:
        """See `Judge`: log-loss skill, whatever the measure."""
        return 1 - error / float(-np.sum(self.shares * np.log(self.shares)))

    def beside(self) -> "Sequence[ClassJudge]":
        """See `Judge`."""
        return [replace(self, measure=class_measure(name, len(self.shares))) for name in CLASS_SCORES]
