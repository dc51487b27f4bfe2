"""How predictions of several targets are scored: by the mean of their scores, which stand beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from posology.inference import Measure, mean_measure, target_measure
from posology.judges import ClassJudge, Judge


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
    parts : tuple of float
        Share of each target's loss in a row's; all alike where they are numbers.
    """

    each: tuple[Judge, ...]
    targets: tuple[str, ...]
    parts: tuple[float, ...]

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
        return np.average([losses for losses, _ in found], axis=0, weights=self.parts), -(-capped // len(found))

    def train_score(self, error: float) -> float:
        """See `Judge`: errors are means over standardized targets, or over labels, already."""
        scores = [judge.train_score(error) for judge in self.each]
        return float(np.average(scores, weights=self.parts))

    def beside(self) -> Sequence[Judge]:
        """See `Judge`: the means by other measures, if any, then each target by the own one."""
        others = zip(*(judge.beside() or (judge,) for judge in self.each), strict=True)
        each = zip(self.each, self.targets, strict=True)
        return (
            *(mean_judge(judges, self.targets) for judges in others),
            *(TargetJudge(judge, place, name) for place, (judge, name) in enumerate(each)),
        )


def mean_judge(each: tuple[Judge, ...], targets: tuple[str, ...]) -> MeanJudge:
    """Give the judge of several targets.

    Of numbers it is the mean of their scores. Of labels it is the skill of their mean loss: 1 minus the mean loss over
    that of the labels' shares, so that a label that is rare, and hard to be wrong about, counts as little in the score
    as in the loss that a network is trained on.
    """
    parts = np.array([judge.naive if isinstance(judge, LabelJudge) else 1.0 for judge in each])
    return MeanJudge(each, targets, tuple((parts / parts.sum()).tolist()))


@dataclass(frozen=True, eq=False)
class _OfOne:
    """What is scored by the judge of one target."""

    judge: Judge

    @property
    def rows(self) -> int:
        """See `Judge`."""
        return self.judge.rows

    @property
    def measure(self) -> Measure:
        """See `Judge`."""
        return self.judge.measure

    @property
    def weights(self) -> Float[np.ndarray, " row"] | None:
        """See `Judge`."""
        return self.judge.weights

    def train_score(self, error: float) -> float:
        """See `Judge`: a network's error is known for all targets together alone."""
        return self.judge.train_score(error)


@dataclass(frozen=True, eq=False)
class LabelJudge(_OfOne):
    """The score of one label, a class of two, from the probability that a row has it.

    Parameters
    ----------
    judge : ClassJudge
        Of the two.
    """

    judge: ClassJudge

    @property
    def naive(self) -> float:
        """The mean loss of whoever predicts the label's share, which is the unit of its skill; 1 of other scores."""
        shares = self.judge.shares
        naive = {"log_loss": -np.sum(shares * np.log(shares)), "brier": 1 - np.sum(shares**2)}
        return float(naive.get(self.measure.name, 1.0))

    def row_losses(
        self, prediction: Float[np.ndarray, " row"], scored: Bool[np.ndarray, " table"]
    ) -> tuple[Float[np.ndarray, " row"], int]:
        """See `Judge`."""
        return self.judge.row_losses(np.stack([1 - prediction, prediction], axis=1), scored)

    def beside(self) -> Sequence[Judge]:
        """See `Judge`."""
        return [LabelJudge(judge) for judge in self.judge.beside()]


@dataclass(frozen=True, eq=False)
class TargetJudge(_OfOne):
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

    place: int
    target: str

    @property
    def measure(self) -> Measure:
        """See `Judge`."""
        return target_measure(self.judge.measure, self.target)

    def row_losses(
        self, prediction: Float[np.ndarray, "row target"], scored: Bool[np.ndarray, " table"]
    ) -> tuple[Float[np.ndarray, " row"], int]:
        """See `Judge`."""
        return self.judge.row_losses(prediction[:, self.place], scored)

    def beside(self) -> Sequence[Judge]:
        """See `Judge`."""
        return ()
