"""What is true of a simulated source of tables, and what of a study's statements that makes wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from posology.calibration.outcome import MARGIN, Outcome, Studied
from posology.inference import Kind

ROUNDING = 1e-9


@dataclass(frozen=True)
class Truths:
    """The true value of every arm for every study, in R2 minus one.

    Parameters
    ----------
    population : array (study, arm)
        The expected score of the procedure over tables of this size; in units of each study's own variance.
    resplit : array (study, arm)
        Over re-splits and seeds of that study's table; not-a-number where it was not re-split.
    """

    population: Float[np.ndarray, "study arm"]
    resplit: Float[np.ndarray, "study arm"]


def truths(studied: Studied) -> Truths:
    """Average the scores on fresh rows over all studies; arms that tie by symmetry get one value.

    Before, scores are converted to the unit of the target, so that a table of large variance weighs no less; what was
    planted is added in R2, as it was.
    """
    outcomes, asked = studied.outcomes, studied.asked
    variance = np.array([o.variance for o in outcomes])
    risk = np.array([o.truth for o in outcomes])
    mean = (risk * variance[:, None]).mean(axis=0)
    for group in asked.tied:
        mean[list(group)] = mean[list(group)].mean()
    none = np.full(risk.shape[1], np.nan)
    planted = np.array([o.planted for o in outcomes])
    return Truths(mean / variance[:, None] + planted, np.array([o.resplit or none for o in outcomes]))


def wrong(studied: Studied, truth: Truths, method: str = "TWR") -> Bool[np.ndarray, " study"]:
    """Tell of each study whether its verdict is false of the population.

    An arm that is said to be within the margin of the best is not; or combining is said to be best, and is not.
    """
    simple = [len(arm) < 2 for arm in studied.asked.arms]

    def of_one(o: Outcome, true: Float[np.ndarray, " arm"]) -> bool:
        said = o.said[method]
        far = any(true[i] < true.max() - MARGIN - ROUNDING for i in said["within"])
        alone_as_good = true[simple].max(initial=-np.inf) > true[np.logical_not(simple)].max(initial=-np.inf) - ROUNDING
        return far or (said["kind"] == Kind.COMBINE.value and bool(alone_as_good))

    return np.array([of_one(o, true) for o, true in zip(studied.outcomes, truth.population, strict=True)])


def bounds_missed(outcomes: Sequence[Outcome], truth: Float[np.ndarray, "study arm"]) -> Bool[np.ndarray, " study"]:
    """Tell of each study whether any simultaneous bound on an arm's distance from the best is false."""
    arms = truth.shape[1]
    others = np.where(np.eye(arms, dtype=bool), -np.inf, truth[:, None, :]).max(axis=2)
    distance = truth - others
    lower, upper = np.array([o.lower for o in outcomes]), np.array([o.upper for o in outcomes])
    return ((distance < lower - ROUNDING) | (distance > upper + ROUNDING)).any(axis=1)


def covered(
    outcomes: Sequence[Outcome], truth: Float[np.ndarray, "study arm"], quantile: float
) -> Float[np.ndarray, "study pair"]:
    """Tell of each study and pair of arms whether the t interval of their difference covers the true one.

    It is never narrower than what is stated of pairs that rarely differ (`Estimate.least`).
    """
    theta = np.array([o.theta for o in outcomes])
    half = np.maximum(quantile * np.array([o.se for o in outcomes]), np.array([o.least for o in outcomes]))
    first, second = np.triu_indices(truth.shape[1], 1)
    off = np.abs((theta - truth)[:, first] - (theta - truth)[:, second])
    return (off <= half[:, first, second] + ROUNDING).astype(float)
