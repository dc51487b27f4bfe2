"""How each arm's networks behave beside their score: what they withstand, their weights, overfitting, underfitting.

These are what the answers to "combine or separately?" claim of dropout and of penalties, measured on the study's own
networks. Standard errors are over fits, which share rows: they say how much fits differ, and are no test.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Float

from posology.plan import Arm, arm_name
from posology.plan.looks import LEVELS, STATISTICS
from posology.scoring import Found, Scores


@dataclass(frozen=True)
class Withstood:
    """An arm's networks under one damage, on held-out rows.

    Parameters
    ----------
    arm, kind : str
        `kind` is `noise`, `missing` or `units`; see `plan.looks`.
    level : float
    score : float
        R2, or log-loss skill for classes, at the chosen epoch.
    drop, drop_se : float
        Score on clean rows minus score under the damage.
    over_none, over_none_se : float or None
        How much less it drops than `none` does, fit by fit under the same damage; None for `none` itself.
    """

    arm: str
    kind: str
    level: float
    score: float
    drop: float
    drop_se: float
    over_none: float | None
    over_none_se: float | None


@dataclass(frozen=True)
class Weights:
    """One array of weights of an arm's networks, biases aside: `plan.looks.STATISTICS`."""

    arm: str
    array: str
    norm: float
    norm_se: float
    largest: float
    largest_se: float
    near_zero: float
    near_zero_se: float
    zero: float
    zero_se: float


@dataclass(frozen=True)
class Fitting:
    """Whether an arm overfits or underfits.

    Parameters
    ----------
    arm : str
    train, test : float
        R2, or log-loss skill for classes, of one network on its training rows and on held-out rows.
    overfits : bool
        train - test is above the margin.
    underfits : bool
        Another arm, or trees, reach on held-out rows more than this arm on its own training rows, by the margin.
    reached_by : str
        Who that is; the one that reaches most.
    reached : float
        How much.
    """

    arm: str
    train: float
    test: float
    overfits: bool
    underfits: bool
    reached_by: str
    reached: float

    def sentence(self, unit: str = "") -> str:
        """Say it; nothing where it does neither.

        Parameters
        ----------
        unit : str
            Of its scores, in words; it may be another than that of the verdict.

        Examples
        --------
        >>> Fitting("l2", 0.52, 0.5, True, True, "trees", 0.61).sentence()
        'l2 overfits (train 0.520, test 0.500); on held-out rows trees reach 0.610, above its training score.'
        """
        of = f" {unit}" if unit else ""
        gap = f"{self.arm} overfits (train {self.train:.3f}, test {self.test:.3f}{of})"
        verb = "reach" if self.reached_by == "trees" else "reaches"
        if self.overfits and self.underfits:
            # to call one arm both would sound like a contradiction
            return f"{gap}; on held-out rows {self.reached_by} {verb} {self.reached:.3f}{of}, above its training score."
        if self.underfits:
            return f"{self.arm} underfits ({self.reached_by} {verb} {self.reached:.3f}{of} on held-out rows)."
        return f"{gap}." if self.overfits else ""


@dataclass(frozen=True)
class Behaviour:
    """All of it, arm by arm.

    Parameters
    ----------
    robustness : tuple of Withstood
    weights : tuple of Weights
    fitting : tuple of Fitting
    """

    robustness: tuple[Withstood, ...]
    weights: tuple[Weights, ...]
    fitting: tuple[Fitting, ...]

    @classmethod
    def of(
        cls,
        found: Found,
        arms: Sequence[Arm],
        arrays: Sequence[str],
        scores: Scores,
        margin: float,
        trees: float | None,
    ) -> "Behaviour":
        """Collect it over the fits of complete repeats.

        Parameters
        ----------
        found : mapping
        arms : sequence of arm
            In the order of `scores`.
        arrays : sequence of str
            Names of the arrays of weights.
        scores : Scores
        margin : float
            The study's.
        trees : float or None
            Score of boosted trees by the same measure as `scores.gap`; None where it is not known.
        """
        refits = [[outcome[1][arm] for outcome in found.values()] for arm in arms]
        probed = {arm: np.stack([r.probed.mean(axis=0) for r in own]) for arm, own in zip(arms, refits, strict=True)}
        norms = {arm: np.stack([r.norms.mean(axis=0) for r in own]) for arm, own in zip(arms, refits, strict=True)}
        return cls(
            tuple(w for arm in arms for w in _withstood(arm, probed[arm], probed.get(()))),
            tuple(w for arm in arms for w in _weights(arm, norms[arm], arrays)),
            tuple(_fitting(arms, scores, margin, trees)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON types."""
        return {part.name: [asdict(one) for one in getattr(self, part.name)] for part in fields(self)}


def _withstood(
    arm: Arm, probed: Float[np.ndarray, "fit probe"], none: Float[np.ndarray, "fit probe"] | None
) -> list[Withstood]:
    rises = probed[:, 1:] - probed[:, :1]
    gained = none[:, 1:] - none[:, :1] - rises if none is not None and arm else None
    out = []
    for i, (kind, level) in enumerate((kind, level) for kind, levels in LEVELS.items() for level in levels):
        if np.isnan(rises[:, i]).all():
            continue  # a network without hidden units to take out
        over = (None, None) if gained is None else _mean_and_se(gained[:, i])
        score = 1 - float(probed[:, 1 + i].mean())
        out.append(Withstood(arm_name(arm), kind, level, score, *_mean_and_se(rises[:, i]), *over))
    return out


def _weights(arm: Arm, norms: Float[np.ndarray, "fit array statistic"], arrays: Sequence[str]) -> list[Weights]:
    out = []
    for i, name in enumerate(arrays):
        pairs = [_mean_and_se(norms[:, i, k]) for k in range(len(STATISTICS))]
        out.append(Weights(arm_name(arm), name, *(number for pair in pairs for number in pair)))
    return out


def _mean_and_se(values: Float[np.ndarray, " fit"]) -> tuple[float, float]:
    """Average over the fits that did not diverge."""
    finite = values[np.isfinite(values)].astype(float)
    if len(finite) < 2:
        return (float(finite.mean()) if len(finite) else np.nan), np.nan
    return float(finite.mean()), float(finite.std(ddof=1) / np.sqrt(len(finite)))


def _fitting(arms: Sequence[Arm], scores: Scores, margin: float, trees: float | None) -> list[Fitting]:
    test = scores.train - scores.gap
    reached = {arm_name(arm): float(score) for arm, score in zip(arms, test, strict=True)}
    if trees is not None:
        reached["trees"] = trees
    out = []
    for arm, train, own in zip(arms, scores.train, test, strict=True):
        others = {name: score for name, score in reached.items() if name != arm_name(arm)}
        # an arm that diverged reaches nothing
        best = max(others, key=lambda name: others[name] if np.isfinite(others[name]) else -np.inf)
        over, under = bool(train - own > margin), bool(others[best] - train > margin)
        out.append(Fitting(arm_name(arm), float(train), float(own), over, under, best, others[best]))
    return out
