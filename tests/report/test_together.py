"""Together or apart, in words: each sentence says no more than its interval."""

import math

import pytest

from posology.report.together import together_or_apart


def verdict(interaction=(0.0, -1.0, 1.0), overlap=None, substitution=(), resampled=None):
    value, lower, upper = interaction
    rivalry = None
    if resampled:
        found = {"se": 0.01, **dict(zip(("value", "lower", "upper"), resampled, strict=True))}
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


SHARED = {"value": 0.9, "lower": 0.4, "upper": 1.2, "reason": ""}
NOT_SHARED = {"value": None, "lower": None, "upper": None, "reason": "no effect to share"}


@pytest.mark.parametrize(("overlap", "why"), [(SHARED, ": they share the work"), (NOT_SHARED, ""), (None, "")])
def test_substitution_where_it_is_certain_and_shared_where_the_overlap_says_so(overlap, why):
    sure = ("l1+dropout: l1", (math.log(5), math.log(2), math.log(12.4)))
    stronger = ("l1+dropout: dropout", (-math.log(4), -math.log(8), -math.log(2)))
    slight = ("l1+dropout: l2", (math.log(1.1), math.log(1.05), math.log(1.15)))
    unsure, lone = ("l2+dropout: l2", (1.0, -0.1, 2.1)), ("l2+dropout: dropout", (1.0, None, None))
    told = verdict(overlap=overlap, substitution=[sure, stronger, slight, unsure, lone])
    said = [text for text in together_or_apart(told, "R2") if text.startswith("In ")]
    assert said == [
        f"In l1+dropout, l1 is chosen 5.0 times weaker than alone [2.0, 12]{why}.",
        "In l1+dropout, dropout is chosen 4.0 times stronger than alone [2.0, 8.0].",
    ]


def test_l1_and_l2_share_what_their_factor_shares():
    told = verdict(substitution=[("weights+dropout: l2", (math.log(5), math.log(2), math.log(12.4)))])
    told["analysis"]["overlaps"] = {"dropout+weights": SHARED}
    assert together_or_apart(told, "R2")[-1].endswith("[2.0, 12]: they share the work.")


def test_arms_that_are_the_same_network_have_no_difference_that_might_not_hold():
    told = verdict(resampled=(0.0, 0.0, 0.0))
    told["analysis"]["combination_against_single"]["resampled_t"]["se"] = 0.0
    assert together_or_apart(told, "R2")[-1] == (
        "l1+dropout and l1 are the same network in every resample: there is nothing to tell apart."
    )


@pytest.mark.parametrize(("ends", "words"), [((0.01, 0.03), "would hold"), ((-0.01, 0.03), "might not hold")])
def test_a_new_sample(ends, words):
    said = together_or_apart(verdict(resampled=(0.02, *ends)), "R2")[-1]
    assert said.startswith("In a new sample, by Nadeau and Bengio: l1+dropout minus l1 +0.0200 [")
    assert f"a difference that {words}. It asks about these two alone, as if named beforehand; the verdict's" in said


def test_with_one_fit_there_is_nothing_to_say_of_a_new_sample():
    assert len(together_or_apart(verdict(resampled=(0.02, None, None)), "R2")) == 1
