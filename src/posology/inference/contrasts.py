"""Numbers beside the verdict: gains, interaction, overlap, shrunken gain, probabilities, substitution of strengths."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float
from scipy import stats

from posology.inference.covariance import Estimate, Matrix, normal_draws
from posology.inference.verdict import Arm

DRAWS = 10_000
SEED = 7_919

LEAST_SHRUNKEN = 2 / 3
"""Share of the noise that is taken off the spread of a small family's means."""

Vector = Float[np.ndarray, " arm"]


@dataclass(frozen=True)
class Contrast:
    """A difference with its uncertainty.

    Parameters
    ----------
    value, se, lower, upper : float
        Estimate, standard error, ends of a 95% interval; in R2, or as the losses are.
    """

    value: float
    se: float
    lower: float
    upper: float


def contrast(found: Estimate, weights: Vector, level: float = 0.95, margin: float = 0.0) -> Contrast:
    """Estimate c'theta with a t interval of J - 1 degrees of freedom.

    Of two arms that rarely differ nothing finer than half a margin is said (`Estimate.least`).
    """
    value, se = float(weights @ found.theta), found.se(weights)
    half = float(stats.t.ppf((1 + level) / 2, found.df)) * se
    pair = np.flatnonzero(weights)
    if len(pair) == 2:
        half = max(half, float(found.least(margin)[*pair]))
    return Contrast(value, se, value - half, value + half)


def unit(arms: Sequence[Arm], *signed: tuple[Arm, float]) -> Vector:
    """Build contrast weights from (arm, weight) pairs."""
    weights = np.zeros(len(arms))
    for arm, weight in signed:
        weights[list(arms).index(arm)] += weight
    return weights


def shapley_interaction(arms: Sequence[Arm], i: str, j: str) -> Vector | None:
    """Weights of the Shapley interaction of two factors.

    I_ij = sum_T t!(m-t-2)!/(m-1)! [v(T+ij) - v(T+i) - v(T+j) + v(T)] over subsets T of the other m - 2 factors. For two
    factors this is the plain interaction G_ij - G_i - G_j. Negative: redundant; positive: synergy.

    Returns
    -------
    array (arm,) or None
        None where the family lacks an arm that it needs.

    References
    ----------
    Grabisch & Roubens 1999, doi:10.1007/s001820050125.
    """
    factors = sorted({f for arm in arms for f in arm})
    by_set = {frozenset(arm): index for index, arm in enumerate(arms)}
    others = [f for f in factors if f not in (i, j)]
    m = len(factors)
    weights = np.zeros(len(arms))
    for t in range(len(others) + 1):
        share = math.factorial(t) * math.factorial(m - t - 2) / math.factorial(m - 1)
        for subset in combinations(others, t):
            for added, sign in (((i, j), 1), ((i,), -1), ((j,), -1), ((), 1)):
                key = frozenset((*subset, *added))
                if key not in by_set:
                    return None
                weights[by_set[key]] += sign * share
    return weights


@dataclass(frozen=True)
class Overlap:
    """omega = 1 - (G_WD - max(G_W, G_D)) / min(G_W, G_D).

    0: effects add up; 1: the weaker adds nothing, it is overwritten; above 1: they hurt each other; below 0: synergy.
    `value` is None where there is no certain effect to share.
    """

    value: float | None
    lower: float | None
    upper: float | None
    reason: str


def overlap(found: Estimate, arms: Sequence[Arm], i: str, j: str) -> Overlap | None:
    """Estimate the overlap of two factors, with an interval from draws of N(theta, Sigma).

    Reported only if the 95% lower bound of the smaller gain is above zero. None where an arm is missing.
    """
    pair = next((a for a in arms if set(a) == {i, j}), None)
    if pair is None or any(a not in arms for a in ((), (i,), (j,))):
        return None
    rows = [unit(arms, (arm, 1.0), ((), -1.0)) for arm in ((i,), (j,), pair)]
    draws = found.theta + normal_draws(found.sigma, DRAWS, np.random.default_rng(SEED))
    draws = draws @ np.array(rows).T
    smaller = draws[:, :2].min(axis=1)
    if np.quantile(smaller, 0.05) <= 0:
        return Overlap(None, None, None, "no effect to share, for the smaller of the two gains may be zero")
    omega = 1 - (draws[:, 2] - draws[:, :2].max(axis=1)) / smaller
    single_i, single_j, both = (float(row @ found.theta) for row in rows)
    value = 1 - (both - max(single_i, single_j)) / min(single_i, single_j)
    return Overlap(value, float(np.quantile(omega, 0.025)), float(np.quantile(omega, 0.975)), "")


def shrunken(found: Estimate) -> Vector:
    """Shrink the arms' means towards their average, against the optimism of picking the winner.

    theta~ = mean + B (theta - mean), B = max(0, 1 - s tr(P Sigma P)/|P theta|^2), P the centring matrix. The
    positive-part James-Stein form has s = (A-3)/(A-1); here s is 2/3 at least. Of four tied arms James and Stein's 1/3
    left 0.42 of the winner's optimism, 2/3 leaves 0.16 (docs/calibration.md, T7).
    """
    arms = len(found.theta)
    centre = np.eye(arms) - 1 / arms
    deviation = centre @ found.theta
    size = float(deviation @ deviation)
    if size == 0:
        return found.theta.copy()
    share = max(LEAST_SHRUNKEN, (arms - 3) / (arms - 1))
    factor = max(0.0, 1 - share * float(np.trace(centre @ found.sigma @ centre)) / size)
    return found.theta.mean() + factor * deviation


@dataclass(frozen=True)
class Probabilities:
    """Posterior statements on the best combination against the best single arm, ties and all uncertainty included.

    Parameters
    ----------
    combination_better : float
        P(best combination > best single).
    within_margin : float
        P(|difference| < margin).
    """

    combination_better: float
    within_margin: float


def probabilities(
    found: Estimate, singles: Sequence[int], combined: Sequence[int], margin: float
) -> Probabilities | None:
    """Draw from the posterior of theta, its noise the covariance with one copy of the row term.

    The second copy of the row term is a margin of safety that keeps verdicts right at their worst; a probability is to
    be right on average (docs/calibration.md, T8).

    None where the family has no single arm or no combination.
    """
    if not singles or not combined:
        return None
    return drawn(found.theta, found.one_copy, singles, combined, margin)


def drawn(
    theta: Vector, covariance: Matrix, singles: Sequence[int], combined: Sequence[int], margin: float
) -> Probabilities:
    """Give the shares of 10,000 draws of the posterior of which the statements are true.

    theta ~ N(truth, covariance). The arms of a side, single or combined, are alike beforehand: N(m, tau2), m unknown,
    tau2 by moments and never below (margin/2)^2. Without that the better of four noisy arms would look better than the
    better of three alike; with one m for both sides, gains of combining would be drawn to zero.
    """
    deviation = theta - theta.mean()
    prior = _alike_on_each_side(deviation, covariance, (singles, combined), margin)
    gain = prior @ np.linalg.pinv(prior + covariance, hermitian=True)
    # prior - gain @ prior, without the cancelling of what is large in both
    draws = gain @ deviation + normal_draws(gain @ covariance, DRAWS, np.random.default_rng(SEED))
    difference = draws[:, list(combined)].max(axis=1) - draws[:, list(singles)].max(axis=1)
    return Probabilities(float((difference > 0).mean()), float((np.abs(difference) < margin).mean()))


def _alike_on_each_side(deviation: Vector, covariance: Matrix, sides: Sequence[Sequence[int]], margin: float) -> Matrix:
    # what is not known beforehand at all has a variance that is large beside everything
    unknown = 1e6 * (float(np.trace(covariance)) + float(deviation @ deviation) + margin**2)
    prior = unknown * np.eye(len(deviation))
    for side in sides:
        part, count = np.ix_(side, side), len(side)
        centre = np.eye(count) - 1 / count
        spread = float(deviation[side] @ centre @ deviation[side] - np.trace(centre @ covariance[part]))
        tau2 = max((margin / 2) ** 2, spread / max(1, count - 1))
        prior[part] = unknown + tau2 * np.eye(count)
    return prior


def corrected_resampled_t(losses_by_fit: Float[np.ndarray, " fit"], folds: int, level: float = 0.95) -> Contrast:
    """Nadeau & Bengio's interval of a mean difference, from one difference a fit: a wider, secondary reading.

    SE = s sqrt(1/J + 1/(k-1)), J - 1 degrees of freedom: the test share over the training share of k folds is 1/(k-1).

    References
    ----------
    Nadeau & Bengio 2003, Machine Learning 52.
    """
    fits = len(losses_by_fit)
    value = float(losses_by_fit.mean())
    se = float(losses_by_fit.std(ddof=1) * np.sqrt(1 / fits + 1 / (folds - 1)))
    half = float(stats.t.ppf((1 + level) / 2, fits - 1)) * se
    return Contrast(value, se, value - half, value + half)


def substitution(alone: Float[np.ndarray, " fit"], together: Float[np.ndarray, " fit"]) -> Contrast:
    """How much weaker a strength is chosen in a combination: s = mean over fits of log(alone) - log(together).

    Above zero: the regularizers share the work. In natural-log units; fits are the clusters.
    """
    difference = np.log(alone) - np.log(together)
    fits = len(difference)
    value, se = float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(fits))
    half = float(stats.t.ppf(0.975, fits - 1)) * se
    return Contrast(value, se, value - half, value + half)
