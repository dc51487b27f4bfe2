"""Multiple comparisons with the best: which arms could be the best, and how close each is to it at least.

One 95% event controls every statement, also after picking the winner, if the covariance is right (Hsu 1984; Edwards &
Hsu 1983: any joint covariance will do).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from posology.inference.covariance import Estimate

DRAWS = 20_000
SEED = 20_261_123


@dataclass(frozen=True)
class Best:
    """Simultaneous bounds on theta_i minus the best of the others.

    Parameters
    ----------
    upper : array (arm,)
        U_i >= 0; positive where arm i could be the best.
    lower : array (arm,)
        L_i <= 0: arm i is at least this close to the best.
    could_be_best : array (arm,)
        U_i > 0.
    q : array (arm,)
        Critical value of each arm's comparisons.
    """

    upper: Float[np.ndarray, " arm"]
    lower: Float[np.ndarray, " arm"]
    could_be_best: Bool[np.ndarray, " arm"]
    q: Float[np.ndarray, " arm"]


def compare_with_best(found: Estimate, level: float = 0.95) -> Best:
    """Bound every arm's distance from the best.

    ::

        q_i = 95% quantile of max_j (z_j - z_i)/se_ij / sqrt(chi2_df/df),  z ~ N(0, Sigma)
        U_i = max(0, min_{j != i} [theta_i - theta_j + q_i se_ij]);  G = {i: U_i > 0}
        L_i = min(0, min_{j in G, j != i} [theta_i - theta_j - q_j se_ij])

    Two arms that never differ (se_ij = 0) are compared exactly.

    Parameters
    ----------
    found : Estimate
        Means and covariance, in a canonical order of arms: the draws, and so the last digits, depend on the order.
    level : float
        Confidence of all statements together.

    Examples
    --------
    >>> found = Estimate(np.array([0.0, 0.1]), np.eye(2) * 1e-4, np.eye(2) * 5e-5, 24)
    >>> compare_with_best(found).could_be_best
    array([False,  True])
    """
    theta, se = found.theta, found.pair_se()
    arms = len(theta)
    q = _critical_values(found, se, level)
    difference = theta[:, None] - theta[None, :]
    other = ~np.eye(arms, dtype=bool)
    above = np.where(other, difference + q[:, None] * se, np.inf)
    upper = np.maximum(0, above.min(axis=1)) if arms > 1 else np.full(1, np.inf)
    could = upper > 0
    if not could.any():  # exact ties: se_ij = 0 and equal means
        could = difference.min(axis=1) >= 0
    below = np.where(other & could[None, :], difference - q[None, :] * se, np.inf)
    lower = np.minimum(0, below.min(axis=1))
    return Best(upper, lower, could, q)


def _critical_values(found: Estimate, se: Float[np.ndarray, "arm arm"], level: float) -> Float[np.ndarray, " arm"]:
    arms = len(found.theta)
    rng = np.random.default_rng(SEED)
    draws = rng.standard_normal((DRAWS, arms)) @ _root(found.sigma)
    chi = np.sqrt(rng.chisquare(found.df, DRAWS) / found.df)
    q = np.zeros(arms)
    for i in range(arms):
        others = [j for j in range(arms) if se[i, j] > 0]
        if others:
            studentized = (draws[:, others] - draws[:, [i]]) / se[i, others]
            q[i] = np.quantile(studentized.max(axis=1) / chi, level)
    return q


def _root(sigma: Float[np.ndarray, "arm arm"]) -> Float[np.ndarray, "arm arm"]:
    """Symmetric root: unlike a Cholesky factor it exists for singular matrices and treats all arms alike."""
    values, vectors = np.linalg.eigh(sigma)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
