"""Multiple comparisons with the best: which arms could be the best, and how close each is to it at least.

One 95% event controls every statement, also after picking the winner, if the covariance is right (Hsu 1984; Edwards &
Hsu 1983: any joint covariance will do).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from posology.inference.covariance import ROUNDING, Estimate, Matrix, normal_draws

DRAWS = 20_000
SEED = 20_261_123


@dataclass(frozen=True)
class Best:
    """Simultaneous bounds on theta_i minus the best of the others.

    Parameters
    ----------
    upper : array (arm,)
        U_i >= 0: arm i is at most this much better than the best of the others.
    lower : array (arm,)
        L_i <= 0: arm i is at least this close to the best.
    could_be_best : array (arm,)
        U_i > 0, and the arms that tie exactly with such an arm.
    q : array (arm,)
        Critical value of each arm's comparisons.
    reach : array (arm,)
        U_i before it is cut off at zero: where negative, how much an arm that cannot be the best lacks.
    """

    upper: Float[np.ndarray, " arm"]
    lower: Float[np.ndarray, " arm"]
    could_be_best: Bool[np.ndarray, " arm"]
    q: Float[np.ndarray, " arm"]
    reach: Float[np.ndarray, " arm"]


def compare_with_best(found: Estimate, level: float = 0.95, margin: float = 0.0) -> Best:
    """Bound every arm's distance from the best.

    ::

        q_i = 95% quantile of max_j (z_j - z_i)/se_ij / sqrt(chi2_df/df),  z ~ N(0, Sigma)
        U_i = max(0, min_{j != i} [theta_i - theta_j + w_ij]);  G = {i: U_i > 0}
        L_i = min(0, min_{j in G, j != i} [theta_i - theta_j - w_ji]);  w_ij = q_i se_ij, see `half_widths`

    Two arms that never differ (se_ij = 0) are compared exactly where no margin is given; of a tie, both could be best.

    Parameters
    ----------
    found : Estimate
        Means and covariance, in a canonical order of arms: the draws, and so the last digits, depend on the order.
    level : float
        Confidence of all statements together.
    margin : float
        Differences of scores below it do not matter; of pairs that rarely differ nothing finer than half of it is said.

    Examples
    --------
    >>> found = Estimate(np.array([0.0, 0.1]), np.eye(2) * 1e-4, np.eye(2) * 5e-5, 24)
    >>> compare_with_best(found).could_be_best
    array([False,  True])
    """
    return bounds(found, critical_values(found, level), margin)


def bounds(found: Estimate, q: Float[np.ndarray, " arm"], margin: float = 0.0) -> Best:
    """Give the bounds of `compare_with_best` for critical values that are known."""
    theta, width = found.theta, half_widths(found, q, margin)
    difference = theta[:, None] - theta[None, :]
    itself = np.eye(len(theta), dtype=bool)
    tied = itself | ((width == 0) & (np.abs(difference) < ROUNDING))
    # the arm itself bounds nothing; an exact tie keeps no arm from being best
    reach = np.where(tied, np.inf, difference + width).min(axis=1)
    could = reach > 0
    upper = np.maximum(0, np.where(itself, np.inf, difference + width).min(axis=1))
    below = np.where(~itself & could[None, :], difference - width.T, np.inf)
    lower = np.minimum(0, below.min(axis=1))
    return Best(upper, lower, could, q, reach)


def half_widths(found: Estimate, q: Float[np.ndarray, " arm"] | float, margin: float = 0.0) -> Matrix:
    """Give the half-widths w_ij = q_i se_ij, at least margin/2 where two arms rarely differ (`Estimate.least`).

    Parameters
    ----------
    found : Estimate
    q : array (arm,) or float
        Critical value of each arm's comparisons, or of all.
    margin : float
        Differences of scores below it do not matter.

    Examples
    --------
    >>> rare = np.array([[False, True], [True, False]])
    >>> half_widths(Estimate(np.zeros(2), np.eye(2) * 1e-8, np.eye(2) * 5e-9, 24, rare), 2.0, 0.01)[0].round(4)
    array([0.   , 0.005])
    """
    return np.maximum(np.asarray(q)[..., None] * found.pair_se(), found.least(margin))


def critical_values(found: Estimate, level: float = 0.95) -> Float[np.ndarray, " arm"]:
    """Give q of every arm; it depends on the covariance alone, not on the means."""
    arms, se = len(found.theta), found.pair_se()
    rng = np.random.default_rng(SEED)
    draws = normal_draws(found.sigma, DRAWS, rng)
    chi = np.sqrt(rng.chisquare(found.df, DRAWS) / found.df)
    q = np.zeros(arms)
    for i in range(arms):
        others = [j for j in range(arms) if se[i, j] > 0]
        if others:
            studentized = (draws[:, others] - draws[:, [i]]) / se[i, others]
            q[i] = np.quantile(studentized.max(axis=1) / chi, level)
    return q
