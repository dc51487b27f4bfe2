import numpy as np
import pytest

from posology.inference import Best, Kind, decide
from tests.inference.planted import EIGHT, PLAIN

W, D, WD = ("weights",), ("dropout",), ("weights", "dropout")


def rule(arms, theta, lower, reach, margin=0.01, **options):
    """Decide on planted bounds; `reach` above zero makes an arm one that could be best."""
    reach = np.asarray(reach, float)
    best = Best(np.maximum(0, reach), np.asarray(lower, float), reach > 0, np.full(len(arms), 2.16), reach)
    return decide(arms, np.asarray(theta, float), best, margin, **options)


def test_rule_1_none_is_enough():
    found = rule(PLAIN, [0.50, 0.505, 0.501, 0.503], [-0.009, -0.001, -0.02, -0.02], [1, 1, 1, 1])
    assert (found.kind, found.rule, found.arm) == (Kind.EQUIVALENT, 1, ())
    assert (found.distance, found.nearest) == (pytest.approx(0.001), ())


def test_the_line_itself_is_within():
    assert rule(PLAIN, [0.5] * 4, [-0.01, -0.02, -0.02, -0.02], [1] * 4).rule == 1
    assert rule(PLAIN, [0.5] * 4, [-0.0100001, -0.02, -0.02, -0.02], [1] * 4).rule == 5


def test_rule_2_pick_either():
    found = rule(PLAIN, [0.40, 0.51, 0.50, 0.51], [-0.1, -0.006, -0.004, -0.001], [-1, 1, 1, 1])
    assert (found.kind, found.rule, found.arm) == (Kind.EQUIVALENT, 2, W)
    assert (found.distance, found.nearest) == (pytest.approx(0.004), W)  # W is the second-closest


def test_rule_2_needs_two_of_three():
    found = rule(EIGHT, [0.4, 0.5, 0.51, 0.52, *[0.5] * 4], [-1, -0.002, -0.008, -0.004, *[-1] * 4], [1] * 8)
    assert (found.rule, found.arm) == (2, ("dropout",))
    assert (found.distance, found.nearest) == (pytest.approx(0.006), ("dropout",))


def test_rule_2_may_be_nearest_to_rule_1():
    found = rule(PLAIN, [0.49, 0.51, 0.50, 0.51], [-0.0105, -0.006, -0.004, -0.001], [-1, 1, 1, 1])
    assert (found.rule, found.distance, found.nearest) == (2, pytest.approx(0.0005), ())


def test_rule_3_use_alone():
    found = rule(PLAIN, [0.40, 0.50, 0.52, 0.51], [-0.15, -0.03, -0.002, 0.0], [-1, -1, 1, 1])
    assert (found.kind, found.rule, found.arm) == (Kind.USE_ALONE, 3, D)
    assert (found.distance, found.nearest) == (pytest.approx(0.008), D)
    assert found.could_be_best == (D, WD)


def test_rule_3_may_be_nearest_to_rule_2():
    found = rule(PLAIN, [0.40, 0.50, 0.52, 0.51], [-0.15, -0.011, -0.002, 0.0], [-1, 1, 1, 1])
    assert (found.rule, found.distance, found.nearest) == (3, pytest.approx(0.001), W)


def test_rule_3_comes_before_rule_4():
    """The combination is certainly best, yet by less than the margin."""
    assert rule(PLAIN, [0.4, 0.4, 0.50, 0.505], [-0.2, -0.2, -0.009, 0], [-1, -1, -0.001, 1]).rule == 3


def test_rule_4_combine():
    found = rule(PLAIN, [0.40, 0.50, 0.52, 0.58], [-0.25, -0.12, -0.09, 0.0], [-0.2, -0.06, -0.03, 0.09])
    assert (found.kind, found.rule, found.arm, found.open_combination) == (Kind.COMBINE, 4, WD, False)
    assert (found.distance, found.nearest) == (pytest.approx(0.03), D)  # D lacks .03 of being best perhaps


def test_rule_4_may_be_nearest_to_a_certificate():
    """Where bounds are narrow, D comes within the margin before it reaches the best."""
    found = rule(PLAIN, [0.40, 0.45, 0.52, 0.532], [-0.2, -0.1, -0.013, 0.0], [-0.1, -0.05, -0.011, 0.02])
    assert (found.rule, found.distance, found.nearest) == (4, pytest.approx(0.003), D)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_any_simple_arm_that_could_be_best_forbids_combining(index):
    reach = [-0.1, -0.1, -0.1, 0.1]
    reach[index] = 0.001
    found = rule(PLAIN, [0.4, 0.5, 0.52, 0.58], [-0.25, -0.12, -0.09, 0.0], reach)
    assert (found.kind, found.rule) == (Kind.OPEN, 5)
    # of all certificates, that of combining is the nearest: this arm would have to go
    assert (found.distance, found.nearest) == (pytest.approx(0.001), PLAIN[index])


def test_rule_4_names_the_simplest_combination_within_the_margin():
    lower = [-1, -1, -1, -1, -0.008, -0.005, -0.3, 0]
    found = rule(EIGHT, [0.1, 0.2, 0.2, 0.2, 0.50, 0.503, 0.3, 0.51], lower, [-1] * 4 + [1] * 4)
    assert (found.rule, found.arm, found.open_combination) == (4, ("l1", "dropout"), False)


def test_rule_4_a_combination_which_is_open():
    lower = [-1, -1, -1, -1, -0.03, -0.02, -0.3, -0.011]
    found = rule(EIGHT, [0.1, 0.2, 0.2, 0.2, 0.50, 0.503, 0.3, 0.51], lower, [-1] * 4 + [1] * 4)
    assert (found.rule, found.arm, found.open_combination) == (4, ("l1", "l2", "dropout"), True)


def test_no_combining_below_the_mean():
    found = rule(PLAIN, [-2.4, -2.5, -2.5, -2.1], [-0.3, -0.4, -0.4, 0], [-0.2, -0.2, -0.2, 0.1], combine_allowed=False)
    assert (found.kind, found.rule, found.arm) == (Kind.OPEN, 5, WD)
    assert (found.distance, found.nearest) == (pytest.approx(0.29), ())  # certificates are all that is left


def test_rule_5_the_nearest_certificate():
    found = rule(PLAIN, [0.5, 0.52, 0.51, 0.53], [-0.06, -0.012, -0.04, -0.02], [0.01, 0.03, 0.02, 0.05])
    assert (found.kind, found.rule, found.arm) == (Kind.OPEN, 5, WD)
    assert (found.distance, found.nearest) == (pytest.approx(0.002), W)
    assert found.could_be_best == tuple(PLAIN)


def test_rule_5_combining_waits_for_the_last_simple_arm():
    found = rule(PLAIN, [0.5, 0.52, 0.51, 0.57], [-0.16, -0.112, -0.14, 0], [-0.01, 0.003, 0.001, 0.05])
    assert (found.rule, found.distance, found.nearest) == (5, pytest.approx(0.003), W)


def test_without_none():
    assert rule(PLAIN[1:], [0.5, 0.51, 0.5], [-0.004, -0.003, 0], [1, 1, 1]).rule == 2
    assert rule(PLAIN[1:], [0.5, 0.51, 0.6], [-0.2, -0.2, 0], [-1, -1, 1]).rule == 4


def test_without_combinations():
    """Nothing to combine: one of the first three rules, or not enough evidence."""
    arms = PLAIN[:3]
    assert rule(arms, [0.4, 0.5, 0.52], [-0.1, -0.03, 0], [-1, -1, 1]).rule == 3
    found = rule(arms, [0.4, 0.5, 0.52], [-0.1, -0.05, -0.02], [-1, 0.001, 1])
    assert (found.rule, found.nearest, found.distance) == (5, D, pytest.approx(0.01))


def test_without_singles():
    """Combinations against none: none may be enough, or be ruled out."""
    arms = [(), WD]
    assert rule(arms, [0.5, 0.5], [-0.002, 0], [1, 1]).rule == 1
    assert rule(arms, [0.5, 0.6], [-0.2, 0], [-0.05, 1]).rule == 4
    assert rule(arms, [0.5, 0.52], [-0.05, -0.02], [0.02, 1]).rule == 5


def test_combinations_alone_never_say_combine():
    arms = EIGHT[4:]
    found = rule(arms, [0.5, 0.4, 0.4, 0.4], [0, -0.2, -0.2, -0.2], [1, -1, -1, -1])
    assert (found.rule, found.arm) == (5, ("l1", "l2"))
    assert found.distance == float("inf")


def test_a_wider_margin_certifies_more():
    bounds = ([0.40, 0.50, 0.52, 0.51], [-0.15, -0.015, -0.004, 0.0], [-1, 1, 1, 1])
    assert [rule(PLAIN, *bounds, margin=m).rule for m in (0.003, 0.01, 0.02, 0.2)] == [5, 3, 2, 1]
