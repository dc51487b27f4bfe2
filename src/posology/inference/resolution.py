"""The smallest difference that a study can show: now, after more repeats, and however many there are."""

import math

from posology.inference.best import Best
from posology.inference.covariance import Estimate, Losses, floor_se

POWER = 0.84
"""Normal quantile of 80% power."""


def resolution(losses: Losses, found: Estimate, best: Best) -> tuple[float, float | None]:
    """Give (q + 0.84) SE of the two best-looking arms, now and with endless repeats; arms that never differ aside.

    Parameters
    ----------
    losses : array (arm, repeat, row)
        Row losses in units of the target's variance.
    found : Estimate
        From these losses.
    best : Best
        From that estimate; its largest q counts.

    Returns
    -------
    now, floor : float, float or None
        In R2; the floor is None with a single repeat, where rows and fits cannot be told apart.
    """
    se = found.pair_se()
    first, *others = sorted(range(len(se)), key=lambda i: -found.theta[i])
    second = next((i for i in others if se[first, i] > 0), others[0])
    factor = float(best.q.max()) + POWER
    floor = floor_se(losses, first, second)
    return factor * float(se[first, second]), None if floor is None else factor * floor


def detectable_after(now: float, floor: float | None, done: int, repeats: int) -> float | None:
    """Forecast the smallest detectable difference for another number of repeats.

    ::

        MDE(r) = (q + 0.84) SE(r),  SE(r)^2 = SE_inf^2 + MC/r

    MC is what the repeats done so far leave above the floor. q is kept as it is; with more repeats it falls a little.

    Parameters
    ----------
    now, floor : float, float or None
        The smallest detectable difference after `done` repeats and with endless ones, in R2.
    done, repeats : int
        Repeats behind `now`; repeats asked about.

    Returns
    -------
    float or None
        In R2. None without a floor: after a single repeat it is unknown which part of the noise repeats would shrink.

    Raises
    ------
    ValueError
        A number of repeats is below one.

    Examples
    --------
    >>> round(detectable_after(0.05, 0.03, done=5, repeats=20), 4)
    0.0361
    """
    if done < 1 or repeats < 1:
        raise ValueError(f"repeats are counted from one, not {done} done and {repeats} asked about")
    if floor is None:
        return None
    return math.sqrt(floor**2 + max(0.0, now**2 - floor**2) * done / repeats)
