"""What the verdict must reach, and whether simulated studies show that it does: rates with 95% Wilson intervals."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from posology.calibration.generators import GAINS, SUITE, Generator
from posology.calibration.outcome import MARGIN, Outcome
from posology.calibration.truth import bounds_missed, covered, truths, wrong
from posology.inference import Kind

Z = float(stats.norm.ppf(0.975))
NULLS = ("N0", "N1", "N1-lasso", "N2", "N3")
ENOUGH = 100
"""Statements in a bin of probability before its reliability is judged."""

Studies = Mapping[str, Sequence[Outcome]]


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
    """Judge all targets for which there are studies.

    Parameters
    ----------
    studies : mapping
        From generator, or what was planted on it, to outcomes.
    """
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


def source(name: str) -> Generator:
    """Give the generator of outcomes by their name."""
    return next(g for g in SUITE.values() if name == g.name or name in g.planted)


def _rate(
    name: str, generator: str, what: str, hits: Sequence[float] | np.ndarray, bound: float, *, most: bool
) -> Target:
    rate = float(np.mean(hits))
    return Target(name, generator, what, rate, len(hits), *wilson(rate, len(hits)), bound, most)


def _kinds(outcomes: Sequence[Outcome], *kinds: Kind, method: str = "TWR") -> list[bool]:
    return [o.said[method]["kind"] in {k.value for k in kinds} for o in outcomes]


def _false_combine(studies: Studies) -> list[Target]:
    found = {g: studies[g] for g in NULLS if g in studies}
    return [
        _rate("T1", g, "false combine", _kinds(outcomes, Kind.COMBINE), 0.05, most=True)
        for g, outcomes in found.items()
    ]


def _wrong(studies: Studies) -> list[Target]:
    out = []
    for name, outcomes in studies.items():
        if outcomes[0].truth:
            asked = source(name)
            truth = truths(outcomes, asked)
            false = wrong(outcomes, asked, truth)
            missed = bounds_missed(outcomes, truth.population)
            out.append(_rate("T2", name, "false verdict", false, 0.05, most=True))
            out.append(_rate("T2", name, "false verdict or bound", false | missed, 0.05, most=True))
    return out


def _coverage(studies: Studies) -> list[Target]:
    out = []
    for name, outcomes in studies.items():
        asked = source(name)
        if not outcomes[0].truth or name in asked.planted:
            continue
        truth, quantile = truths(outcomes, asked), float(stats.t.ppf(0.975, outcomes[0].df))
        split = [i for i, o in enumerate(outcomes) if o.resplit]
        population = covered(outcomes, truth.population, quantile)
        if not asked.normal:
            flagged = np.array([[o.flagged] for o in outcomes])
            out.append(
                _rate(
                    "T3",
                    name,
                    "covered or flagged, mean",
                    (population * ~flagged + flagged).mean(axis=1),
                    0.85,
                    most=False,
                )
            )
        out += _mean_and_worst(name, "(a)", population, normal=asked.normal)
        if split:
            again = covered([outcomes[i] for i in split], truth.resplit[split], quantile)
            out += _mean_and_worst(name, "(b*)", again, normal=asked.normal)
    return out


def _mean_and_worst(name: str, which: str, hits: Float[np.ndarray, "study pair"], *, normal: bool) -> list[Target]:
    worst = int(hits.mean(axis=0).argmin())
    mean_bound, worst_bound = (0.93, 0.88) if normal else (0.85, 0.0)
    out = [_rate("T3", name, f"coverage {which}, mean", hits.mean(axis=1), mean_bound, most=False)]
    if normal:
        out.append(_rate("T3", name, f"coverage {which}, worst pair", hits[:, worst], worst_bound, most=False))
    return out


def _one_sided(studies: Studies) -> list[Target]:
    out = []
    for name in ("N0", "N1", "N1-lasso"):
        if outcomes := studies.get(name):
            first, second = source(name).tied[0][-2:]
            quantile = float(stats.t.ppf(0.95, outcomes[0].df))
            hits = [o.theta[second] - o.theta[first] > quantile * o.se[second][first] for o in outcomes]
            out.append(_rate("T4", name, "one-sided error", hits, 0.05, most=True))
    return out


def _power(studies: Studies) -> list[Target]:
    planted = {"C1 at the detectable": 0.80, list(GAINS)[1]: 0.95}
    return [
        _rate("T5", name, "combine", _kinds(studies[name], Kind.COMBINE), bound, most=False)
        for name, bound in planted.items()
        if name in studies
    ]


def _equivalence(studies: Studies) -> list[Target]:
    out = []
    if "E1" in studies:
        out.append(_rate("T6", "E1", "equivalent", _kinds(studies["E1"], Kind.EQUIVALENT), 0.90, most=False))
    if "E2" in studies:
        out.append(_rate("T6", "E2", "combine", _kinds(studies["E2"], Kind.COMBINE), 0.01, most=True))
    return out


def _optimism(studies: Studies) -> list[Target]:
    """Compare what picking the winner of tied arms adds to its score, shrunken over plain; a ratio of means."""
    if not (outcomes := studies.get("N0")):
        return []
    plain, shrunken = (
        np.array([max(v) - np.mean(v) for v in values])
        for values in ([o.theta for o in outcomes], [o.shrunken for o in outcomes])
    )
    ratio = shrunken.mean() / plain.mean()
    # delta method: the ratio's noise is that of shrunken - ratio plain
    half = (
        Z * (shrunken - ratio * plain).std(ddof=1) / plain.mean() / math.sqrt(len(outcomes))
        if len(outcomes) > 1
        else math.inf
    )
    return [
        Target(
            "T7", "N0", "optimism, shrunken / plain", ratio, len(outcomes), ratio - half, ratio + half, 0.3, most=True
        )
    ]


def _probability(studies: Studies) -> list[Target]:
    said, true = _statements(studies)
    if not len(said):
        return []
    sure = said >= 0.95
    out = []
    if sure.any():
        out.append(_rate("T8", "all", "right where 95% sure", true[sure], 0.95, most=False))
    bins = np.minimum((said * 10).astype(int), 9)
    errors = [abs(said[bins == b].mean() - true[bins == b].mean()) for b in range(10) if (bins == b).sum() >= ENOUGH]
    if errors:
        worst = float(max(errors))
        out.append(
            Target("T8", "all", "reliability error, worst tenth", worst, len(said), worst, worst, 0.05, most=True)
        )
    return out


def _statements(studies: Studies) -> tuple[Float[np.ndarray, " statement"], Float[np.ndarray, " statement"]]:
    """Collect P(combination better) and P(within the margin), both ways, where the arms do not tie by symmetry."""
    said, true = [], []
    for name, outcomes in studies.items():
        asked = source(name)
        if asked.tied or not outcomes[0].truth or outcomes[0].combination_better is None:
            continue
        combined = np.array([len(arm) > 1 for arm in asked.arms])
        singles = np.array([len(arm) == 1 for arm in asked.arms])
        for o, value in zip(outcomes, truths(outcomes, asked).population, strict=True):
            gain = value[combined].max() - value[singles].max()
            assert o.combination_better is not None
            assert o.within_margin is not None
            pairs = ((o.combination_better, gain > 0), (o.within_margin, abs(gain) < MARGIN))
            for probability, fact in pairs:
                said += [probability, 1 - probability]
                true += [float(fact), float(not fact)]
    return np.array(said), np.array(true)
