"""Whether two studies agree, by their verdicts and bounds; what was asked differently."""

import json

import pytest

from posology.comparison import compare
from posology.report.findings import Findings
from posology.settings import Settings
from posology.terminal.comparison import print_comparison


def findings(kind="use alone", arm="l2", could=("l2", "l2+dropout"), uppers=(), **changes):
    """Make a study of four arms; `uppers` are bounds on the distance from the best, 0.01 where none is given."""
    bounds = dict.fromkeys(("none", "l2", "dropout", "l2+dropout"), 0.01) | dict(uppers)
    arms = [{"arm": name, "r2": 0.5 + i / 100, "upper": upper} for i, (name, upper) in enumerate(bounds.items())]
    sentences = [f"{kind}: {arm}."]
    settings = json.loads(json.dumps(Settings().to_dict()))
    settings["design"]["seed"] = changes.pop("seed", 0)
    study = {"rows": 442, "columns": 10, "target": "y", "fingerprint": "a", "repeats": 2}
    verdict = {"kind": kind, "arm": arm, "could_be_best": list(could), "margin": 0.01, "sentences": sentences}
    whole = {"verdict": verdict, "arms": arms, "study": study | changes, "settings": settings}
    of_table = {"table": "/tables/t.csv", "target": whole["study"]["target"], "fingerprint": "a", "drop": []}
    return Findings(whole, {}, {}, {"versions": {"jax": "1"}, "network": "n", **of_table})


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
    assert [(d.name, d.first, d.second) for d in found.asked] == [("--seed", 0, 3), ("repeats done", 2, 5)]


def test_what_was_asked_differently_in_the_words_of_the_options():
    first, second = findings(), findings(rows=500)
    second.verdict["settings"] |= {"score": "mae", "ranges": {"dropout": [0.0, 0.5]}, "all_repeats": True}
    second.verdict["settings"]["design"]["arms"] = [[], ["dropout"]]
    second.held.update(versions={"jax": "2"}, network="m", drop=["id"])
    found = {d.name: (d.first, d.second) for d in compare(first, second).asked}
    assert found == {
        "--drop": (None, "id"),
        "--arms": ("none; weights; dropout; weights+dropout", "none; dropout"),
        "--score": (None, "mae"),
        "--range": (None, ["dropout=0.0:0.5"]),
        "--all-repeats": (False, True),
        "the network is another": ("", ""),
        "rows": (442, 500),
        "version of jax": ("1", "2"),
    }


OPEN = {"kind": "not enough evidence"}


@pytest.mark.parametrize(
    ("first", "second", "agreement", "words"),
    [
        (findings(), findings(**OPEN), "open", "One is undecided, and does not rule out l2, which the other advises."),
        (findings(**OPEN), findings(arm="dropout"), "open", "does not rule out dropout"),
        (findings(**OPEN), findings(**OPEN, could=("l2",)), "open", "in both the best could be l2."),
        (findings(**OPEN), findings(**OPEN, could=("none",)), "open", "no arm could be the best in both."),
        (findings(), findings("equivalent", "none"), "apart", "They differ (use alone, l2, and equivalent, none), but"),
        (findings(uppers={"none": -0.009}), findings("equivalent", "none"), "apart", "in neither is what the other"),
        (findings(uppers={"none": -0.011}), findings("equivalent", "none"), "contradict", "in the first, none, which"),
        (findings(), findings(arm="dropout", uppers={"l2": -0.02}), "contradict", "in the second, l2, which the other"),
        (findings(), findings(**OPEN, uppers={"l2": -0.02}), "contradict", "is more than its margin behind the best"),
        # the best-looking arm of an undecided study is no advice
        (findings(uppers={"l2": -0.02}, arm="none"), findings(**OPEN), "open", "does not rule out none"),
        (findings(arm="mixup"), findings(), "apart", "in neither is what the other"),
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
    found = compare(findings(), other)
    assert found.scores == ()
    assert found.scales == ("R2 of 'y'", "MAE skill of 'y'")


def test_both_scales_are_named(capsys):
    print_comparison(compare(findings(), findings(target="z")), ("one", "other"))
    assert "Their scores are not on one scale: in one R2 of 'y', and in other R2 of 'z'." in capsys.readouterr().out


def test_another_table_is_told_and_contradicts_nothing():
    found = compare(findings(), findings(fingerprint="b"))
    assert (found.same_rows, found.agreement) == (False, "agree")
    assert found.sentence == "On their different tables they say the same: use alone, l2."
    other = findings("equivalent", "none", fingerprint="b")
    found = compare(findings(uppers={"none": -0.011}), other)
    assert found.agreement == "apart"
    assert found.sentence == (
        "They are about different tables, so they cannot contradict each other: use alone, l2 on the first, and "
        "equivalent, none on the second."
    )
    assert compare(findings(**OPEN), other).agreement == "open"


@pytest.mark.parametrize(("fingerprint", "told"), [("a", True), ("b", False)])
def test_a_difference_of_scores_is_shown_on_the_same_rows_alone(capsys, fingerprint, told):
    print_comparison(compare(findings(), findings(fingerprint=fingerprint)), ("one", "other"))
    out = capsys.readouterr().out
    assert ("second minus first" in out) == told
    assert ("Their tables differ (other fingerprints)." in out) != told
    assert "0.5100" in out


def test_another_budget_is_told():
    first, second = findings(), findings()
    second.held["budget"] = 240.0
    found = compare(first, second)
    assert [(d.name, d.first, d.second) for d in found.asked] == [("--budget", None, "4m")]
    assert [(d.name, d.first, d.second) for d in found.differences] == [("budget", None, 240.0)]


def test_json_types():
    assert compare(findings(), findings()).to_dict()["scores"][0] == {"arm": "none", "first": 0.5, "second": 0.5}
