import numpy as np
import pytest
from baycomp import single
from scipy import stats

from posology.inference import Estimate, substitution
from posology.inference.contrasts import (
    contrast,
    corrected_resampled_t,
    overlap,
    probabilities,
    shapley_interaction,
    shrunken,
    unit,
)
from tests.inference.planted import EIGHT, PLAIN


def estimate_of(theta, variance=1e-8, df=24):
    sigma = np.eye(len(theta)) * variance if np.ndim(variance) == 0 else np.asarray(variance)
    return Estimate(np.asarray(theta, float), sigma, sigma / 2, df)


def test_contrast_by_hand():
    found = contrast(estimate_of([0.1, 0.3], 0.5), np.array([-1.0, 1.0]))
    assert (found.value, found.se) == (pytest.approx(0.2), pytest.approx(1.0))
    assert found.upper == pytest.approx(0.2 + 2.0639, abs=1e-4)  # t(.975, 24)
    assert found.lower == pytest.approx(0.2 - 2.0639, abs=1e-4)


def test_interaction_of_two_by_two_by_hand():
    """none .50, W .56, D .55, W+D .58: gains .06, .05, .08, so -0.03."""
    weights = shapley_interaction(PLAIN, "weights", "dropout")
    np.testing.assert_array_equal(weights, [1, -1, -1, 1])
    assert contrast(estimate_of([0.50, 0.56, 0.55, 0.58]), weights).value == pytest.approx(-0.03)


def test_shapley_weights_of_three_factors_are_halves():
    weights = dict(zip(EIGHT, shapley_interaction(EIGHT, "l1", "dropout"), strict=True))
    assert weights == {
        (): 0.5,
        ("l1",): -0.5,
        ("dropout",): -0.5,
        ("l1", "dropout"): 0.5,
        ("l2",): 0.5,
        ("l1", "l2"): -0.5,
        ("l2", "dropout"): -0.5,
        ("l1", "l2", "dropout"): 0.5,
    }


def test_interactions_need_every_arm():
    assert shapley_interaction(PLAIN[1:], "weights", "dropout") is None
    assert shapley_interaction(EIGHT[:-1], "l1", "l2") is None


@pytest.mark.parametrize(
    ("both", "omega"),
    [(0.11, 0.0), (0.06, 1.0), (0.085, 0.5), (0.035, 1.5), (0.16, -1.0)],
    ids=["additive", "overwritten", "half", "hurt", "synergy"],
)
def test_overlap(both, omega):
    """Gains of .06 and .05 alone."""
    found = overlap(estimate_of([0.5, 0.56, 0.55, 0.5 + both]), PLAIN, "weights", "dropout")
    assert found.value == pytest.approx(omega)
    assert found.lower < omega < found.upper
    assert found.upper - found.lower < 0.05


@pytest.mark.parametrize("both", [0.11, 0.06, 0.035])
def test_the_interval_of_an_overlap_is_the_delta_methods(both):
    """Little noise: omega = 1 - (b - w)/d is linear, its sd |gradient| s, the interval 1.96 of them to each side."""
    w, d, s = 0.06, 0.05, 1e-4
    by_gain = np.array([1 / d, (both - w) / d**2, -1 / d])  # of w, d, b
    half = 1.96 * s * np.sqrt(by_gain @ by_gain + by_gain.sum() ** 2)  # `none` is in all three
    found = overlap(estimate_of([0.5, 0.56, 0.55, 0.5 + both], s**2), PLAIN, "weights", "dropout")
    assert found.value - found.lower == pytest.approx(half, rel=0.06)
    assert found.upper - found.value == pytest.approx(half, rel=0.06)


def test_no_overlap_without_an_effect_to_share():
    """Gains .06 and .01 with a standard error of .01: the smaller is not certain."""
    found = overlap(estimate_of([0.5, 0.56, 0.51, 0.57], 5e-5), PLAIN, "weights", "dropout")
    assert found.value is None
    assert "no effect to share" in found.reason
    assert overlap(estimate_of([0.5, 0.56, 0.54, 0.57], 5e-5), PLAIN, "weights", "dropout").value is not None
    # between the two-sided and the one-sided bound: 1.8 standard errors are enough
    assert overlap(estimate_of([0.5, 0.9, 0.518, 0.9], 5e-5), PLAIN, "weights", "dropout").value is not None
    assert overlap(estimate_of([0.5, 0.9, 0.515, 0.9], 5e-5), PLAIN, "weights", "dropout").value is None
    assert overlap(estimate_of([0.5, 0.4, 0.4, 0.4]), PLAIN, "weights", "dropout").value is None


def test_overlap_needs_its_four_arms():
    for left_out in range(4):
        arms = [a for i, a in enumerate(PLAIN) if i != left_out]
        assert overlap(estimate_of([0.5, 0.6, 0.7]), arms, "weights", "dropout") is None


def test_shrunken_by_hand():
    """P theta = (-.03, -.01, .01, .03): size .002; tr(P Sigma P) = 3 x 1e-4; B = 1 - (2/3) 3e-4/2e-3 = .9."""
    found = shrunken(estimate_of([0.50, 0.52, 0.54, 0.56], 1e-4))
    np.testing.assert_allclose(found, 0.53 + 0.9 * np.array([-0.03, -0.01, 0.01, 0.03]))


def test_shrunken_of_eight_by_hand():
    """A = 8: (A-3)/(A-1) = 5/7; |P theta|^2 = 8 x 1e-4; tr(P Sigma P) = 7 x 4e-5; B = 1 - 5/7 x 2.8e-4/8e-4 = .75."""
    theta = 0.5 + 0.01 * np.array([1, -1] * 4)
    np.testing.assert_allclose(shrunken(estimate_of(theta, 4e-5)), 0.5 + 0.75 * (theta - 0.5))


def test_shrunken_edges():
    np.testing.assert_allclose(shrunken(estimate_of([0.5, 0.51, 0.52, 0.51], 1.0)), 0.51)  # all noise: all the same
    np.testing.assert_allclose(shrunken(estimate_of([0.5, 0.5])), [0.5, 0.5])
    # noise that arms share is no reason to shrink
    theta = np.array([0.50, 0.52, 0.54, 0.56])
    np.testing.assert_allclose(shrunken(estimate_of(theta, np.full((4, 4), 1.0))), theta)
    two = shrunken(estimate_of([0.4, 0.6], 0.01))  # 1 - (2/3) .01/.02 = 2/3
    np.testing.assert_allclose(two, [0.5 - 0.1 * 2 / 3, 0.5 + 0.1 * 2 / 3])


def ask(theta, variance=1e-4, margin=0.01):
    return probabilities(estimate_of(theta, variance), [1, 2], [3], margin)


def test_probabilities_of_planted_cases():
    far = ask([0.3, 0.4, 0.4, 0.6])
    assert far.combination_better > 0.999
    assert far.within_margin < 0.001
    worse = ask([0.3, 0.6, 0.4, 0.4])
    assert worse.combination_better < 0.001
    close = ask([0.3, 0.4, 0.6, 0.601], 1e-7)
    assert close.within_margin > 0.999
    # a tie of the combination with one single, the other far behind: even odds
    assert ask([0.3, 0.4, 0.6, 0.6]).combination_better == pytest.approx(0.5, abs=0.03)


def test_probabilities_of_two_arms_by_hand():
    """The difference is N(d, 2 s2), s2 the variance with one copy of the row term, here half of it all."""
    s2, d = 1e-4, 0.012
    found = probabilities(estimate_of([0.5, 0.5 + d], 2 * s2), [0], [1], 0.01)
    normal = stats.norm(d, np.sqrt(2 * s2))
    assert found.combination_better == pytest.approx(1 - normal.cdf(0), abs=0.02)
    assert found.within_margin == pytest.approx(normal.cdf(0.01) - normal.cdf(-0.01), abs=0.02)


def test_arms_of_a_side_that_differ_by_noise_alone_are_no_advantage_of_their_number():
    """Two tied singles against one combination, and three against four: no side is better for having more arms."""
    few = ask([0.5, 0.501, 0.502, 0.5015], 1e-3)
    assert few.combination_better == pytest.approx(0.5, abs=0.1)
    assert few.within_margin < 0.5, "little was measured: equality is not certain"
    theta = 0.5 + 0.001 * np.arange(8)[[0, 3, 1, 2, 3, 0, 2, 1]]
    many = probabilities(estimate_of(theta, 1e-3), [1, 2, 3], [4, 5, 6, 7], 0.01)
    assert many.combination_better == pytest.approx(0.5, abs=0.1)


def test_arms_of_a_side_that_truly_differ_keep_their_lead():
    found = ask([0.3, 0.4, 0.6, 0.55], 1e-4)
    assert found.combination_better < 0.01


def test_shared_noise_leaves_probabilities_alone():
    theta = [0.5, 0.52, 0.53, 0.55]
    sigma = np.eye(4) * 1e-4
    uneven = sigma + 0.01 * np.outer([1, 1, 1, 1.1], [1, 1, 1, 1.1])
    plain, shared = ask(theta, sigma), ask(theta, sigma + 0.01)
    assert shared.combination_better == pytest.approx(plain.combination_better, abs=0.02)
    # noise that weighs on the combination more than on others is noise of differences: not taken for known
    assert 0.5 < ask(theta, uneven).combination_better < plain.combination_better


def test_probabilities_need_both_kinds():
    assert probabilities(estimate_of([0.5, 0.6]), [1], [], 0.01) is None
    assert probabilities(estimate_of([0.5, 0.6]), [], [1], 0.01) is None


@pytest.mark.parametrize(("folds", "runs"), [(5, 5), (10, 1), (10, 3)])
def test_corrected_resampled_t_is_baycomps(folds, runs):
    rng = np.random.default_rng(folds)
    x, y = rng.normal(0.5, 0.1, folds * runs), rng.normal(0.55, 0.1, folds * runs)
    mean, variance, df = single.CorrelatedTTest.compute_statistics(x, y, runs)
    found = corrected_resampled_t(y - x, folds)
    assert found.value == pytest.approx(mean)
    assert found.se == pytest.approx(np.sqrt(variance))
    assert found.lower == pytest.approx(stats.t.ppf(0.025, df, mean, np.sqrt(variance)))
    left, *_, right = single.CorrelatedTTest.probs(x, y, runs=runs)
    assert left == pytest.approx(stats.t.cdf(0, df, found.value, found.se))
    assert right == pytest.approx(1 - left)


def test_substitution():
    alone = np.exp([1.0, 2.0, 3.0])
    found = substitution(alone, alone / np.exp([0.5, 1.0, 1.5]))
    assert found.value == pytest.approx(1.0)  # weaker in the combination: above zero
    assert found.se == pytest.approx(0.5 / np.sqrt(3))
    assert found.upper == pytest.approx(1 + 4.3027 * 0.5 / np.sqrt(3), abs=1e-4)  # t(.975, 2)


def test_unit():
    np.testing.assert_array_equal(unit(PLAIN, (("dropout",), 1.0), ((), -1.0)), [-1, 0, 1, 0])


def test_of_arms_that_rarely_differ_a_gain_is_not_said_finer_than_half_a_margin():
    rare = np.array([[False, True, False], [True, False, False], [False, False, False]])
    found = Estimate(np.array([0.0, 0.0004, 0.02]), np.eye(3) * 1e-10, np.eye(3) * 5e-11, 24, rare)
    gain = contrast(found, np.array([-1.0, 1.0, 0.0]), margin=0.01)
    assert (gain.lower, gain.upper) == (pytest.approx(0.0004 - 0.005), pytest.approx(0.0004 + 0.005))
    often = contrast(found, np.array([-1.0, 0.0, 1.0]), margin=0.01)
    assert often.upper - often.lower < 1e-3
    assert contrast(found, np.array([-1.0, 1.0, 0.0])).lower > 0  # without a margin there is no half of it
