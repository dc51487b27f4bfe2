"""Together or apart, in words: interaction, overlap, shared work, and whether it would hold in a new sample."""

import math
from collections.abc import Mapping
from typing import Any

from posology.report.charts.numbers import with_interval


def together_or_apart(verdict: Mapping[str, Any], unit: str) -> list[str]:
    """Write a sentence for each number that tells combined from separate regularizers.

    Parameters
    ----------
    verdict : mapping
        `StudyResult.to_dict()`, or verdict.json.
    unit : str
        Of the score, in words.
    """
    analysis = verdict["analysis"]
    said = [_interaction(pair, found, unit) for pair, found in analysis["interactions"].items()]
    said += [text for pair, found in analysis["overlaps"].items() if (text := _overlap(pair, found))]
    said += _substitutions(verdict["substitution"])
    return said + _new_sample(analysis["combination_against_single"], unit)


def _interaction(pair: str, found: Mapping[str, Any], unit: str) -> str:
    if found["lower"] > 0:
        what = "they help one another (synergy)"
    elif found["upper"] < 0:
        what = "together they gain less than the sum of both (redundant, or in conflict)"
    else:
        what = "undecided"
    return f"Interaction of {_both(pair)}: {with_interval(found)} {unit}: {what}."


def _overlap(pair: str, found: Mapping[str, Any]) -> str:
    if found["value"] is None:
        return f"Overlap of {_both(pair)}: {found['reason']}."
    ends = f"{found['value']:.2f} [{found['lower']:.2f}, {found['upper']:.2f}]"
    return f"Overlap of {_both(pair)}: {ends}; 0: effects add up, 1: the weaker adds nothing, above: they hurt."


def _substitutions(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say which strengths are chosen weaker or stronger in a combination than alone, where that is certain."""
    said = []
    for name, one in found.items():
        if one["value"] is None or one["lower"] is None or one["lower"] <= 0 <= one["upper"]:
            continue
        arm, _, regularizer = name.partition(": ")
        times, *ends = (math.exp(abs(one[k])) for k in ("value", "lower", "upper"))
        low, high = (_times(end) for end in sorted(ends))
        how, shares = ("weaker", ": they share the work") if one["value"] > 0 else ("stronger", "")
        said.append(
            f"In {arm}, {regularizer} is chosen {_times(times)} times {how} than alone [{low}, {high}]{shares}."
        )
    return said


def _new_sample(rivalry: Mapping[str, Any] | None, unit: str) -> list[str]:
    if rivalry is None:
        return []
    found = rivalry["resampled_t"]
    if found["lower"] is None:
        return []
    holds = "would hold" if found["lower"] > 0 or found["upper"] < 0 else "might not hold"
    pair = f"{rivalry['combination']} minus {rivalry['single']}"
    return [f"In a new sample, by Nadeau and Bengio: {pair} {with_interval(found)} {unit}: a difference that {holds}."]


def _both(pair: str) -> str:
    return " and ".join(pair.split("+"))


def _times(factor: float) -> str:
    return f"{factor:.1f}" if factor < 10 else f"{factor:,.0f}"
