"""The table of arms: a line for each, and how much weaker a regularizer is chosen beside another."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from posology.inference import Analysis, Contrast, Measure, substitution
from posology.plan import Arm, arm_name, regularizers_of
from posology.regularizers import Strength
from posology.scoring import Found, Scores, log_strengths, mean_setting, search_gains
from posology.settings import Settings


@dataclass(frozen=True)
class ArmRow:
    """One line of the table of arms.

    Parameters
    ----------
    arm : tuple of str
    score : float
        R2, or the measure's own for classes, on outer resamples that tuned nothing.
    gain : Contrast or None
        Over `none`, with a 95% interval.
    gap : float
        Train minus test R2, or log-loss skill for classes, penalties aside, dropout off: how much it overfits.
    strengths : dict
        Means of the chosen strengths over resamples, one a site.
    epochs : float
        Mean epochs.
    could_be_best : bool
    search_gain : Contrast or None
        What the second half of its trials gained in the watched loss; None where unknown.
    measures : dict
        For classes, from the name of each score to its value.
    """

    arm: Arm
    score: float
    gain: Contrast | None
    gap: float
    strengths: dict[str, list[float]]
    epochs: float
    could_be_best: bool
    search_gain: Contrast | None = None
    measures: dict[str, float] = field(default_factory=dict)

    def to_dict(self, measure: Measure) -> dict[str, Any]:
        """Give the row as JSON types; the score by the name of its measure."""
        gain = asdict(self.gain) if self.gain else None
        return {
            "arm": arm_name(self.arm),
            measure.key: self.score,
            "gain_over_none": gain["value"] if gain else None,
            "gain_lower": gain["lower"] if gain else None,
            "gain_upper": gain["upper"] if gain else None,
            "gap": self.gap,
            "epochs": self.epochs,
            "strengths": self.strengths,
            "could_be_best": self.could_be_best,
            "search_gain": asdict(self.search_gain) if self.search_gain else None,
            **({"measures": self.measures} if self.measures else {}),
        }

    def cells(self, measure: Measure) -> dict[str, Any]:
        """Give the row as cells of a frame: a number, a truth value or nothing each."""
        flat = self.to_dict(measure)
        strengths, searched, measures = (
            flat.pop(name, None) or {} for name in ("strengths", "search_gain", "measures")
        )
        ends = {"value": "search_gain", "lower": "search_gain_lower", "upper": "search_gain_upper"}
        return {
            **flat,
            **{f"strength_{name}": float(np.mean(values)) for name, values in strengths.items()},
            **{name: searched.get(key) for key, name in ends.items()},
            **{name: value for name, value in measures.items() if name not in flat},
        }


def arm_rows(found: Found, scores: Scores, analysis: Analysis, strengths: Mapping[str, Strength]) -> tuple[ArmRow, ...]:
    """Collect the numbers of every arm, best first.

    Parameters
    ----------
    found : mapping
        From (repeat, fold) to what every arm's tuning and refits gave.
    scores : Scores
        Of them.
    analysis : Analysis
    strengths : mapping
        From regularizer to its searched range.
    """
    gains = search_gains(found, analysis.arms)
    rows = [
        ArmRow(
            arm,
            float(analysis.score[i]),
            analysis.gains.get(arm),
            float(scores.gap[i]),
            mean_setting([refits[arm].setting for _, refits in found.values()], arm, strengths),
            float(scores.epochs[i]),
            bool(analysis.best.could_be_best[i]),
            gains[arm],
            {name: float(values[i]) for name, values in scores.measures.items()},
        )
        for i, arm in enumerate(analysis.arms)
    ]
    return tuple(sorted(rows, key=lambda row: -row.score))


def substitutions(found: Found, settings: Settings) -> dict[tuple[Arm, str], Contrast]:
    """Compare each regularizer's strength in a combination with its strength alone, fit by fit.

    A switch has none, and one that the combination never uses is off, not weaker.
    """
    arms: Sequence[Arm] = settings.design.arms
    ranges = settings.strengths()
    out = {}
    for arm in arms:
        for factor in arm if len(arm) > 1 and len(found) > 1 else ():
            if (factor,) not in arms:
                continue
            for name in (n for n in regularizers_of((factor,)) if not ranges[n].is_switch):
                pairs = [(refits[(factor,)].setting, refits[arm].setting) for _, refits in found.values()]
                if not any(any(together[name]) for _, together in pairs):
                    continue
                alone, together = (log_strengths([p[k] for p in pairs], name, ranges[name]) for k in (0, 1))
                out[arm, name] = substitution(alone, together)
    return out
