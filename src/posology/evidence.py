"""What the charts of a study are drawn from: trials, learning curves, weights, scores by seed; as JSON types.

Kept in the study's folder as evidence.json, so that a report is drawn from files alone, without the table. It holds
strengths, losses and scores, never a row of the table.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from posology.engine.curve import curve_epochs
from posology.inference import Analysis
from posology.inference.contrasts import contrast, unit
from posology.inference.plain import plain
from posology.inference.verdict import factors_of
from posology.plan import Arm, Design, arm_name, regularizers_of
from posology.plan.looks import BELOW, STATISTICS
from posology.regularizers import Strength
from posology.scoring import Found, Scores

SCHEMA = 1
"""Of evidence.json; docs/json.md describes it."""

DIGITS = 5
"""Kept of losses, shares and strengths: more cannot be seen in a chart."""


def evidence_of(
    found: Found,
    scores: Scores,
    analysis: Analysis,
    design: Design,
    strengths: Mapping[str, Strength],
    arrays: Sequence[str],
) -> dict[str, Any]:
    """Collect it over the fits of complete repeats.

    Parameters
    ----------
    found : mapping
        From (repeat, fold) to what every arm's tuning and refits gave.
    scores : Scores
        Of them.
    analysis : Analysis
    design : Design
    strengths : mapping
        From regularizer to its searched range.
    arrays : sequence of str
        Names of the arrays of weights.
    """
    named = {arm_name(arm): arm for arm in design.arms}
    references = [_reference(found, where, design.arms) for where in found]
    return plain(
        {
            "schema": SCHEMA,
            "fits": [list(where) for where in found],
            "degrees_of_freedom": analysis.estimate.df,
            "ranges": {
                name: {"low": s.low, "high": s.high, "scale": s.scale}
                for name, s in strengths.items()
                if name not in design.cabinet
            },
            "relative_to": "none" if () in design.arms else "trials on every split",
            "trials": {name: _trials(found, arm, references) for name, arm in named.items() if arm},
            "curve_epochs": curve_epochs(design.epochs).tolist(),
            "curves": {name: _curves(found, arm) for name, arm in named.items()},
            "epochs": {name: [refits[arm].epochs for _, refits in found.values()] for name, arm in named.items()},
            "scores": {arm_name(a): _rounded(own) for a, own in zip(design.arms, scores.by_seed, strict=True)},
            "weights_below": [float(f"{least:.5g}") for least in BELOW],
            "weights": {name: _weights(found, arm, arrays) for name, arm in named.items()},
            "left_out": _left_out(analysis),
        }
    )


def _reference(found: Found, where: tuple[int, int], arms: Sequence[Arm]) -> Float[np.ndarray, " split"]:
    """Give the loss on each inner split of a fit to which trials are compared: that of `none`.

    Without `none`, the mean of all trials that were trained on every split, the same trials for each.
    """
    tuned = found[where][0]
    every = [tuned[arm].by_split for arm in (arms if () not in arms else [()])]
    whole = np.concatenate([losses[np.isfinite(losses).all(axis=1)] for losses in every])
    return whole.mean(axis=0) if len(whole) else np.full(every[0].shape[1], np.nan)


def _trials(
    found: Found, arm: Arm, references: Sequence[Float[np.ndarray, " split"]]
) -> dict[str, list[Any] | dict[str, list[float]]]:
    """List an arm's trials over all fits, best first in each: strengths, a mean over sites, and loss to the reference.

    A difference is taken on the splits that the trial was trained on, so that trials which left the race early are
    compared on rows that both have seen.
    """
    fit, relative, splits, chosen = [], [], [], []
    strengths: dict[str, list[float]] = {name: [] for name in regularizers_of(arm)}
    for f, ((tuned, _), reference) in enumerate(zip(found.values(), references, strict=True)):
        one = tuned[arm]
        for rank, (setting, losses) in enumerate(zip(one.settings, one.by_split, strict=True)):
            fit.append(f)
            chosen.append(rank == 0)
            splits.append(int((~np.isnan(losses)).sum()))
            relative.append(_short(_mean(losses - reference)))
            for name, own in strengths.items():
                own.append(_short(float(np.mean(setting[name]))))
    return {"fit": fit, "chosen": chosen, "splits": splits, "relative_loss": relative, "strengths": strengths}


def _mean(values: Float[np.ndarray, " split"]) -> float:
    seen = values[~np.isnan(values)]
    return float(seen.mean()) if len(seen) else np.nan


def _curves(found: Found, arm: Arm) -> dict[str, Any]:
    """Give quartiles over fits and inner splits of the chosen trial's losses, where half of them still train."""
    curves = np.concatenate([tuned[arm].curve for tuned, _ in found.values()]).astype(float)
    trained = np.isfinite(curves).all(axis=2)
    begun = trained.any(axis=1)
    curves = np.where(trained[:, :, None], curves, np.nan)[begun]
    share = trained[begun].mean(axis=0) if begun.any() else np.zeros(curves.shape[1])
    points = int((share >= 0.5).cumprod().sum())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # points at which nothing trains are cut off below
        quartiles = np.nanquantile(curves, (0.25, 0.5, 0.75), axis=0) if len(curves) else np.zeros((3, 0, 2))
    train, watched = (_rounded(quartiles[:, :points, k]) for k in (0, 1))
    return {"count": len(curves), "train": train, "validation": watched}


def _weights(found: Found, arm: Arm, arrays: Sequence[str]) -> dict[str, list[float]]:
    """Give the share of each array's weights below each threshold, over fits and seeds."""
    norms = np.concatenate([refits[arm].norms for _, refits in found.values()])[:, :, len(STATISTICS) :]
    finite = norms[np.isfinite(norms).all(axis=(1, 2))]
    if not len(finite):
        return {}
    return dict(zip(arrays, _rounded(finite.mean(axis=0, dtype=float)), strict=True))


def _left_out(analysis: Analysis) -> list[dict[str, Any]]:
    """Compare the arm with every factor with the arms that lack one of them."""
    factors = factors_of(analysis.arms)
    full = next((arm for arm in analysis.arms if set(arm) == set(factors)), None)
    out = []
    for factor in factors if full else ():
        rest = next((arm for arm in analysis.arms if set(arm) == set(factors) - {factor}), None)
        if full is not None and rest is not None:
            weights = unit(analysis.arms, (full, 1.0), (rest, -1.0))
            lost = contrast(analysis.estimate, weights, margin=analysis.verdict.margin)
            names = {"full": arm_name(full), "without": factor, "rest": arm_name(rest)}
            out.append({**names, "value": lost.value, "se": lost.se, "lower": lost.lower, "upper": lost.upper})
    return out


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else value


def _rounded(values: Float[np.ndarray, "*any"]) -> list[Any]:
    return [_rounded(v) if np.ndim(v) else _short(float(v)) for v in values]
