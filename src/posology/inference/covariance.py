"""The covariance of the arms' mean losses: rows x fits, two-way clustered, plus one more copy of the row term (TWR).

The noise of a tuned arm has two parts that behave oppositely under repeats: row noise never shrinks with more repeats,
tuning and seed noise shrinks as 1/J. The published tests treat all of it as one kind (docs/statistics.md).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

Losses = Float[np.ndarray, "arm repeat row"]
Folds = Int[np.ndarray, "repeat row"]
Clusters = Int[np.ndarray, " row"]
Matrix = Float[np.ndarray, "arm arm"]

ROUNDING = 1e-12
"""Variances of differences below this share of their parts are rounding: the arms never differ."""

SAME = 1e-9
"""Mean losses of a fit that are nearer than this, in units of the naive loss, are the same network's."""


@dataclass(frozen=True)
class Estimate:
    """Means of the arms and how sure they are.

    Parameters
    ----------
    theta : array (arm,)
        Minus the mean loss: R2 minus one where losses are squared errors over the target's variance.
    sigma : array (arm, arm)
        Covariance of theta.
    row : array (arm, arm)
        Its row term, one copy.
    df : int
        Degrees of freedom, fits minus one.
    rare : bool array (arm, arm), optional
        Pairs that differ in fewer than half of the fits: a combined arm often falls back on its best part. The mean of
        such differences is skewed, and no multiple of its standard error bounds it; see `least`.
    """

    theta: Float[np.ndarray, " arm"]
    sigma: Matrix
    row: Matrix
    df: int
    rare: Bool[np.ndarray, "arm arm"] | None = None

    def in_order(self, order: Int[np.ndarray, " arm"]) -> "Estimate":
        """Give the same with the arms in another order."""
        square = np.ix_(order, order)
        rare = None if self.rare is None else self.rare[square]
        return Estimate(self.theta[order], self.sigma[square], self.row[square], self.df, rare)

    @property
    def one_copy(self) -> Matrix:
        """The covariance with one copy of the row term: as likely too large as too small, for probabilities."""
        return self.sigma - self.row

    def least(self, margin: float) -> Matrix:
        """Give the half-width below which no difference is said: half a margin for pairs that rarely differ, else 0.

        A combined arm that mostly falls back on its best part differs from it in few fits. Studies that saw few such
        fits find the difference small and its standard error small too, so that bounds of q standard errors missed in
        16% of studies (docs/calibration.md, A1). Half of what matters is left open instead, and certifies as before.
        """
        rare = np.zeros(self.sigma.shape, dtype=bool) if self.rare is None else self.rare
        return np.where(rare, margin / 2, 0.0)

    def se(self, contrast: Float[np.ndarray, " arm"]) -> float:
        """Give the standard error of c'theta: sqrt(c' Sigma c); zero where only rounding is left of it."""
        variance = contrast @ self.sigma @ contrast
        size = np.abs(contrast) @ np.abs(self.sigma) @ np.abs(contrast)
        return float(np.sqrt(variance)) if variance > ROUNDING * size else 0.0

    def pair_se(self) -> Matrix:
        """Give the standard error of every difference theta_i - theta_j; exactly zero for arms that never differ."""
        diagonal = np.diag(self.sigma)
        sums = diagonal[:, None] + diagonal[None, :]
        variance = sums - 2 * self.sigma
        return np.sqrt(np.where(variance > ROUNDING * sums, variance, 0.0))


def estimate(losses: Losses, folds: Folds, clusters: Clusters | None = None) -> Estimate:
    """Estimate the arms' means and their TWR covariance.

    With E = L - arm mean, n rows, r repeats, J fits::

        Srow  = n/(n-1) sum_i  (sum_r E[a,r,i]) (sum_r E[b,r,i])           / (rn)^2
        Sfit  = J/(J-1) sum_rf (sum_{i in rf} E[a]) (sum_{i in rf} E[b])   / (rn)^2
        Sboth =         sum_ri E[a,r,i] E[b,r,i]                           / (rn)^2
        Sigma = 2 Srow + PSD(Sfit - Sboth)

    Srow + Sfit - Sboth is two-way clustering (Cameron, Gelbach & Miller 2011); the second Srow stands for the training
    rows that fits share, the part that 1/(k-1) plays in Nadeau & Bengio (2003). It is a measured safety margin, not a
    theorem. Where rows come in groups, a group takes the place of a row: its rows are summed within a repeat, and
    n/(n-1) becomes G/(G-1).

    Parameters
    ----------
    losses : array (arm, repeat, row)
        Loss of each arm on each row in each repeat.
    folds : array (repeat, row)
        Fold of each row in each repeat.
    clusters : int array (row,), optional
        Group of each row, from 0, none left out. There are never more than G - 1 degrees of freedom.

    Raises
    ------
    ValueError
        A loss is not a finite number: every bound would silently be not-a-number. Folds that are not numbered from
        zero with none left out: empty ones would count as fits. A group whose rows are in several folds of a repeat:
        some would have been trained on and others scored in one fit.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> folds = np.stack([rng.permutation(100) % 5 for _ in range(3)])
    >>> found = estimate(rng.normal(size=(2, 3, 100)) ** 2, folds)
    >>> found.sigma.shape, found.df
    ((2, 2), 14)
    """
    if not np.isfinite(losses).all():
        raise ValueError("a loss is not a finite number: score complete repeats only, with row_losses")
    _check_folds(folds)
    if clusters is not None:
        _check_clusters(folds, clusters)
    scale = float(losses[0].size) ** 2
    centred = losses - losses.mean(axis=(1, 2), keepdims=True)
    by_fit = fit_sums(centred, folds)
    fits = by_fit.shape[1]
    centred = cluster_sums(centred, clusters)
    units = centred.shape[2]
    row = _products(centred.sum(axis=1)) * units / (units - 1) / scale
    fit = _products(by_fit) * fits / (fits - 1) / scale
    both = _products(centred.reshape(len(losses), -1)) / scale
    df = fits - 1 if clusters is None else min(fits, units) - 1
    rare = _rarely_differ(fit_means(losses, folds))
    return Estimate(-losses.mean(axis=(1, 2)), 2 * row + positive_part(fit - both), row, df, rare)


def _rarely_differ(means: Float[np.ndarray, "arm fit"]) -> Bool[np.ndarray, "arm arm"]:
    """Tell which pairs of arms differ in fewer than half of the fits."""
    differ = np.abs(means[:, None] - means[None, :]) > SAME
    return (differ.mean(axis=2) < 0.5) & ~np.eye(len(means), dtype=bool)


def _check_folds(folds: Folds) -> None:
    """Refuse what would miscount the fits J, and with them df, Sfit and every critical value."""
    count = int(folds.max(initial=-1)) + 1
    if count < 2 or folds.min() < 0 or any((np.bincount(repeat, minlength=count) == 0).any() for repeat in folds):
        raise ValueError(
            "each repeat needs rows in each of its folds, numbered from 0, two folds at least; "
            f"folds are {folds.shape} with the numbers {np.unique(folds)[:10].tolist()}"
        )


def _check_clusters(folds: Folds, clusters: Clusters) -> None:
    count = int(clusters.max(initial=-1)) + 1
    if count < 2 or clusters.min() < 0 or (np.bincount(clusters, minlength=count) == 0).any():
        raise ValueError("groups are numbered from 0 with none left out, two at least")
    first = np.unique(clusters, return_index=True)[1]
    if (folds != folds[:, first][:, clusters]).any():
        raise ValueError("the rows of a group are in several folds of a repeat: split by groups")


def cluster_sums(values: Losses, clusters: Clusters | None) -> Float[np.ndarray, "arm repeat cluster"]:
    """Sum values over the rows of each group; without groups each row stands for itself."""
    if clusters is None:
        return values
    order = np.argsort(clusters, kind="stable")
    starts = np.searchsorted(clusters[order], np.arange(int(clusters.max()) + 1))
    return np.add.reduceat(values[:, :, order], starts, axis=2)


def fit_sums(values: Losses, folds: Folds) -> Float[np.ndarray, "arm fit"]:
    """Sum values over the rows of each fit (repeat, fold)."""
    count = int(folds.max()) + 1
    fit = (folds + count * np.arange(len(folds))[:, None]).ravel()
    flat = values.reshape(len(values), -1)
    return np.stack([np.bincount(fit, weights=arm, minlength=count * len(folds)) for arm in flat])


def fit_means(values: Losses, folds: Folds) -> Float[np.ndarray, "arm fit"]:
    """Average values over the rows of each fit; folds may differ in size."""
    return fit_sums(values, folds) / fit_sums(np.ones((1, *folds.shape)), folds)


def positive_part(matrix: Matrix) -> Matrix:
    """Set the negative eigenvalues of a symmetric matrix to zero."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * np.maximum(values, 0)) @ vectors.T


def normal_draws(sigma: Matrix, count: int, rng: np.random.Generator) -> Float[np.ndarray, "draw arm"]:
    """Draw from N(0, sigma) by the symmetric root.

    Unlike a Cholesky factor it exists for singular matrices and treats all arms alike; unlike a factor of eigenvectors
    it does not depend on their signs, which differ between builds of LAPACK.
    """
    values, vectors = np.linalg.eigh((sigma + sigma.T) / 2)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return rng.standard_normal((count, len(sigma))) @ root


def _products(values: Float[np.ndarray, "arm unit"]) -> Matrix:
    return values @ values.T


def floor_se(losses: Losses, better: int, other: int, clusters: Clusters | None = None) -> float | None:
    """Estimate the standard error that no number of repeats can go below: what finite rows leave open.

    SE_inf^2 = 2 max(0, c)/n with c = mean_i [(sum_r e_ri)^2 - sum_r e_ri^2] / (r(r-1)), e the centred difference. Where
    rows come in groups, e_ri are sums over a group, and the mean is still over n rows.

    Returns
    -------
    float or None
        None with a single repeat, where rows and fits cannot be told apart.
    """
    difference = losses[[other]] - losses[[better]]
    _, repeats, rows = difference.shape
    if repeats < 2:
        return None
    e = cluster_sums(difference - difference.mean(), clusters)[0]
    c = np.sum((e.sum(axis=0) ** 2 - (e**2).sum(axis=0)) / (repeats * (repeats - 1))) / rows
    return float(np.sqrt(2 * max(0.0, c) / rows))


def floor_covariance(losses: Losses, clusters: Clusters | None = None) -> Matrix | None:
    """Estimate the covariance that no number of repeats can go below: `floor_se` for all arms at once.

    Sigma_inf = 2 PSD(C)/n with C_ab = mean_i[(sum_r E[a,r,i]) (sum_r E[b,r,i]) - sum_r E[a,r,i] E[b,r,i]] / (r(r-1)).

    Returns
    -------
    array (arm, arm) or None
        None with a single repeat, where rows and fits cannot be told apart.
    """
    arms, repeats, rows = losses.shape
    if repeats < 2:
        return None
    centred = cluster_sums(losses - losses.mean(axis=(1, 2), keepdims=True), clusters)
    between = _products(centred.sum(axis=1)) - _products(centred.reshape(arms, -1))
    return 2 * positive_part(between / (repeats * (repeats - 1) * rows)) / rows
