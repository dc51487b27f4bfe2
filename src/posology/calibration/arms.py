"""Arms whose fit is a formula: linear readouts with an L1 and an L2 penalty and the noise penalty of dropout.

Training rows standardise the features; thousands of fits are one batch of small linear systems. The objective is Keras'
(mean loss, no 1/2)::

    mean (y - b - z'w)^2 + l1 sum |w| + l2 sum w^2 + q/(1-q) sum w^2 mean(z^2)

Its last term is dropout of rate q on the inputs of a linear layer, averaged over masks (Wager, Wang & Liang 2013).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

FACTORS = ("l1", "l2", "dropout")
"""Order of the last axis of strengths."""

FLOOR = 1e-6
"""An L2 penalty that every arm has: without it, more columns than rows have no unique fit."""

SWEEPS = 500
ROUNDING = 1e-9

Strengths = Float[np.ndarray, "fit trial 3"]
Weights = Float[np.ndarray, "fit trial column"]


@dataclass(frozen=True)
class Moments:
    """What a squared-error fit needs of its training rows, for many fits at once; features standardised.

    Parameters
    ----------
    centre, scale : arrays (fit, column)
        Of the features in the training rows; scale is one where features are taken as they are.
    gram : array (fit, column, column)
        Mean products of the centred and scaled features.
    cross : array (fit, column)
        Their mean products with the target.
    square : array (fit, column)
        Mean squares of what dropout acts on.
    target : array (fit,)
        Mean of the target.
    """

    centre: Float[np.ndarray, "fit column"]
    scale: Float[np.ndarray, "fit column"]
    gram: Float[np.ndarray, "fit column column"]
    cross: Float[np.ndarray, "fit column"]
    square: Float[np.ndarray, "fit column"]
    target: Float[np.ndarray, " fit"]

    @cached_property
    def eigen(self) -> tuple[Float[np.ndarray, "fit column"], Float[np.ndarray, "fit column column"]]:
        """Give eigenvalues and vectors of the gram matrices: with them every strength of a plain ridge is free."""
        values, vectors = np.linalg.eigh(self.gram)
        return values, vectors


def moments(
    features: Float[np.ndarray, "some row column"],
    target: Float[np.ndarray, " row"],
    used: Bool[np.ndarray, "fit row"],
    *,
    standardise: bool = True,
) -> Moments:
    """Collect the moments of each fit's training rows.

    Parameters
    ----------
    features : array (1 or fit, row, column)
        Common to all fits, or each fit's own.
    used : array (fit, row)
        Training rows.
    standardise : bool
        Scale the features; dropout then acts on standardised features, otherwise on features as they are.
    """
    share = used / used.sum(axis=1, keepdims=True)
    centre = (share[:, None] @ features)[:, 0]
    mean = share @ target
    weighted = share[:, :, None] * features
    raw = weighted.transpose(0, 2, 1) @ features
    gram = raw - centre[:, :, None] * centre[:, None, :]
    cross = weighted.transpose(0, 2, 1) @ target - centre * mean[:, None]
    variance = np.maximum(np.diagonal(gram, axis1=1, axis2=2), 0)
    scale = np.where(standardise & (variance > 0), np.sqrt(variance), 1.0)
    square = variance / scale**2 if standardise else np.diagonal(raw, axis1=1, axis2=2)
    return Moments(centre, scale, gram / (scale[:, :, None] * scale[:, None, :]), cross / scale, square, mean)


def fitted(
    found: Moments, strengths: Strengths, sites: Float[np.ndarray, "3 column"], tolerance: float = 1e-6
) -> Weights:
    """Fit every trial of every fit; weights are of the standardised features.

    Parameters
    ----------
    strengths : array (fit, trial, 3)
        L1, L2 and dropout rate.
    sites : array (3, column)
        One where the regularizer acts on the column, zero elsewhere.
    tolerance : float
        Largest change of a weight in the last sweep of coordinate descent, where L1 is on.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(50, 3))
    >>> found = moments(x[None], x @ np.ones(3), np.ones((1, 50), dtype=bool))
    >>> fitted(found, np.zeros((1, 1, 3)), np.ones((3, 3))).shape
    (1, 1, 3)
    """
    l1, l2, rate = np.moveaxis(strengths, -1, 0)
    ridge = FLOOR + l2[..., None] * sites[1] + (rate / (1 - rate))[..., None] * found.square[:, None, :] * sites[2]
    if (l1 > 0).any():
        return _descended(found, l1[..., None] * sites[0] / 2, ridge, tolerance)
    if ridge.shape[1] > 1 and np.ptp(ridge, axis=2).max() < ROUNDING:
        values, vectors = found.eigen
        turned = (found.cross[:, None] @ vectors) / (values[:, None] + ridge)
        return turned @ vectors.transpose(0, 2, 1)
    columns = found.gram.shape[-1]
    system = np.broadcast_to(found.gram[:, None], (*l1.shape, columns, columns)).copy()
    system[..., np.arange(columns), np.arange(columns)] += ridge
    return np.linalg.solve(system, found.cross[:, None, :, None])[..., 0]


def _descended(found: Moments, threshold: Weights, ridge: Weights, tolerance: float) -> Weights:
    """Run coordinate descent on all trials of all fits in step; columns first, for contiguous updates."""
    gram = np.ascontiguousarray(found.gram.transpose(1, 2, 0))[..., None]
    ridge, threshold = (np.ascontiguousarray(a.transpose(2, 0, 1)) for a in (ridge, threshold))
    slope = np.repeat(found.cross.T[..., None], ridge.shape[2], axis=2)
    weights = np.zeros_like(slope)
    for _ in range(SWEEPS):
        largest = 0.0
        for j in range(len(weights)):
            pull = slope[j] + gram[j, j] * weights[j]
            new = np.sign(pull) * np.maximum(np.abs(pull) - threshold[j], 0) / (gram[j, j] + ridge[j])
            step = new - weights[j]
            size = float(np.abs(step).max())
            if size > 0:
                slope -= gram[j] * step
                weights[j] = new
                largest = max(largest, size)
        if largest < tolerance:
            break
    return weights.transpose(1, 2, 0)


def predicted(
    found: Moments, weights: Weights, features: Float[np.ndarray, "some row column"]
) -> Float[np.ndarray, "fit trial row"]:
    """Predict rows by every trial of every fit."""
    slopes = weights / found.scale[:, None, :]
    intercept = found.target[:, None] - (slopes @ found.centre[:, :, None])[..., 0]
    return slopes @ features.transpose(0, 2, 1) + intercept[..., None]
