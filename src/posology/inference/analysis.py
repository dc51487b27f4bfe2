"""One entry from losses to everything that is said of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from posology.inference.best import Best, compare_with_best
from posology.inference.contrasts import (
    Contrast,
    Overlap,
    Probabilities,
    contrast,
    corrected_resampled_t,
    overlap,
    probabilities,
    shapley_interaction,
    shrunken,
    unit,
)
from posology.inference.covariance import Estimate, Folds, Losses, estimate, fit_sums, floor_se
from posology.inference.verdict import Arm, Verdict, decide

POWER = 0.84
"""Normal quantile of 80% power."""


@dataclass(frozen=True)
class Rivalry:
    """The best combination against the best single arm.

    Parameters
    ----------
    combination, single : tuple of str
        By their means.
    difference : Contrast
        theta(combination) - theta(single), with simultaneous bounds (those of the verdict).
    resampled_t : Contrast
        The same by Nadeau and Bengio: would it hold in a new sample?
    shrunken : float
        The same, shrunken against the optimism of having picked both.
    percent_of_error : float
        As a share of the single arm's mean squared error, in percent.
    in_se : float
        In standard errors.
    """

    combination: Arm
    single: Arm
    difference: Contrast
    resampled_t: Contrast
    shrunken: float
    percent_of_error: float
    in_se: float


@dataclass(frozen=True)
class Analysis:
    """Everything that inference says of a family of arms; see the parts.

    Parameters
    ----------
    arms : tuple of arm
        In the order given.
    r2 : array (arm,)
        1 - mean loss.
    estimate : Estimate
    best : Best
    verdict : Verdict
    at_half_margin, at_double_margin : Verdict
        The same rules with half and twice the margin.
    gains : dict
        From arm to its gain over `none`; empty where the family lacks `none`.
    shrunken : array (arm,)
        Shrunken R2.
    rivalry : Rivalry or None
    interactions, overlaps : dict
        From pair of factors.
    probabilities : Probabilities or None
    detectable : float
        Smallest difference of R2 that this study would have shown with 80% power, the verdict's own comparisons
        counted, for the pair that matters: the two best-looking arms.
    floor : float or None
        The same with endless repeats: what more training cannot mend and more rows could.
    flags : tuple of str
        Reasons not to speak of the population.
    """

    arms: tuple[Arm, ...]
    r2: Float[np.ndarray, " arm"]
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
    flags: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give all numbers as JSON types; not-finite numbers as None."""
        name = _name
        return _plain(
            {
                "verdict": _verdict_dict(self.verdict),
                "at_half_margin": self.at_half_margin.kind.value,
                "at_double_margin": self.at_double_margin.kind.value,
                "arms": {
                    name(arm): {
                        "r2": self.r2[i],
                        "shrunken_r2": self.shrunken[i],
                        "could_be_best": bool(self.best.could_be_best[i]),
                        "lower": self.best.lower[i],
                        "upper": self.best.upper[i],
                        "gain_over_none": asdict(self.gains[arm]) if arm in self.gains else None,
                    }
                    for i, arm in enumerate(self.arms)
                },
                "standard_errors": self.estimate.pair_se().tolist(),
                "combination_against_single": _rivalry_dict(self.rivalry),
                "interactions": {"+".join(p): asdict(c) for p, c in self.interactions.items()},
                "overlaps": {"+".join(p): asdict(o) for p, o in self.overlaps.items()},
                "probabilities": asdict(self.probabilities) if self.probabilities else None,
                "smallest_detectable_difference": self.detectable,
                "floor_of_detectable_difference": self.floor,
                "flags": list(self.flags),
            }
        )


def analyze(
    losses: Losses,
    folds: Folds,
    arms: Sequence[Arm],
    *,
    margin: float = 0.01,
    columns: int | None = None,
    capped_share: float = 0.0,
) -> Analysis:
    """Go from losses to a verdict and its numbers.

    Parameters
    ----------
    losses : array (arm, repeat, row)
        Row losses in units of the target's variance.
    folds : array (repeat, row)
        Fold of each row.
    arms : sequence of arm
        Names of the first axis of `losses`.
    margin : float
        Differences of R2 below it do not matter.
    columns : int, optional
        Prepared columns, for the stress flag.
    capped_share : float
        Share of row losses that were capped, for the stress flag.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> folds = np.stack([rng.permutation(400) % 5 for _ in range(5)])
    >>> noise = rng.uniform(0.4, 0.6, size=400)
    >>> losses = np.stack([noise + 0.1, noise])[:, None, :] + rng.normal(0, 0.01, (2, 5, 400))
    >>> analyze(losses, folds, [(), ("dropout",)]).verdict.kind.value
    'use alone'
    """
    # draws depend on the order of arms: one order for every permutation of the same study
    order = sorted(range(len(arms)), key=lambda i: (len(arms[i]), arms[i]))
    canonical = [tuple(arms[i]) for i in order]
    back = np.argsort(order)
    found = estimate(losses[order], folds)
    best = compare_with_best(found)
    able = bool(1 + found.theta.max() > 0)
    half, verdict, double = (
        decide(canonical, found.theta, best, m, combine_allowed=able) for m in (margin / 2, margin, margin * 2)
    )
    singles = [i for i, a in enumerate(canonical) if len(a) == 1]
    combined = [i for i, a in enumerate(canonical) if len(a) > 1]
    factors = sorted({f for arm in canonical for f in arm})
    pairs = [(i, j) for k, i in enumerate(factors) for j in factors[k + 1 :]]
    q = float(best.q.max())
    first, second = _front(found, canonical)
    return Analysis(
        tuple(tuple(a) for a in arms),
        (1 + found.theta)[back],
        Estimate(found.theta[back], found.sigma[np.ix_(back, back)], found.row[np.ix_(back, back)], found.df),
        Best(best.upper[back], best.lower[back], best.could_be_best[back], best.q[back]),
        verdict,
        half,
        double,
        _gains(found, canonical),
        (1 + shrunken(found))[back],
        _rivalry(losses[order], folds, found, best, canonical, singles, combined),
        {p: contrast(found, w) for p in pairs if (w := shapley_interaction(canonical, *p)) is not None},
        {p: o for p in pairs if (o := overlap(found, canonical, *p)) is not None},
        probabilities(found, singles, combined, margin),
        (q + POWER) * found.se(unit(canonical, (canonical[first], 1.0), (canonical[second], -1.0))),
        None if (f := floor_se(losses[order], first, second)) is None else (q + POWER) * f,
        stress_flags(losses.shape[2], columns, float(1 + found.theta.max()), capped_share),
    )


def stress_flags(rows: int, columns: int | None, r2: float, capped_share: float) -> tuple[str, ...]:
    """List the reasons not to speak of the population: R2 <= 0, n/p < 2, more than 1% capped rows.

    Examples
    --------
    >>> stress_flags(100, 80, 0.4, 0.0)
    ('100 rows for 80 columns: fewer than two rows a column',)
    """
    flags = []
    if r2 <= 0:
        flags.append("no arm predicts better than the mean of the target")
    if columns is not None and rows < 2 * columns:
        flags.append(f"{rows:,} rows for {columns:,} columns: fewer than two rows a column")
    if capped_share > 0.01:
        flags.append(f"{capped_share:.1%} of the row losses were capped: predictions are wild")
    return tuple(flags)


def _front(found: Estimate, arms: Sequence[Arm]) -> tuple[int, int]:
    ranked = sorted(range(len(arms)), key=lambda i: -found.theta[i])
    return ranked[0], ranked[1]


def _gains(found: Estimate, arms: Sequence[Arm]) -> dict[Arm, Contrast]:
    if () not in arms:
        return {}
    return {arm: contrast(found, unit(arms, (arm, 1.0), ((), -1.0))) for arm in arms if arm}


def _rivalry(
    losses: Losses,
    folds: Folds,
    found: Estimate,
    best: Best,
    arms: Sequence[Arm],
    singles: list[int],
    combined: list[int],
) -> Rivalry | None:
    if not singles or not combined:
        return None
    c = max(combined, key=lambda i: found.theta[i])
    s = max(singles, key=lambda i: found.theta[i])
    se = found.pair_se()[c, s]
    difference = float(found.theta[c] - found.theta[s])
    bounded = Contrast(difference, float(se), difference - float(best.q[s] * se), difference + float(best.q[c] * se))
    count = np.bincount(folds[0], minlength=int(folds.max()) + 1)
    by_fit = fit_sums(losses[[s]] - losses[[c]], folds)[0] / np.tile(count, len(folds))
    t = corrected_resampled_t(by_fit, int(folds.max()) + 1)
    shrunk = shrunken(found)
    error = -found.theta[s]
    percent = 100 * difference / error if error > 0 else float("nan")
    in_se = difference / se if se > 0 else float("nan")
    return Rivalry(arms[c], arms[s], bounded, t, float(shrunk[c] - shrunk[s]), float(percent), float(in_se))


def _name(arm: Arm) -> str:
    return "+".join(arm) or "none"


def _verdict_dict(verdict: Verdict) -> dict[str, Any]:
    return {
        "kind": verdict.kind.value,
        "rule": verdict.rule,
        "arm": _name(verdict.arm),
        "open_combination": verdict.open_combination,
        "could_be_best": [_name(a) for a in verdict.could_be_best],
        "margin": verdict.margin,
        "distance_from_line": verdict.distance,
        "nearest_arm": _name(verdict.nearest),
    }


def _rivalry_dict(rivalry: Rivalry | None) -> dict[str, Any] | None:
    if rivalry is None:
        return None
    return {**asdict(rivalry), "combination": _name(rivalry.combination), "single": _name(rivalry.single)}


def _plain(value: Any) -> Any:
    """Turn NumPy numbers into Python's and not-finite ones into None, at any depth."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value
