"""Was an arm searched enough? What the last doubling of its trials gained."""

import numpy as np
from jaxtyping import Float
from scipy import stats

from posology.inference.contrasts import Contrast

NOTICED = 0.25
"""A gain of the last doubling counts from this share of the margin."""


def gain_of_doubling(saved: Float[np.ndarray, " fit"]) -> Contrast | None:
    """Average over fits what the second half of the trials saved, with a 95% t interval; fits are the clusters.

    Parameters
    ----------
    saved : array (fit,)
        `plan.ladder.saved_by_second_half` of each fit, in units of the watched loss; NaN where unknown.

    Returns
    -------
    Contrast or None
        None with fewer than two fits that know it.

    Examples
    --------
    >>> round(gain_of_doubling(np.array([0.02, 0.01, np.nan, 0.03])).value, 3)
    0.02
    """
    known = saved[np.isfinite(saved)]
    if len(known) < 2:
        return None
    value, se = float(known.mean()), float(known.std(ddof=1) / np.sqrt(len(known)))
    half = float(stats.t.ppf(0.975, len(known) - 1)) * se
    return Contrast(value, se, value - half, value + half)


def still_improves(gain: Contrast | None, margin: float) -> bool:
    """Tell whether an arm's search is not over: a certain gain that is not small against the margin.

    Examples
    --------
    >>> still_improves(Contrast(0.004, 0.001, 0.002, 0.006), 0.01), still_improves(None, 0.01)
    (True, False)
    """
    return gain is not None and gain.lower > 0 and gain.value > NOTICED * margin
