"""Together or apart, in words: interaction, overlap, shared work, and whether it would hold in a new sample."""

import math
from collections.abc import Mapping
from typing import Any

from posology.report.charts.numbers import with_interval
from posology.wording import factor

L1_L2 = ("l1", "l2")
"""What the arm named weights is made of."""

_OF_TWO = (
    "It asks about these two alone, as if named beforehand; the verdict's interval holds for all arms together, "
    "whichever looks best, and can be wider."
)

TELLING = math.log(2)
"""How much weaker or stronger, in logs, a strength must be chosen to be told of: trials lie nearly as far apart."""


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
    said += _substitutions(verdict["substitution"], analysis["overlaps"])
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


def _substitutions(found: Mapping[str, Mapping[str, Any]], overlaps: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say which strengths are chosen much weaker or stronger in a combination than alone, where that is certain."""
    said = []
    for name, one in found.items():
        if one["value"] is None or one["lower"] is None or one["lower"] <= 0 <= one["upper"]:
            continue
        if abs(one["value"]) < TELLING:
            continue
        arm, _, regularizer = name.partition(": ")
        times, *ends = (math.exp(abs(one[k])) for k in ("value", "lower", "upper"))
        low, high = (factor(end) for end in sorted(ends))
        how = "weaker" if one["value"] > 0 else "stronger"
        why = ": they share the work" if how == "weaker" and _shares(arm, regularizer, overlaps) else ""
        said.append(f"In {arm}, {regularizer} is chosen {factor(times)} times {how} than alone [{low}, {high}]{why}.")
    return said


def _shares(arm: str, regularizer: str, overlaps: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether a regularizer certainly shares effect with another of an arm: a strength alone does not say so."""
    parts = arm.split("+")
    for pair, found in overlaps.items():
        names = pair.split("+")
        own = {name.partition(":")[0] for name in names} & {regularizer, "weights" if regularizer in L1_L2 else ""}
        if own and set(names) <= set(parts) and found["lower"] is not None and found["lower"] > 0:
            return True
    return False


def _new_sample(rivalry: Mapping[str, Any] | None, unit: str) -> list[str]:
    if rivalry is None:
        return []
    found, pair = rivalry["resampled_t"], f"{rivalry['combination']} minus {rivalry['single']}"
    if found["lower"] is None:
        return []
    if found["value"] == 0 and found["se"] == 0:
        same = "the same network in every resample"
        return [f"{rivalry['combination']} and {rivalry['single']} are {same}: there is nothing to tell apart."]
    holds = "would hold" if found["lower"] > 0 or found["upper"] < 0 else "might not hold"
    asked = f"In a new sample, by Nadeau and Bengio: {pair} {with_interval(found)} {unit}: a difference that {holds}."
    return [f"{asked} {_OF_TWO}"]


def _both(pair: str) -> str:
    return " and ".join(pair.split("+"))


def in_probabilities(better: float, within: float) -> str:
    """Say how probable it is that the best combination beats the best single arm, and that they differ by little.

    Examples
    --------
    >>> in_probabilities(0.6, 0.98)  # doctest: +NORMALIZE_WHITESPACE
    'The best combination beats the best single arm with a probability of 60%; with a probability of 98% the two differ
    by less than the margin. Arms count as alike until the rows say otherwise.'
    """
    beats = f"The best combination beats the best single arm with a probability of {better:.0%}"
    alike = f"with a probability of {within:.0%} the two differ by less than the margin"
    return f"{beats}; {alike}. Arms count as alike until the rows say otherwise."
