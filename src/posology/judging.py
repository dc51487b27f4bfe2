"""How predictions are scored: R2 for a number, or skill in a quantile; one of four scores for classes.

Of several targets the score is the mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from posology.errors import InputError
from posology.inference import (
    CLASS_LOSSES,
    CLASS_SCORES,
    NUMBER_SCORES,
    R2,
    Measure,
    class_measure,
    class_shares,
    mean_measure,
    naive_pinball,
    number_measure,
    pinball_losses,
    quantile_level,
    row_losses,
    target_measure,
)
from posology.inference.class_losses import auc_losses
from posology.table import Table
from posology.table.preparation import mean_and_variance
from posology.wording import did_you_mean

SCORES = (*NUMBER_SCORES, *CLASS_SCORES)
"""What can be asked for."""


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
        _, variance = mean_and_variance(self.target, self.weights)
        return row_losses(self.target[scored], prediction, outside.min(), outside.max(), variance)

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

    def beside(self) -> Sequence[Judge]:
        """See `Judge`."""
        return [replace(self, measure=class_measure(name, len(self.shares))) for name in CLASS_SCORES]


@dataclass(frozen=True, eq=False)
class MeanJudge:
    """The mean of the scores of several targets, scikit-learn's "uniform_average".

    A row's loss is the mean of its losses, each in units of its own target and capped by itself, so that all that is
    made of row losses is as with one target.

    Parameters
    ----------
    each : tuple of Judge
        Of the targets, all by one measure.
    targets : tuple of str
        Their names.
    """

    each: tuple[Judge, ...]
    targets: tuple[str, ...]

    @property
    def rows(self) -> int:
        """See `Judge`."""
        return self.each[0].rows

    @property
    def measure(self) -> Measure:
        """See `Judge`."""
        return mean_measure(self.each[0].measure)

    @property
    def weights(self) -> Float[np.ndarray, " row"] | None:
        """See `Judge`."""
        return self.each[0].weights

    def row_losses(
        self, prediction: Float[np.ndarray, "row target"], scored: Bool[np.ndarray, " table"]
    ) -> tuple[Float[np.ndarray, " row"], int]:
        """See `Judge`; of the losses of single targets that were capped, so many are one row's."""
        found = [judge.row_losses(prediction[:, place], scored) for place, judge in enumerate(self.each)]
        capped = sum(over for _, over in found)
        return np.mean([losses for losses, _ in found], axis=0), -(-capped // len(found))

    def train_score(self, error: float) -> float:
        """See `Judge`: errors are means over standardized targets already."""
        return self.each[0].train_score(error)

    def beside(self) -> Sequence[Judge]:
        """See `Judge`: the means by other measures, if any, then each target by the own one."""
        others = zip(*(judge.beside() or (judge,) for judge in self.each), strict=True)
        each = zip(self.each, self.targets, strict=True)
        return (
            *(MeanJudge(judges, self.targets) for judges in others),
            *(TargetJudge(judge, place, name) for place, (judge, name) in enumerate(each)),
        )


@dataclass(frozen=True, eq=False)
class TargetJudge:
    """The score of one of several targets.

    Parameters
    ----------
    judge : Judge
        Of that target.
    place : int
        Its place among them.
    target : str
        Its name.
    """

    judge: Judge
    place: int
    target: str

    @property
    def rows(self) -> int:
        """See `Judge`."""
        return self.judge.rows

    @property
    def measure(self) -> Measure:
        """See `Judge`."""
        return target_measure(self.judge.measure, self.target)

    @property
    def weights(self) -> Float[np.ndarray, " row"] | None:
        """See `Judge`."""
        return self.judge.weights

    def row_losses(
        self, prediction: Float[np.ndarray, "row target"], scored: Bool[np.ndarray, " table"]
    ) -> tuple[Float[np.ndarray, " row"], int]:
        """See `Judge`."""
        return self.judge.row_losses(prediction[:, self.place], scored)

    def train_score(self, error: float) -> float:
        """See `Judge`: a network's error is known for all targets together alone."""
        return self.judge.train_score(error)

    def beside(self) -> Sequence[Judge]:
        """See `Judge`."""
        return ()


def judge_of(table: Table, score: str | None) -> Judge:
    """Give the judge of a table's target.

    Parameters
    ----------
    table : Table
    score : str or None
        One of `SCORES`, with a level for LEVEL; None for R2 of numbers, log-loss skill of classes.

    Raises
    ------
    InputError
        A score that is unknown, or not for such a target.
    """
    number = number_measure(score or R2.name)
    if score is not None and number is None and score not in CLASS_SCORES:
        raise InputError(
            f"--score got '{score}'.{did_you_mean(score, SCORES)} Use one of: {', '.join(SCORES)}, such as pinball:0.9."
        )
    strata = table.strata
    if strata is None:
        if number is None:
            what = "is numbers" if table.targets else "is a number"
            raise InputError(
                f"--score {score} is for classes, and the target '{table.target_name}' {what}. Use one of: "
                f"{', '.join(NUMBER_SCORES)}; or, if the numbers are names of classes, --task classification (in "
                "Python: task='classification')."
            )
        if not table.targets:
            return _judge_of_numbers(table.target, table.row_weights, number)
        each = tuple(_judge_of_numbers(column, table.row_weights, number) for column in table.target.T)
        return MeanJudge(each, table.targets)
    if score is not None and number is not None:
        raise InputError(
            f"--score {score} is for numbers, and the target '{table.target_name}' has {len(table.classes)} classes. "
            f"Use one of: {', '.join(CLASS_SCORES)}."
        )
    classes = len(table.classes)
    shares = class_shares(strata, classes, table.row_weights)
    return ClassJudge(strata, shares, class_measure(score or CLASS_SCORES[0], classes), table.row_weights)


def _judge_of_numbers(
    target: Float[np.ndarray, " row"], weights: Float[np.ndarray, " row"] | None, measure: Measure
) -> Judge:
    squares = NumberJudge(target, weights=weights)
    return squares if measure == R2 else QuantileJudge(squares, measure)
