"""What the verdict must reach, and whether simulated studies show that it does: rates with 95% Wilson intervals."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from posology.calibration.generators import GAINS, REACH, REACH_OF_ONE
from posology.calibration.outcome import Outcome, Studies
from posology.calibration.statements import Statements, planted_statements, statements
from posology.calibration.truth import bounds_missed, covered, truths, wrong
from posology.inference import Kind

Z = float(stats.norm.ppf(0.975))
NULLS = ("N0", "N1", "N1-lasso", "N2", "N3", "N2 here", "N4")
ENOUGH = 100
"""Statements in a bin of probability before its reliability is judged."""


@dataclass(frozen=True)
class Target:
    """A rate that the product promises, as simulated.

    Parameters
    ----------
    name, generator, what : str
    rate : float
    studies : int
        Behind the rate.
    lower, upper : float
        95% Wilson interval of the rate.
    bound : float
        Promised.
    most : bool
        Whether the bound is an upper one.
    """

    name: str
    generator: str
    what: str
    rate: float
    studies: int
    lower: float
    upper: float
    bound: float
    most: bool

    @property
    def inside(self) -> str:
        """Say whether the whole interval keeps the promise ("yes"), none of it ("no"), or a part ("open")."""
        best, worst = (self.lower, self.upper) if self.most else (-self.upper, -self.lower)
        bound = self.bound if self.most else -self.bound
        return "yes" if worst <= bound else "no" if best > bound else "open"


def wilson(rate: float, trials: int) -> tuple[float, float]:
    """Give the 95% Wilson score interval of a rate.

    Raises
    ------
    ValueError
        No trials.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(0.0, 1000)]
    [0.0, 0.004]
    """
    if trials < 1:
        raise ValueError("a rate needs at least one trial")
    centre = (rate + Z**2 / (2 * trials)) / (1 + Z**2 / trials)
    half = Z / (1 + Z**2 / trials) * math.sqrt(rate * (1 - rate) / trials + Z**2 / (4 * trials**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def targets(studies: Studies) -> list[Target]:
    """Judge all targets for which there are studies."""
    judged: list[Callable[[Studies], list[Target]]] = [
        _false_combine,
        _wrong,
        _coverage,
        _one_sided,
        _power,
        _equivalence,
        _optimism,
        _probability,
    ]
    return [target for judge in judged for target in judge(studies)]


def _rate(
    name: str, generator: str, what: str, hits: Sequence[float] | np.ndarray, bound: float, *, most: bool
) -> Target:
    rate = float(np.mean(hits))
    return Target(name, generator, what, rate, len(hits), *wilson(rate, len(hits)), bound, most)


def _kinds(outcomes: Sequence[Outcome], *kinds: Kind, method: str = "TWR") -> list[bool]:
    return [o.said[method]["kind"] in {k.value for k in kinds} for o in outcomes]


def _false_combine(studies: Studies) -> list[Target]:
    return [
        _rate("T1", name, "false combine", _kinds(studies[name].outcomes, Kind.COMBINE), 0.05, most=True)
        for name in NULLS
        if name in studies
    ]


def _wrong(studies: Studies) -> list[Target]:
    out = []
    for name, studied in studies.items():
        truth = truths(studied)
        flagged = np.array([o.flagged for o in studied.outcomes])
        false, missed = wrong(studied, truth), bounds_missed(studied.outcomes, truth.population)
        out.append(_rate("T2", name, "false verdict", false, 0.05, most=True))
        # a flagged study says that it is not about the population
        out.append(_rate("T2", name, "false verdict or bound", false | (missed & ~flagged), 0.05, most=True))
    return out


def _coverage(studies: Studies) -> list[Target]:
    out = []
    for name, studied in studies.items():
        outcomes, normal = studied.outcomes, studied.asked.normal
        if name in studied.asked.planted:
            continue  # a shift of the means leaves the intervals' width: the same coverage
        truth, quantile = truths(studied), float(stats.t.ppf(0.975, outcomes[0].df))
        population = covered(outcomes, truth.population, quantile)
        out += _mean_and_worst(name, "(a)", population, normal=normal)
        if not normal:
            flagged = np.array([[o.flagged] for o in outcomes])
            safe = (population * ~flagged + flagged).mean(axis=1)
            out.append(_rate("T3", name, "coverage (a) or flagged", safe, 0.85, most=False))
        if split := [i for i, o in enumerate(outcomes) if o.resplit]:
            again = covered([outcomes[i] for i in split], truth.resplit[split], quantile)
            out += _mean_and_worst(name, "(b*)", again, normal=normal)
    return out


def _mean_and_worst(name: str, which: str, hits: Float[np.ndarray, "study pair"], *, normal: bool) -> list[Target]:
    mean = _rate("T3", name, f"coverage {which}, mean", hits.mean(axis=1), 0.93 if normal else 0.85, most=False)
    worst = hits[:, int(hits.mean(axis=0).argmin())]
    return [mean, _rate("T3", name, f"coverage {which}, worst pair", worst, 0.88, most=False)] if normal else [mean]


def _one_sided(studies: Studies) -> list[Target]:
    out = []
    for name in ("N0", "N1", "N1-lasso", "N4"):
        if studied := studies.get(name):
            first, second = studied.asked.tied[0][-2:]
            quantile = float(stats.t.ppf(0.95, studied.outcomes[0].df))
            hits = [o.theta[second] - o.theta[first] > quantile * o.se[second][first] for o in studied.outcomes]
            out.append(_rate("T4", name, "one-sided error", hits, 0.05, most=True))
    return out


def _power(studies: Studies) -> list[Target]:
    planted = {REACH: 0.80, REACH_OF_ONE: 0.80, list(GAINS)[1]: 0.95}
    return [
        _rate("T5", name, "combine", _kinds(studies[name].outcomes, Kind.COMBINE), bound, most=False)
        for name, bound in planted.items()
        if name in studies
    ]


def _equivalence(studies: Studies) -> list[Target]:
    out = []
    if "E1" in studies:
        equivalent = _kinds(studies["E1"].outcomes, Kind.EQUIVALENT)
        out.append(_rate("T6", "E1", "equivalent", equivalent, 0.90, most=False))
    if "E2" in studies:
        out.append(_rate("T6", "E2", "combine", _kinds(studies["E2"].outcomes, Kind.COMBINE), 0.01, most=True))
    return out


def _optimism(studies: Studies) -> list[Target]:
    """Compare what picking the winner of tied arms adds to its score, shrunken over plain; a ratio of means."""
    if "N0" not in studies or len(studies["N0"].outcomes) < 2:
        return []
    outcomes = studies["N0"].outcomes
    plain, shrunken = (
        np.array([max(v) - np.mean(v) for v in values])
        for values in ([o.theta for o in outcomes], [o.shrunken for o in outcomes])
    )
    ratio = float(shrunken.mean() / plain.mean())
    # delta method: the ratio's noise is that of shrunken - ratio plain
    half = Z * float((shrunken - ratio * plain).std(ddof=1) / plain.mean()) / math.sqrt(len(outcomes))
    ends = ratio - half, ratio + half
    return [Target("T7", "N0", "optimism, shrunken / plain", ratio, len(outcomes), *ends, 0.3, most=True)]


def _probability(studies: Studies) -> list[Target]:
    said, true = statements(studies)
    sure = said >= 0.95
    out = []
    if sure.any():
        out.append(_rate("T8", "all", "right where 95% sure", true[sure], 0.95, most=False))
    out += _reliability("reliability error, worst tenth", said, true)
    return out + _reliability("the same, true gains spread evenly", *planted_statements(studies))


def _reliability(what: str, said: Statements, true: Statements) -> list[Target]:
    """Compare what is said with how often it is true, tenth by tenth of what is said."""
    bins = np.minimum((said * 10).astype(int), 9)
    errors = [abs(said[bins == b].mean() - true[bins == b].mean()) for b in range(10) if (bins == b).sum() >= ENOUGH]
    worst = float(max(errors, default=0.0))
    return [Target("T8", "all", what, worst, len(said), worst, worst, 0.05, most=True)] if errors else []
