"""What a cocktail is made of, in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from posology.inference.stability import Stability
from posology.report.charts.numbers import with_interval


def mixed(cocktail: Mapping[str, Any], unit: str) -> list[str]:
    """Say what is in a cocktail: how often each was chosen, how stable that is, what it is worth, who helps whom.

    Parameters
    ----------
    cocktail : mapping
        Of `Cocktail.to_dict`, or verdict.json.
    unit : str
        Of the score, in words.
    """
    resamples = len(cocktail["chosen"])
    often = ", ".join(f"{one['name']} {one['share']:.0%}" for one in cocktail["members"])
    sizes = np.mean([len(one["mix"]) for one in cocktail["chosen"]])
    alone = ", ".join(
        f"{name} {share:.0%}" for name, share in sorted(cocktail["chosen_alone"].items(), key=lambda item: -item[1])
    )
    out = [
        (
            f"Each of {resamples} resamples mixed its own from {len(cocktail['cabinet'])} regularizers, of "
            f"{cocktail['mixes_tried']} mixes, {sizes:.1f} members on average. Chosen: {often}."
        ),
        f"The best single one, of as many trials: {alone}.",
    ]
    parts = (_stability(cocktail["stability"]), _factorial(cocktail, unit), _worth(cocktail, unit))
    return [*out, *(line for part in parts for line in part), *_pairs(cocktail, unit)]


def _stability(found: Mapping[str, Any]) -> list[str]:
    if found["value"] is None:
        return []
    one = Stability(*(float(found[name]) for name in ("value", "lower", "upper")))
    return [
        (
            f"Stability of the members (Nogueira et al. 2018; 1: always the same, 0: as by chance): {one.value:.2f} "
            f"[{one.lower:.2f}, {one.upper:.2f}], {one.words}."
        )
    ]


def _factorial(cocktail: Mapping[str, Any], unit: str) -> list[str]:
    if "factorial" not in cocktail:  # a study of an earlier version, finished before there was one
        return []
    found = cocktail["factorial"]
    if found is None:
        return ["No mix has two members: there is nothing to combine."]
    scores = ", ".join(f"{_ARMS[name]} {one['score']:.4f}" for name, one in found["arms"].items())
    led = ", ".join(f"{'+'.join(one['names'])} {one['resamples']}" for one in found["led"])
    half, double = found["at_half_margin"], found["at_double_margin"]
    return [
        (
            "The two leading members are those of each resample's mix that are worth most on its inner rows, at their "
            f"strengths in it: {led}. Scores, {unit}: {scores}. Their interaction: "
            f"{with_interval(found['interaction'])}. The verdict on combining them with half the margin: {half}; with "
            f"double: {double}."
        )
    ]


_ARMS = {
    "none": "none",
    "first": "the first alone",
    "second": "the second alone",
    "first+second": "both",
    "one": "the best single regularizer",
}


def _worth(cocktail: Mapping[str, Any], unit: str) -> list[str]:
    members = cocktail["members"]
    sure = [one["name"] for one in members if (one["shapley"]["lower"] or 0) > 0]
    spared = [one["name"] for one in members if (one["left_out"]["upper"] or 0) < 0]
    total = sum(one["shapley"]["value"] for one in members)
    out = [
        (
            f"The members' shares of the mix's gain over none, {total:+z.4f} {unit}, are Shapley values; certain to be "
            f"above zero: {', '.join(sure) or 'none'}."
        )
    ]
    return out + ([f"The mix would be better without: {', '.join(spared)}."] if spared else [])


def _pairs(cocktail: Mapping[str, Any], unit: str) -> list[str]:
    out = []
    for pair in cocktail["pairs"]:
        if pair["together"] != "undecided":
            one, other = pair["names"]
            out.append(f"{one} and {other}: {pair['together']}, {with_interval(pair['interaction'])} {unit}.")
    open_ = sum(pair["together"] == "undecided" for pair in cocktail["pairs"])
    return [*out, f"Undecided pairs: {open_} of {len(cocktail['pairs'])}."] if cocktail["pairs"] else out
