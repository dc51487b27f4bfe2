"""From refitted predictions to the one tidy array that the verdict is made of: arm x repeat x row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from posology.inference import row_losses
from posology.plan import Arm, Refitted, Setting, Tuned, arm_name, regularizers_of
from posology.regularizers import Strength

MOST_FAILURES = 50
"""Listed in the result; more say nothing new."""

Resample = tuple[int, int]
"""(repeat, fold)."""

Found = Mapping[Resample, tuple[Mapping[Arm, Tuned], Mapping[Arm, Refitted]]]


@dataclass(frozen=True)
class Scores:
    """What the outer resamples gave.

    Parameters
    ----------
    losses : array (arm, repeat, row)
        Squared error of the clipped prediction in units of the target's variance, capped, averaged over refits and
        the epochs at which they are scored; a mean difference of these is a difference of R2.
    folds : array (repeat, row)
        Fold of each row.
    capped : int
        Row losses that were capped, over all arms, refits and epochs at which these are scored.
    scored : int
        Row losses in all.
    gap : array (arm,)
        Train R2 minus test R2, penalties aside, dropout off: how much an arm overfits.
    epochs : array (arm,)
        Mean epochs of the refits.
    failed : int
        Refits whose training diverged; they are scored as the worst.
    """

    losses: Float[np.ndarray, "arm repeat row"]
    folds: Int[np.ndarray, "repeat row"]
    capped: int
    scored: int
    gap: Float[np.ndarray, " arm"]
    epochs: Float[np.ndarray, " arm"]
    failed: int


def score(
    found: Found,
    arms: Sequence[Arm],
    repeats: Sequence[int],
    folds: Int[np.ndarray, "repeat row"],
    target: Float[np.ndarray, " row"],
) -> Scores:
    """Collect the outer scores of complete repeats."""
    losses = np.full((len(arms), len(repeats), len(target)), np.nan)
    train_r2 = np.zeros((len(arms), len(repeats) * (folds.max() + 1)))
    epochs = np.zeros_like(train_r2)
    capped = scored = failed = 0
    for r, repeat in enumerate(repeats):
        for fold in range(folds.max() + 1):
            rows = np.flatnonzero(folds[repeat] == fold)
            outside = target[folds[repeat] != fold]
            refits = found[repeat, fold][1]
            for a, arm in enumerate(arms):
                refit = refits[arm]
                given = [
                    row_losses(target[rows], p, outside.min(), outside.max(), float(target.var()))
                    for p in refit.prediction.reshape(-1, len(rows))
                ]
                losses[a, r, rows] = np.mean([loss for loss, _ in given], axis=0)
                capped += sum(n for _, n in given)
                scored += refit.prediction.size
                failed += int((~np.isfinite(refit.prediction)).any(axis=(1, 2)).sum())
                fit = r * (folds.max() + 1) + fold
                train_r2[a, fit] = 1 - _mean_of_finite(refit.train_error)
                epochs[a, fit] = refit.epochs
    gap = np.array([_mean_of_finite(r2) for r2 in train_r2]) - (1 - losses.mean(axis=(1, 2)))
    return Scores(losses, folds[list(repeats)], capped, scored, gap, epochs.mean(axis=1), failed)


def failures(found: Found) -> list[dict[str, Any]]:
    """List what diverged, with its strengths: trials while tuning, and refits; JSON types, at most 50.

    Examples
    --------
    >>> failures({})
    []
    """
    out = []
    for (repeat, fold), (tuned, refits) in found.items():
        where = {"repeat": repeat, "fold": fold}
        for arm in tuned:
            lost = [s for s, loss in zip(tuned[arm].settings, tuned[arm].losses, strict=True) if not np.isfinite(loss)]
            out += [{**where, "arm": arm_name(arm), "stage": "tuning", "strengths": _listed(s)} for s in lost]
            refit = refits[arm]
            if not np.isfinite(refit.prediction).all():
                stage = {"arm": arm_name(arm), "stage": "refit", "strengths": _listed(refit.setting)}
                out.append({**where, **stage})
    return out[:MOST_FAILURES]


def _listed(setting: Setting) -> dict[str, list[float]]:
    return {name: list(values) for name, values in setting.items()}


def _mean_of_finite(values: Float[np.ndarray, " value"]) -> float:
    """Average what did not diverge; NaN where everything did."""
    finite = values[np.isfinite(values)]
    return float(finite.mean(dtype=float)) if len(finite) else np.nan


def mean_setting(settings: Sequence[Setting], arm: Arm, ranges: Mapping[str, Strength]) -> dict[str, list[float]]:
    """Average the chosen strengths over resamples, a number a site: geometric means on the log scale.

    A penalty that a combined arm set to zero counts at the low end of its range.
    """
    out = {}
    for name in regularizers_of(arm):
        values = np.array([s[name] for s in settings], float)
        if ranges[name].scale == "log":
            out[name] = np.exp(np.log(np.maximum(values, ranges[name].low)).mean(axis=0)).tolist()
        else:
            out[name] = values.mean(axis=0).tolist()
    return out


def log_strengths(settings: Sequence[Setting], name: str, range_: Strength) -> Float[np.ndarray, " fit"]:
    """Give one positive strength a fit, sites averaged, for comparisons of logs; zero counts as the smallest searched.

    A rate has no natural smallest value: a hundredth of the searched range stands for it.
    """
    least = range_.low or range_.high / 100
    return np.array([max(float(np.mean(s[name])), least) for s in settings])


def in_words(setting: Mapping[str, Sequence[float]]) -> str:
    """Write strengths for a sentence; one number where all sites share it.

    Examples
    --------
    >>> in_words({"l1": (1e-4, 1e-4), "l2": (3e-05, 3e-05), "dropout": (0.21, 0.21)})
    'l1 0.0001, l2 3e-05, rate 0.21'
    """
    words = []
    for name, values in setting.items():
        label = "rate" if name == "dropout" else name
        distinct = list(dict.fromkeys(f"{v:.2g}" for v in values))
        words.append(f"{label} {distinct[0] if len(distinct) == 1 else '/'.join(f'{v:.2g}' for v in values)}")
    return ", ".join(words)
