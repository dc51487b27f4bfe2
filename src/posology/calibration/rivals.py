"""What other tests would have said of the same study: their variance, the product's bounds and rules."""

import numpy as np
from jaxtyping import Float

from posology.inference import Estimate, estimate
from posology.inference.covariance import Folds, Losses, fit_means


def naive_t(losses: Losses, folds: Folds) -> Estimate:
    """Take the J fits for independent: the variance of their means over J."""
    return _scaled(losses, folds, 0.0)


def nadeau_bengio(losses: Losses, folds: Folds) -> Estimate:
    """Correct for shared training rows: 1/J + 1/(k-1) in place of 1/J (Nadeau & Bengio 2003)."""
    return _scaled(losses, folds, 1 / int(folds.max()))


METHODS = {"naive t": naive_t, "Nadeau-Bengio": nadeau_bengio, "TWR": estimate}


def _scaled(losses: Losses, folds: Folds, correction: float) -> Estimate:
    means = fit_means(losses, folds)
    fits = means.shape[1]
    sigma: Float[np.ndarray, "arm arm"] = np.cov(means) * (1 / fits + correction)
    return Estimate(-losses.mean(axis=(1, 2)), sigma, np.zeros_like(sigma), fits - 1)
