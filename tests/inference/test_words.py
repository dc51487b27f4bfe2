"""Every sentence, read as a whole; none may say what its bounds do not."""

import re
from dataclasses import replace

import numpy as np
import pytest

from posology.inference import (
    Best,
    Contrast,
    Estimate,
    analyze,
    arm_in_words,
    compare_with_best,
    decide,
    sentences,
)
from posology.inference.contrasts import Overlap
from tests.inference.planted import EIGHT, PLAIN, study

STRENGTHS = {
    ("weights",): "l1 0.0001, l2 3e-05",
    ("dropout",): "rate 0.21",
    ("weights", "dropout"): "l1 1e-05, l2 1e-05, rate 0.1",
}
LINE = "It is near the line: were the score of"
MAY = "More repeats (--repeats) may decide it: the chance that they do is at most"
MANY = "however many there are."
PAIR = Contrast(0.0312, 0.004, 0.0188, 0.0431)


def planted(arms, r2, lower, reach, *, margin=0.01, overlap=None, gain=PAIR, **parts):
    """An analysis with planted bounds."""
    losses, folds = study(np.random.default_rng(0), 1 - np.asarray(r2), rows=40, row_sd=0, fit_sd=0, cell_sd=1e-9)
    reach, lower = np.asarray(reach, float), np.asarray(lower, float)
    best = Best(np.maximum(0, reach), lower, reach > 0, np.full(len(arms), 2.16), reach)
    found = analyze(losses, folds, arms, margin=margin)
    rivalry = found.rivalry and replace(found.rivalry, difference=gain, shrunken=0.0287, percent_of_error=12.4)
    given = {
        "overlaps": {} if overlap is None else {("dropout", "weights"): overlap},
        "detectable": 0.034,
        "chance": 0.01,
        "gains": {},
    }
    return replace(
        found,
        **{"score": np.asarray(r2, float), "best": best, "rivalry": rivalry, "floor": 0.02, "flags": ()}
        | given
        | parts,
        verdict=decide(arms, np.asarray(r2) - 1, best, margin, combine_allowed=max(r2) > 0),
    )


def said(found, rows=442):
    return sentences(found, STRENGTHS, rows=rows)


def test_a_combination_that_is_the_single_arm_in_every_resample():
    alike = Contrast(0.0, 0.0, 0.0, 0.0)
    found = planted(PLAIN, [0.5, 0.52, 0.5, 0.52], [-0.03, -0.006, -0.03, -0.006], [-0.01, 1, -0.01, 1])
    found = replace(found, rivalry=replace(found.rivalry, difference=alike, resampled_t=alike))
    assert said(found)[-1] == (
        "L1/L2 with dropout and L1/L2, the best of each kind, are the same network in every resample."
    )


def test_none_needed():
    found = planted(PLAIN, [0.50, 0.505, 0.501, 0.503], [-0.00612, -0.02, -0.02, -0.02], [1, 1, 1, 1])
    assert said(found) == [
        "Practically equivalent: no regularizer is needed.",
        "The best arm is at most 0.0062 R2 better than none, within your margin of 0.01.",
    ]


def test_none_is_certainly_best_and_near():
    found = planted(PLAIN, [0.55, 0.5, 0.5, 0.5], [0.0, -0.02, -0.02, -0.02], [1, -1, -1, -1])
    assert said(found)[1] == "No other arm is better than none."
    found = planted(PLAIN, [0.50, 0.505, 0.501, 0.503], [-0.00991, -0.02, -0.02, -0.02], [1, 1, 1, 1])
    assert said(found)[1:] == [
        "The best arm is at most 0.0100 R2 better than none, within your margin of 0.01.",
        f"{LINE} none 0.0001 R2 lower, the verdict would be another: not enough evidence.",
    ]


def test_pick_either():
    gain = Contrast(0.0012, 0.002, -0.0031, 0.0052)
    found = planted(PLAIN, [0.40, 0.51, 0.50, 0.511], [-0.1, -0.004, -0.006, -0.001], [-1, 1, 1, 1], gain=gain)
    assert said(found) == [
        "Practically equivalent: pick either L1/L2 (l1 0.0001, l2 3e-05) or dropout (rate 0.21).",
        "No arm, combinations included, is more than 0.0060 R2 better, which is within your margin of 0.01.",
        (
            "The best combination (L1/L2 with dropout) against the best single regularizer (L1/L2): "
            "+0.0012 R2 [-0.0031, +0.0052]."
        ),
    ]


def test_pick_any_of_three_without_combinations():
    found = planted(EIGHT[:4], [0.3, 0.5, 0.5, 0.5], [-0.3, -0.004, -0.006, -0.009], [-1, 1, 1, 1])
    assert said(found) == [
        "Practically equivalent: pick any of L1, L2 or dropout (rate 0.21).",
        "No arm is more than 0.0090 R2 better, which is within your margin of 0.01.",
        "No combination was compared.",
    ]


def test_use_alone():
    gain = Contrast(-0.0103, 0.002, -0.0182, -0.0021)
    overlap = Overlap(0.93, 0.71, 1.18, "")
    found = planted(
        PLAIN, [0.40, 0.50, 0.52, 0.51], [-0.15, -0.03, -0.00462, 0.0], [-1, -1, 1, 1], gain=gain, overlap=overlap
    )
    assert said(found) == [
        "Use dropout alone (rate 0.21).",
        "No arm, combinations included, is more than 0.0047 R2 better, which is within your margin of 0.01.",
        (
            "The best combination (L1/L2 with dropout) against the best single regularizer (dropout): "
            "-0.0103 R2 [-0.0182, -0.0021]."
        ),
        "Dropout and L1/L2 mostly overwrite each other here (overlap 0.93 [0.71, 1.18]).",
    ]


def test_what_is_sure_of_an_arm_over_none_is_said():
    gains = {("dropout",): Contrast(0.124, 0.01, 0.0762, 0.1711)}
    found = planted(PLAIN, [0.40, 0.50, 0.52, 0.51], [-0.15, -0.03, -0.00462, 0.0], [-1, -1, 1, 1])
    assert said(replace(found, gains=gains))[2] == "Over no regularizer it gains +0.1240 R2 [+0.0762, +0.1711]."
    found = planted(PLAIN, [0.40, 0.50, 0.52, 0.51], [-0.15, -0.03, -0.03, -0.04], [-1, 1, 1, 1])
    sure = "That dropout beats no regularizer is certain: +0.1240 R2 [+0.0762, +0.1711]."
    assert found.verdict.arm == ("dropout",)
    assert said(replace(found, gains=gains))[2] == sure
    unsure = {("dropout",): Contrast(0.124, 0.1, -0.0762, 0.3)}
    assert sure not in said(replace(found, gains=unsure))


def test_what_rounds_to_zero_has_no_minus():
    gain = Contrast(-0.00003, 0.0002, -0.0005, -0.00004)
    found = planted(PLAIN, [0.40, 0.50, 0.52, 0.51], [-0.15, -0.03, -0.00462, 0.0], [-1, -1, 1, 1], gain=gain)
    assert said(found)[2].endswith("(dropout): +0.0000 R2 [-0.0005, +0.0000].")


def test_use_alone_near_pick_either_and_certainly_best():
    found = planted(PLAIN, [0.40, 0.50, 0.52, 0.51], [-0.15, -0.01123, 0.0, 0.0], [-1, -1, 1, -1])
    assert said(found)[1] == "No other arm, combinations included, is better."
    assert said(found)[3] == (f"{LINE} L1/L2 0.0013 R2 higher, the verdict would be another: two arms are equivalent.")


def test_combine():
    found = planted(PLAIN, [0.40, 0.50, 0.52, 0.58], [-0.25, -0.12, -0.09, 0.0], [-0.2, -0.06, -0.03, 0.09])
    assert said(found) == [
        "Combine: L1/L2 with dropout (l1 1e-05, l2 1e-05, rate 0.1).",
        (
            "It gains +0.0312 R2 [+0.0188, +0.0431] over dropout, the best-looking single regularizer "
            "(12% of its error); +0.0287 after allowing for having picked the winner."
        ),
    ]


def test_combine_near_the_line():
    found = planted(PLAIN, [0.40, 0.50, 0.52, 0.58], [-0.25, -0.12, -0.09, 0.0], [-0.2, -0.06, -0.0012, 0.09])
    assert said(found)[-1] == (f"{LINE} dropout 0.0012 R2 higher, the verdict would be another: not enough evidence.")


def test_combine_names_the_simplest_but_speaks_of_the_best_looking():
    lower = [-1, -1, -1, -1, -0.008, -0.005, -0.3, 0]
    found = planted(EIGHT, [0.1, 0.2, 0.2, 0.21, 0.50, 0.503, 0.3, 0.51], lower, [-1] * 4 + [1] * 4)
    first, second = said(found)
    assert first == "Combine: L1 with dropout."
    assert second.startswith("The best-looking one, L1 with L2 and dropout, gains +0.0312 R2")


def test_combine_which_is_open():
    lower = [-1, -1, -1, -1, -0.03, -0.02, -0.3, -0.011]
    found = planted(EIGHT, [0.1, 0.2, 0.2, 0.21, 0.50, 0.503, 0.3, 0.51], lower, [-1] * 4 + [1] * 4)
    assert said(found)[:2] == [
        "Combine; it is open which combination is best.",
        "L1 with L2 and dropout looks best.",
    ]


@pytest.mark.parametrize(
    ("arms", "text"),
    [
        ([(), ("weights", "dropout")], "L1/L2 alone and dropout alone were not compared."),
        ([(), ("dropout",), ("weights", "dropout")], "L1/L2 alone was not compared."),
    ],
)
def test_combine_says_what_was_not_compared(arms, text):
    count = len(arms)
    found = planted(arms, [0.4, *[0.5] * (count - 2), 0.6], [*[-0.2] * (count - 1), 0], [*[-0.1] * (count - 1), 0.1])
    assert said(found)[-1] == text


def test_open():
    found = planted(PLAIN, [0.5, 0.52, 0.51, 0.53], [-0.06, -0.02, -0.04, -0.02], [0.01, 0.03, 0.02, 0.05])
    assert said(found) == [
        "Not enough evidence.",
        (
            "The best could be no regularizer, L1/L2, dropout or L1/L2 with dropout. "
            "Until there is more, L1/L2 with dropout (l1 1e-05, l2 1e-05, rate 0.1) looks best."
        ),
        "This study easily misses differences below 0.034 R2, and your margin is 0.01.",
        (
            "More training will not help, more rows would: on 442 rows that stays 0.020 or more, however many the "
            "repeats."
        ),
    ]


@pytest.mark.parametrize(
    ("floor", "chance", "text"),
    [
        (0.015, 0.995, f"{MAY} 99%, {MANY}"),  # a floor above the margin is no bar: arms may be alike
        (0.006, 0.34, f"{MAY} 34%, {MANY}"),
        (
            0.032,
            0.33,
            (
                "More repeats can hardly decide it, more rows would help more: on 1,030 rows that stays 0.032 or more, "
                "however many the repeats; their chance to decide it is 33% at best."
            ),
        ),
        (None, None, "More repeats would tell whether more training or more rows would help."),
        (
            0.05,
            0.04,
            (
                "More training will not help, more rows would: on 1,030 rows that stays 0.034 or more, however many "
                "the repeats."
            ),
        ),
    ],
)
def test_what_would_help(floor, chance, text):
    bounds = [0.5, 0.52, 0.51, 0.53], [-0.06, -0.02, -0.04, -0.02], [0.01, 0.03, 0.02, 0.05]
    found = replace(planted(PLAIN, *bounds), floor=floor, chance=chance)
    assert said(found, 1030)[3:] == [text]


def test_groups_are_what_more_would_help():
    found = planted(PLAIN, [0.5, 0.52, 0.51, 0.53], [-0.06, -0.02, -0.04, -0.02], [0.01, 0.03, 0.02, 0.05])
    assert sentences(found, STRENGTHS, rows=442, groups=31)[-1] == (
        "More training will not help, more groups would: on 31 groups that stays 0.020 or more, however many the "
        "repeats."
    )


def test_open_near_a_certificate():
    found = planted(PLAIN, [0.5, 0.52, 0.51, 0.53], [-0.06, -0.0102, -0.04, -0.02], [0.01, 0.03, 0.02, 0.05])
    assert said(found)[-1] == (f"{LINE} L1/L2 0.0002 R2 higher, the verdict would be another: L1/L2 alone.")


def test_open_near_combining():
    found = planted(PLAIN, [0.4, 0.52, 0.51, 0.57], [-0.26, -0.112, -0.14, 0], [-0.1, 0.0023, 0.001, 0.05])
    assert said(found)[-1] == (
        "It is near the line: L1/L2 and dropout could be best by no more than 0.0023 R2; "
        "if none of them could, the verdict would be another."
    )


def test_open_near_combining_with_one_simple_arm_left():
    found = planted(PLAIN, [0.4, 0.52, 0.51, 0.57], [-0.26, -0.112, -0.14, 0], [0.0023, -0.1, -0.1, 0.05])
    assert said(found)[-1] == (
        "It is near the line: no regularizer could be best by no more than 0.0023 R2; "
        "if it could not, the verdict would be another."
    )


def test_pick_any_of_three_near_the_line_names_no_single_score():
    """Were the second-closest far worse, two others would still be within the margin."""
    found = planted(EIGHT[:4], [0.3, 0.5, 0.5, 0.5], [-0.3, -0.004, -0.0085, -0.0091], [-1, 1, 1, 1])
    assert said(found)[-1] == (
        "It is near the line: L2, the second-closest, is within your margin by no more than 0.0015 R2."
    )
    near_none = planted(EIGHT[:4], [0.3, 0.5, 0.5, 0.5], [-0.0104, -0.004, -0.006, -0.0091], [-1, 1, 1, 1])
    assert said(near_none)[-1] == (
        f"{LINE} none 0.0004 R2 higher, the verdict would be another: no regularizer is needed."
    )


def test_a_score_that_is_named_does_change_the_verdict(monkeypatch):
    """Studies near the line, moved by what the sentence says: another rule or another arm, every time."""
    monkeypatch.setattr("posology.inference.best.DRAWS", 1_000)
    rng = np.random.default_rng(11)
    losses, folds = study(rng, [0.5] * 8, rows=40)
    template = {len(arms): analyze(losses[: len(arms)], folds, arms) for arms in (PLAIN, EIGHT)}
    rules = []
    for number in range(300):
        arms = (PLAIN, EIGHT)[number % 2]
        root = rng.normal(size=(len(arms),) * 2) * np.exp(rng.normal(-6.5, 1, (len(arms), 1)))
        theta = rng.normal(-0.5, rng.choice([0.002, 0.005, 0.02]), len(arms))
        theta[-1] += rng.choice([0, 0.03])
        before, best = decided(arms, theta, root @ root.T / len(arms))
        shown = replace(template[len(arms)], verdict=before, best=best, score=1 + theta, flags=(), overlaps={})
        change = re.search(r"were the score of .* (\S+) R2 (lower|higher)", sentences(shown, {}, rows=40)[-1])
        if change:
            theta[arms.index(before.nearest)] += float(change[1]) * (1 if change[2] == "higher" else -1)
            after, _ = decided(arms, theta, root @ root.T / len(arms))
            assert (after.rule, after.arm) != (before.rule, before.arm), before
            rules.append(before.rule)
    assert set(rules) == {1, 2, 3, 4, 5}


def decided(arms, theta, sigma):
    best = compare_with_best(Estimate(theta, sigma, sigma / 2, 24))
    return decide(arms, theta, best, 0.01), best


def test_open_below_the_mean():
    found = planted(PLAIN, [-0.5, -0.5, -0.5, -0.1], [-0.5, -0.5, -0.5, 0.0], [-0.3, -0.3, -0.3, 0.3])
    found = replace(found, flags=("no arm predicts better than the mean of the target",))
    assert said(found) == [
        "Not enough evidence.",
        (
            "No arm predicts better than the mean of the target; "
            "L1/L2 with dropout (l1 1e-05, l2 1e-05, rate 0.1) comes closest."
        ),
        "More repeats would not help: these columns and this network do not predict the target yet.",
        (
            "Beware: no arm predicts better than the mean of the target. "
            "The verdict is about this table, not about new data of its kind."
        ),
    ]


def test_open_among_combinations():
    found = planted(EIGHT[4:], [0.5, 0.4, 0.4, 0.4], [0, -0.2, -0.2, -0.2], [1, -1, -1, -1])
    assert said(found) == [
        "Not enough evidence.",
        "Only combinations were compared; of these, L1 with L2 looks best.",
        "Whether to combine needs single regularizers among the arms (--arms).",
    ]


@pytest.mark.parametrize(
    ("interval", "what"),
    [
        ((1.5, 1.1, 2.0), "hurt each other"),
        ((1.5, 0.9, 2.0), "mostly overwrite each other"),
        ((0.5, 0.2, 0.8), "share part of their effect"),
        ((0.1, -0.2, 0.3), "mostly add up"),
        ((-1.0, -2.0, -0.1), "strengthen each other"),
        ((0.5, -0.2, 1.2), None),
    ],
)
def test_sharing_says_what_the_interval_supports(interval, what):
    bounds = [0.40, 0.50, 0.52, 0.58], [-0.25, -0.12, -0.09, 0.0], [-0.2, -0.06, -0.03, 0.09]
    rest = said(planted(PLAIN, *bounds, overlap=Overlap(*interval, "")))[2:]
    assert rest == [] if what is None else f"Dropout and L1/L2 {what} here (overlap" in rest[0]
    assert said(planted(PLAIN, *bounds, overlap=Overlap(None, None, None, "no effect to share")))[2:] == []


def test_several_flags():
    found = planted(PLAIN, [0.50, 0.505, 0.501, 0.503], [-0.006, -0.02, -0.02, -0.02], [1, 1, 1, 1])
    assert said(replace(found, flags=("one", "two")))[-1] == (
        "Beware: one; two. The verdict is about this table, not about new data of its kind."
    )


def test_names():
    assert arm_in_words(()) == "no regularizer"
    assert arm_in_words(("l1", "dropout")) == "L1 with dropout"


@pytest.mark.parametrize("margin", [0.00995, 0.01, 0.003, 0.00021, 0.05])
@pytest.mark.parametrize("share", [1.0, 0.9999, 0.991, 0.5, 0.001])
def test_bounds_are_rounded_to_the_safe_side(margin, share):
    """ "At most x, within your margin of m": x is no less than the bound, and no more than m."""
    bound = margin * share
    found = planted(PLAIN, [0.5, 0.5, 0.5, 0.5], [-bound, -1, -1, -1], [1] * 4, margin=margin)
    if found.verdict.rule != 1:  # rounding of -(-bound)
        pytest.fail("planted for rule 1")
    most, line = map(float, re.search(r"at most (\S+) R2 .* margin of ([\d.e-]+\d)", said(found)[1]).groups())
    assert bound * (1 - 1e-4) - 1e-9 <= most <= line * (1 + 1e-9)
    assert line == pytest.approx(margin)
