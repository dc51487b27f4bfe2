"""How stable a choice of a few among many is from resample to resample."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from scipy import stats

GOOD, POOR = 0.75, 0.4
"""Fleiss' words for an agreement, which Nogueira et al. take over: excellent from here on; poor below there."""


@dataclass(frozen=True)
class Stability:
    """Agreement of choices beyond chance: 1 where all are the same, 0 as of choices at random.

    Parameters
    ----------
    value : float
        NaN where nothing, or everything, is always chosen, or with one choice.
    lower, upper : float
        A 95% interval, as if resamples were independent.
    """

    value: float
    lower: float
    upper: float

    @property
    def words(self) -> str:
        """Say it: excellent, fair or poor; nothing where it is not known."""
        if not np.isfinite(self.value):
            return ""
        return "excellent" if self.value >= GOOD else "poor" if self.value < POOR else "fair"


def stability(chosen: Bool[np.ndarray, "resample name"]) -> Stability:
    """Give Nogueira's stability of choices, a generalization of Fleiss' kappa to choices of any size.

    With M resamples, d names, p_f the share of resamples that chose f and k the mean number chosen::

        Phi = 1 - mean_f [M/(M-1) p_f (1 - p_f)] / [k/d (1 - k/d)]

    The interval is that of their theorem 7, normal; resamples of one table share rows, so that it is too narrow.

    Parameters
    ----------
    chosen : bool array (resample, name)

    Examples
    --------
    >>> stability(np.array([[True, False, False], [True, False, False], [True, True, False]])).value.__round__(2)
    0.55

    References
    ----------
    Nogueira, Sechidis & Brown 2018, "On the stability of feature selection algorithms", JMLR 18(174).
    """
    z = np.asarray(chosen, float)
    resamples, names = z.shape
    share, each = z.mean(axis=0), z.sum(axis=1)
    mean = share.sum() / names
    spread = mean * (1 - mean)
    if resamples < 2 or spread == 0:
        return Stability(np.nan, np.nan, np.nan)
    value = 1 - resamples / (resamples - 1) * float(np.mean(share * (1 - share))) / spread
    own = each / names
    parts = (z @ share / names - own * mean + value / 2 * (2 * own * mean - own - mean + 1)) / spread
    half = float(stats.norm.ppf(0.975)) * 2 / resamples * float(np.sqrt(np.sum((parts - parts.mean()) ** 2)))
    return Stability(float(value), float(value - half), float(min(1.0, value + half)))
