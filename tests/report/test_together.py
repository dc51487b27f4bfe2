"""Together or apart, in words: each sentence says no more than its interval."""

import math

import pytest

from posology.report.together import together_or_apart


def verdict(interaction=(0.0, -1.0, 1.0), overlap=None, substitution=(), resampled=None):
    value, lower, upper = interaction
    rivalry = None
    if resampled:
        found = dict(zip(("value", "lower", "upper"), resampled, strict=True))
        rivalry = {"combination": "l1+dropout", "single": "l1", "resampled_t": found}
    analysis = {
        "interactions": {"l1+dropout": {"value": value, "lower": lower, "upper": upper}},
        "overlaps": {"l1+dropout": overlap} if overlap else {},
        "combination_against_single": rivalry,
    }
    logs = {name: dict(zip(("value", "lower", "upper"), own, strict=True)) for name, own in substitution}
    return {"analysis": analysis, "substitution": logs}


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ((0.01, 0.001, 0.02), "they help one another (synergy)"),
        ((-0.01, -0.02, -0.001), "together they gain less than the sum of both"),
        ((0.01, -0.001, 0.02), "undecided"),
    ],
)
def test_interaction(interval, words):
    (said,) = together_or_apart(verdict(interval), "R2")
    assert said.startswith("Interaction of l1 and dropout: ")
    assert f" R2: {words}" in said


def test_overlap():
    told = {"value": 0.9, "lower": 0.4, "upper": 1.2, "reason": ""}
    assert together_or_apart(verdict(overlap=told), "R2")[1].startswith("Overlap of l1 and dropout: 0.90 [0.40, 1.20];")
    none = {"value": None, "lower": None, "upper": None, "reason": "no effect to share"}
    assert together_or_apart(verdict(overlap=none), "R2")[1] == "Overlap of l1 and dropout: no effect to share."


def test_substitution_where_it_is_certain():
    sure = ("l1+dropout: l1", (math.log(5), math.log(2), math.log(12.4)))
    stronger = ("l1+dropout: dropout", (-math.log(4), -math.log(8), -math.log(2)))
    unsure, lone = ("l2+dropout: l2", (1.0, -0.1, 2.1)), ("l2+dropout: dropout", (1.0, None, None))
    said = together_or_apart(verdict(substitution=[sure, stronger, unsure, lone]), "R2")[1:]
    assert said == [
        "In l1+dropout, l1 is chosen 5.0 times weaker than alone [2.0, 12]: they share the work.",
        "In l1+dropout, dropout is chosen 4.0 times stronger than alone [2.0, 8.0].",
    ]


@pytest.mark.parametrize(("ends", "words"), [((0.01, 0.03), "would hold"), ((-0.01, 0.03), "might not hold")])
def test_a_new_sample(ends, words):
    said = together_or_apart(verdict(resampled=(0.02, *ends)), "R2")[-1]
    assert said.startswith("In a new sample, by Nadeau and Bengio: l1+dropout minus l1 +0.0200 [")
    assert said.endswith(f"a difference that {words}.")


def test_with_one_fit_there_is_nothing_to_say_of_a_new_sample():
    assert len(together_or_apart(verdict(resampled=(0.02, None, None)), "R2")) == 1
