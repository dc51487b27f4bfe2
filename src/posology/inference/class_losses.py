"""Row losses for classes, each scaled so that 1 - its mean is the score and a difference of means one of scores.

All take the place of each row's class, its predicted probabilities, and the shares of the classes in the whole table;
they give the losses and the number of rows at the cap. A row with a probability that is not a finite number gets the
worst loss there is.
"""

from collections.abc import Callable, Mapping
from itertools import permutations
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, Float, Int

Codes = Int[np.ndarray, " row"]
Probabilities = Float[np.ndarray, "row class"]
Shares = Float[np.ndarray, " class"]
Losses = Float[np.ndarray, " row"]
Weights = Float[np.ndarray, " row"] | None

CAP = 1000.0
"""A true class is given no smaller probability than its share over this: one blown-up fit must not decide a study, and
log loss knows no bound. Fixed before any run."""


def class_shares(codes: Codes, classes: int, weights: Weights = None) -> Shares:
    """Give the share of each class, by the weights of rows where they have any.

    Examples
    --------
    >>> class_shares(np.array([0, 1, 1, 1]), 2)
    array([0.25, 0.75])
    """
    sums = np.bincount(codes, weights, minlength=classes)
    return sums / sums.sum()


def log_losses(codes: Codes, probabilities: Probabilities, shares: Shares) -> tuple[Losses, int]:
    """Give each row's log loss in units of the entropy of the shares: log-loss skill, McFadden's R2 on held-out rows.

    ::

        -log(max(p[y], share[y]/1000)) / -sum_k share[k] log share[k]

    Whoever predicts the shares for every row has skill 0.

    Parameters
    ----------
    codes : int array (row,)
        Place of each row's class.
    probabilities : array (row, class)
        Predicted.
    shares : array (class,)
        Of the classes in the whole table.

    Returns
    -------
    losses, capped : array (row,), int

    Examples
    --------
    >>> half = np.full((2, 2), 0.5)
    >>> log_losses(np.array([0, 1]), half, half[0])
    (array([1., 1.]), 0)

    References
    ----------
    McFadden 1974, in Frontiers in Econometrics.
    """
    given, known = _of_true_class(codes, probabilities), _is_known(probabilities)
    least = shares[codes] / CAP
    capped = ~(given >= least) | ~known
    losses = -np.log(np.where(capped, least, np.minimum(given, 1.0)))
    return losses / float(-np.sum(shares * np.log(shares))), int(capped.sum())


def brier_losses(codes: Codes, probabilities: Probabilities, shares: Shares) -> tuple[Losses, int]:
    """Give each row's Brier score in units of that of the shares: Brier skill.

    ::

        sum_k (p[k] - [y = k])^2 / (1 - sum_k share[k]^2)

    Brier's own sum over all classes: for two it is twice scikit-learn's. Bounded, so nothing is capped but what is not
    finite.

    Examples
    --------
    >>> brier_losses(np.array([0, 1]), np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0.5, 0.5]))
    (array([1., 0.]), 0)

    References
    ----------
    Brier 1950, Monthly Weather Review 78.
    """
    known = _is_known(probabilities)
    wanted = np.eye(len(shares))[codes]
    scores = np.where(known, np.sum((np.where(known[:, None], probabilities, 0.0) - wanted) ** 2, axis=1), 2.0)
    return scores / float(1 - np.sum(shares**2)), int((~known).sum())


def balanced_losses(codes: Codes, probabilities: Probabilities, shares: Shares) -> tuple[Losses, int]:
    """Give a row of a wrong class 1/(K share[y]), a right one 0: balanced accuracy, the mean recall of K classes.

    The class of the largest probability counts, the first where several are largest.

    Examples
    --------
    >>> balanced_losses(np.array([0, 1]), np.array([[0.2, 0.8], [0.4, 0.6]]), np.array([0.25, 0.75]))
    (array([2., 0.]), 0)

    References
    ----------
    Brodersen et al. 2010, ICPR, doi:10.1109/ICPR.2010.764.
    """
    known = _is_known(probabilities)
    wrong = ~known | (np.where(known[:, None], probabilities, 0.0).argmax(axis=1) != codes)
    return wrong / (len(shares) * shares[codes]), int((~known).sum())


def auc_losses(
    codes: Codes, probabilities: Probabilities, shares: Shares, weights: Weights = None
) -> tuple[Losses, int]:
    """Give 1 - each row's influence value on the area under the ROC curve of *these* rows.

    For two classes, with A the area, m of n rows of class c, and V_i the placement of row i of that class (the share
    of the other class's rows on its right side, ties a half; DeLong, DeLong & Clarke-Pearson 1988)::

        influence_i = A + (n/m) (V_i - A)

    Their mean is A, and the variance of that mean is DeLong's. For K classes A is the mean over ordered pairs (c, d) of
    the area by which p[c] ranks the rows of c above those of d (Hand & Till 2001): it does not depend on the shares of
    the classes, and for two classes it is the plain area.

    With weights of rows, a pair counts by the product of its weights: m and n are sums of weights, V_i is a share of
    the other class's weights, and the weighted mean of the influence values is A.

    Scores of different networks are not comparable, so these are to be the rows of one fold: over a repeat the area is
    the mean over folds, weighted by their rows (Forman & Scholz 2010).

    Examples
    --------
    >>> right = np.array([[0.9, 0.1], [0.2, 0.8]])
    >>> auc_losses(np.array([0, 1]), right, np.array([0.5, 0.5]))
    (array([0., 0.]), 0)

    Raises
    ------
    ValueError
        A class has none of these rows.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44. Hand & Till 2001, Machine Learning 45. Forman & Scholz 2010,
    SIGKDD Explorations 12.
    """
    classes, n = len(shares), len(codes)
    rows = [np.flatnonzero(codes == c) for c in range(classes)]
    if not all(map(len, rows)):
        raise ValueError(f"a class has none of the {n} rows, so that they have no area under the curve")
    known = _is_known(probabilities)
    if not known.all():  # a network that fails on one row ranks nothing
        return np.ones(n), n
    w = np.ones(n) if weights is None else weights
    influence = np.zeros(n)
    for c, d in permutations(range(classes), 2):
        first, other = w[rows[c]], w[rows[d]]
        above = _share_below(probabilities[rows[c], c], probabilities[rows[d], c], other)
        below = 1 - _share_below(probabilities[rows[d], c], probabilities[rows[c], c], first)
        area = float(np.average(above, weights=first))
        influence += area
        influence[rows[c]] += w.sum() / first.sum() * (above - area)
        influence[rows[d]] += w.sum() / other.sum() * (below - area)
    return 1 - influence / (classes * (classes - 1)), 0


def _share_below(
    these: Float[np.ndarray, " one"], others: Float[np.ndarray, " other"], weights: Float[np.ndarray, " other"]
) -> Float[np.ndarray, " one"]:
    """Give for each of these the share of the others, by their weights, that is below it; ties count half."""
    order = np.argsort(others, kind="stable")
    ordered, sums = others[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    places = sums[np.searchsorted(ordered, these, "left")] + sums[np.searchsorted(ordered, these, "right")]
    return places / (2 * sums[-1])


def _is_known(probabilities: Probabilities) -> Bool[np.ndarray, " row"]:
    return np.isfinite(probabilities).all(axis=1)


def _of_true_class(codes: Codes, probabilities: Probabilities) -> Float[np.ndarray, " row"]:
    return probabilities[np.arange(len(codes)), codes].astype(float)


CLASS_LOSSES: Mapping[str, Callable[[Codes, Probabilities, Shares], tuple[Losses, int]]] = MappingProxyType(
    {"log_loss": log_losses, "brier": brier_losses, "balanced_accuracy": balanced_losses, "auc": auc_losses}
)
"""By the name of the score."""
