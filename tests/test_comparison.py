"""Whether two studies agree, by their verdicts and bounds; what was asked differently."""

import pytest

from posology.comparison import compare
from posology.report.findings import Findings


def findings(kind="use alone", arm="l2", could=("l2", "l2+dropout"), uppers=(), **changes):
    """Make a study of four arms; `uppers` are bounds on the distance from the best, 0.01 where none is given."""
    bounds = dict.fromkeys(("none", "l2", "dropout", "l2+dropout"), 0.01) | dict(uppers)
    arms = [{"arm": name, "r2": 0.5 + i / 100, "upper": upper} for i, (name, upper) in enumerate(bounds.items())]
    sentences = [f"{kind}: {arm}."]
    design = {"seed": changes.pop("seed", 0), "arms": []}
    study = {"rows": 442, "columns": 10, "target": "y", "fingerprint": "a", "repeats": 2}
    verdict = {"kind": kind, "arm": arm, "could_be_best": list(could), "margin": 0.01, "sentences": sentences}
    settings = {"score": None, "margin": 0.01, "design": design}
    whole = {"verdict": verdict, "arms": arms, "study": study | changes, "settings": settings}
    return Findings(whole, {}, {}, {"versions": {"jax": "1"}, "network": "n"})


def test_the_same_study():
    found = compare(findings(), findings())
    assert (found.agreement, found.differences, found.same_rows) == ("agree", (), True)
    assert found.sentence == "They agree: use alone, l2."
    assert [(p.arm, p.first, p.second) for p in found.scores][1] == ("l2", 0.51, 0.51)


def test_what_was_asked_differently_down_to_the_setting():
    found = compare(findings(), findings(seed=3, repeats=5))
    assert [(d.name, d.first, d.second) for d in found.differences] == [
        ("settings.design.seed", 0, 3),
        ("repeats done", 2, 5),
    ]


OPEN = {"kind": "not enough evidence"}


@pytest.mark.parametrize(
    ("first", "second", "agreement", "words"),
    [
        (findings(), findings(**OPEN), "open", "One is undecided, and does not rule out l2, which the other advises."),
        (findings(**OPEN), findings(arm="dropout"), "open", "does not rule out dropout"),
        (findings(**OPEN), findings(**OPEN, could=("l2",)), "open", "in both the best could be l2."),
        (findings(**OPEN), findings(**OPEN, could=("none",)), "open", "no arm could be the best in both."),
        (findings(), findings("equivalent", "none"), "apart", "They differ (use alone, l2, and equivalent, none), but"),
        (
            findings(uppers={"none": -0.009}),
            findings("equivalent", "none"),
            "apart",
            "in neither is what the other advises",
        ),
        (findings(uppers={"none": -0.011}), findings("equivalent", "none"), "contradict", "in the first, none, which"),
        (findings(), findings(arm="dropout", uppers={"l2": -0.02}), "contradict", "in the second, l2, which the other"),
        (findings(), findings(**OPEN, uppers={"l2": -0.02}), "contradict", "is more than its margin behind the best"),
        # the best-looking arm of an undecided study is no advice
        (findings(uppers={"l2": -0.02}, arm="none"), findings(**OPEN), "open", "does not rule out none"),
        (findings(arm="mixup"), findings(), "apart", "in neither is what the other advises"),
    ],
)
def test_agreement(first, second, agreement, words):
    found = compare(first, second)
    assert found.agreement == agreement
    assert words in found.sentence


def test_arms_that_only_one_has():
    first = findings()
    first.verdict["arms"].pop(0)
    second = findings()
    second.verdict["arms"].pop()
    pairs = {pair.arm: (pair.first, pair.second) for pair in compare(first, second).scores}
    assert pairs == {"l2": (0.51, 0.51), "dropout": (0.52, 0.52), "l2+dropout": (0.53, None), "none": (None, 0.5)}


def test_scores_on_other_scales_are_not_paired():
    assert compare(findings(), findings(target="z")).scores == ()
    other = findings()
    other.verdict["settings"]["score"] = "mae"
    assert compare(findings(), other).scores == ()


def test_another_table_is_told():
    assert not compare(findings(), findings(fingerprint="b")).same_rows


def test_json_types():
    assert compare(findings(), findings()).to_dict()["scores"][0] == {"arm": "none", "first": 0.5, "second": 0.5}
