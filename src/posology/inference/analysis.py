"""One entry from losses to everything that is said of them."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float

from posology.inference.best import Best, bounds, critical_values
from posology.inference.contrasts import (
    Contrast,
    Overlap,
    Probabilities,
    contrast,
    overlap,
    probabilities,
    shapley_interaction,
    shrunken,
    unit,
)
from posology.inference.covariance import Clusters, Estimate, Folds, Losses, estimate
from posology.inference.measures import R2, Measure
from posology.inference.outlook import chance_of_settling, settled
from posology.inference.plain import canonical_order, in_canonical_order, name_of, plain, rivalry_dict, verdict_dict
from posology.inference.resolution import resolution
from posology.inference.rivalry import Rivalry, rivalry
from posology.inference.verdict import Arm, Verdict, decide, factors_of


@dataclass(frozen=True)
class Analysis:
    """Everything that inference says of a family of arms; see the parts.

    Parameters
    ----------
    arms : tuple of arm
        In the order given.
    score : array (arm,)
        1 - mean loss: R2, or the measure's own.
    estimate : Estimate
    best : Best
    verdict : Verdict
    at_half_margin, at_double_margin : Verdict
        The same rules with half and twice the margin.
    gains : dict
        From arm to its gain over `none`; empty where the family lacks `none`.
    shrunken : array (arm,)
        Shrunken scores.
    rivalry : Rivalry or None
    interactions, overlaps : dict
        From pair of factors.
    probabilities : Probabilities or None
    detectable : float
        Smallest difference of scores that this study would have shown with 80% power, the verdict's own comparisons
        counted, for the pair that matters: the two best-looking arms.
    floor : float or None
        The same with endless repeats: what more training cannot mend and more rows could.
    chance : float or None
        That endless repeats on these rows would settle what is open; None where nothing is, or with one repeat.
    flags : tuple of str
        Reasons not to speak of the population.
    measure : Measure
        What the scores are.
    """

    arms: tuple[Arm, ...]
    score: Float[np.ndarray, " arm"]
    estimate: Estimate
    best: Best
    verdict: Verdict
    at_half_margin: Verdict
    at_double_margin: Verdict
    gains: dict[Arm, Contrast]
    shrunken: Float[np.ndarray, " arm"]
    rivalry: Rivalry | None
    interactions: dict[tuple[str, str], Contrast]
    overlaps: dict[tuple[str, str], Overlap]
    probabilities: Probabilities | None
    detectable: float
    floor: float | None
    chance: float | None
    flags: tuple[str, ...]
    measure: Measure = R2

    def to_dict(self) -> dict[str, Any]:
        """Give all numbers as JSON types; not-finite numbers as None. The order of the arms makes no difference."""
        order = canonical_order(self.arms)
        return plain(
            {
                "verdict": verdict_dict(self.verdict),
                "at_half_margin": self.at_half_margin.kind.value,
                "at_double_margin": self.at_double_margin.kind.value,
                "arms": {name_of(self.arms[i]): self._arm_dict(i) for i in order},
                "standard_errors": self.estimate.pair_se()[np.ix_(order, order)].tolist(),
                "combination_against_single": rivalry_dict(self.rivalry),
                "interactions": {"+".join(p): asdict(c) for p, c in self.interactions.items()},
                "overlaps": {"+".join(p): asdict(o) for p, o in self.overlaps.items()},
                "probabilities": asdict(self.probabilities) if self.probabilities else None,
                "smallest_detectable_difference": self.detectable,
                "floor_of_detectable_difference": self.floor,
                "chance_of_settling": self.chance,
                "flags": list(self.flags),
            }
        )

    def _arm_dict(self, i: int) -> dict[str, Any]:
        gain = self.gains.get(self.arms[i])
        return {
            self.measure.key: self.score[i],
            f"shrunken_{self.measure.key}": self.shrunken[i],
            "could_be_best": bool(self.best.could_be_best[i]),
            "lower": self.best.lower[i],
            "upper": self.best.upper[i],
            "gain_over_none": asdict(gain) if gain else None,
        }


def analyze(
    losses: Losses,
    folds: Folds,
    arms: Sequence[Arm],
    *,
    margin: float = 0.01,
    columns: int | None = None,
    capped_share: float = 0.0,
    measure: Measure = R2,
    clusters: Clusters | None = None,
) -> Analysis:
    """Go from losses to a verdict and its numbers.

    Parameters
    ----------
    losses : array (arm, repeat, row)
        Row losses of which 1 - mean is the score, such as squared errors in units of the target's variance.
    folds : array (repeat, row)
        Fold of each row.
    arms : sequence of arm
        Names of the first axis of `losses`.
    margin : float
        Differences of scores below it do not matter.
    columns : int, optional
        Prepared columns, for the stress flag.
    capped_share : float
        Share of row losses that were capped, for the stress flag.
    measure : Measure
        What the scores are.
    clusters : int array (row,), optional
        Group of each row, where rows come in groups.

    Raises
    ------
    ValueError
        Fewer than two arms, a name twice, shapes that do not fit, a margin that is not above zero; see also `estimate`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> folds = np.stack([rng.permutation(400) % 5 for _ in range(5)])
    >>> noise = rng.uniform(0.4, 0.6, size=400)
    >>> losses = np.stack([noise + 0.1, noise])[:, None, :] + rng.normal(0, 0.01, (2, 5, 400))
    >>> analyze(losses, folds, [(), ("dropout",)]).verdict.kind.value
    'use alone'
    """
    _check(losses, folds, arms, margin)
    order, losses, canonical = in_canonical_order(losses, arms)
    found = estimate(losses, folds, clusters)
    q = critical_values(found)
    best = bounds(found, q, margin)
    score = float(1 + found.theta.max())
    half, verdict, double = (
        decide(canonical, found.theta, bounds(found, q, m), m, combine_allowed=score > measure.chance)
        for m in (margin / 2, margin, margin * 2)
    )
    singles = [i for i, a in enumerate(canonical) if len(a) == 1]
    combined = [i for i, a in enumerate(canonical) if len(a) > 1]
    pairs = list(combinations(factors_of(canonical), 2))
    detectable, floor = resolution(losses, found, best, clusters)
    flags = stress_flags(_training_rows(folds), columns, score, capped_share, measure)
    rivals = rivalry(losses, folds, found, best, canonical, singles, combined, margin)
    back = np.argsort(order)
    return Analysis(
        tuple(tuple(a) for a in arms),
        (1 + found.theta)[back],
        found.in_order(back),
        Best(*(part[back] for part in (best.upper, best.lower, best.could_be_best, best.q, best.reach))),
        verdict,
        half,
        double,
        _gains(found, canonical, margin),
        (1 + shrunken(found))[back],
        rivals,
        {p: contrast(found, w) for p in pairs if (w := shapley_interaction(canonical, *p)) is not None},
        {p: o for p in pairs if (o := overlap(found, canonical, *p)) is not None},
        None if flags or (rivals and rivals.same) else probabilities(found, singles, combined, margin),
        detectable,
        floor,
        None if settled(verdict) else chance_of_settling(losses, found, canonical, margin, measure, clusters),
        flags,
        measure,
    )


def _check(losses: Losses, folds: Folds, arms: Sequence[Arm], margin: float) -> None:
    if len(arms) != len(losses) or len({frozenset(a) for a in arms}) != len(arms):
        raise ValueError(f"{len(losses)} arms of losses need as many different names; there are: {list(arms)}")
    if len(arms) < 2:
        raise ValueError("one arm is nothing to compare")
    if twice := [arm for arm in arms if len(set(arm)) < len(arm)]:
        raise ValueError(f"an arm names a factor twice, which would pass for a combination: {twice}")
    if not 0 < margin < math.inf:
        raise ValueError(f"margin is {margin}; it is a difference of R2 above zero, such as 0.01")
    if folds.shape != losses.shape[1:]:
        raise ValueError(f"folds are {folds.shape}, losses {losses.shape[1:]}: both are (repeat, row)")


def _training_rows(folds: Folds) -> int:
    """Give the rows that a network of an outer resample has at most for training."""
    return folds.shape[1] - int(np.bincount(folds[0]).min())


def stress_flags(
    rows: int, columns: int | None, score: float, capped_share: float, measure: Measure = R2
) -> tuple[str, ...]:
    """List the reasons not to speak of the population: no skill, n/p < 2, more than 1% capped rows.

    Parameters
    ----------
    rows : int
        That a network is trained on.
    columns : int or None
        Prepared columns; None where unknown.
    score : float
        Of the best arm.
    capped_share : float
        Share of row losses that were capped.
    measure : Measure
        What the score is.

    Examples
    --------
    >>> stress_flags(100, 80, 0.4, 0.0)
    ('100 training rows for 80 columns: fewer than two rows a column',)
    """
    flags = []
    if score <= measure.chance:
        flags.append(f"no arm predicts better than {measure.naive}")
    if columns is not None and rows < 2 * columns:
        flags.append(f"{rows:,} training rows for {columns:,} columns: fewer than two rows a column")
    if capped_share > 0.01:
        flags.append(f"{capped_share:.1%} of the row losses were capped: predictions are wild")
    return tuple(flags)


def _gains(found: Estimate, arms: Sequence[Arm], margin: float) -> dict[Arm, Contrast]:
    if () not in arms:
        return {}
    return {arm: contrast(found, unit(arms, (arm, 1.0), ((), -1.0)), margin=margin) for arm in arms if arm}
