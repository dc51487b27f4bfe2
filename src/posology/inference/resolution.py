"""The smallest difference that a study can show: now, after more repeats, and however many there are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posology.inference.best import Best, compare_with_best
from posology.inference.covariance import Clusters, Estimate, Folds, Losses, estimate, floor_se
from posology.inference.measures import R2, Measure
from posology.inference.plain import canonical_order
from posology.inference.verdict import Arm

POWER = 0.84
"""Normal quantile of 80% power."""


def resolution(
    losses: Losses, found: Estimate, best: Best, clusters: Clusters | None = None
) -> tuple[float, float | None]:
    """Give (q + 0.84) SE of the two best-looking arms, now and with endless repeats; arms that rarely differ aside.

    Parameters
    ----------
    losses : array (arm, repeat, row)
        Row losses in units of the target's variance.
    found : Estimate
        From these losses.
    best : Best
        From that estimate; its largest q counts.
    clusters : int array (row,), optional
        Group of each row, where rows come in groups.

    Returns
    -------
    now, floor : float, float or None
        In R2; the floor is None with a single repeat, where rows and fits cannot be told apart.
    """
    se = found.pair_se()
    first, second = _contenders(found)
    factor = float(best.q.max()) + POWER
    floor = floor_se(losses, first, second, clusters)
    return factor * float(se[first, second]), None if floor is None else factor * floor


def _contenders(found: Estimate) -> tuple[int, int]:
    """Give the two best-looking arms that differ in most fits, or where none does, that differ at all."""
    se = found.pair_se()
    often = np.ones_like(se, dtype=bool) if found.rare is None else ~found.rare
    first, *others = sorted(range(len(se)), key=lambda i: -found.theta[i])
    differing = [i for i in others if se[first, i] > 0]
    return first, next((i for i in differing if often[first, i]), (differing or others)[0])


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


LESS, MORE = 2.0, 1.5
"""How far the end may lie below and above what one repeat says, four times in five (docs/precision.md)."""


@dataclass(frozen=True)
class FirstSight:
    """What the first repeat promises of all of them: smallest differences shown four times out of five, in R2.

    Parameters
    ----------
    now : float
        After one repeat.
    least, most : float
        After all repeats, a range that four studies of five keep to. Its ends without their allowances are exact: were
        all noise that of cells and fits, which repeats shrink; were the row term all of rows, which they do not. One
        repeat cannot tell these apart, nor does it know its own standard error well: hence LESS and MORE.
    """

    now: float
    least: float
    most: float

    def sentence(self, repeats: int, margin: float, measure: Measure = R2) -> str:
        """Say it, with what could be done.

        Examples
        --------
        >>> print(FirstSight(0.0312, 0.0139, 0.0281).sentence(5, 0.01))  # doctest: +NORMALIZE_WHITESPACE
        After 1 of at most 5 repeats, differences below 0.031 R2 are easily missed; after all repeats probably those
        below 0.014 to 0.028. Your margin is 0.01; fewer arms or more rows show smaller ones.
        """
        places = max(3, 1 - math.floor(math.log10(margin)))
        now, least, most = (f"{x:.{places}f}" for x in (self.now, self.least, self.most))
        return (
            f"After 1 of at most {repeats} repeats, differences below {now} {measure.words} are easily missed; after "
            f"all repeats probably those below {least} to {most}. Your margin is {margin:g}; fewer arms or more rows "
            "show smaller ones."
        )


def first_sight(
    losses: Losses, folds: Folds, arms: Sequence[Arm], repeats: int, clusters: Clusters | None = None
) -> FirstSight:
    """Forecast from the first repeat what all repeats will be able to show.

    ::

        MDE(r) = (q + 0.84) SE(r);  SE(1)^2/r / LESS^2 <= SE(r)^2 <= MORE^2 (2 Srow + PSD(Sfit - Sboth)/r)

    for the two best-looking arms; q is that of one repeat, and falls with more.

    Parameters
    ----------
    losses : array (arm, 1, row)
    folds : array (1, row)
    arms : sequence of arm
        Names of the first axis of `losses`.
    repeats : int
        Asked about.
    clusters : int array (row,), optional
        Group of each row, where rows come in groups.
    """
    found = estimate(np.ascontiguousarray(losses[canonical_order(arms)], dtype=float), folds, clusters)
    first, second = _contenders(found)
    factor = float(compare_with_best(found).q.max()) + POWER
    most = Estimate(found.theta, 2 * found.row + (found.sigma - 2 * found.row) / repeats, found.row, found.df)
    now = factor * float(found.pair_se()[first, second])
    return FirstSight(now, now / math.sqrt(repeats) / LESS, MORE * factor * float(most.pair_se()[first, second]))
