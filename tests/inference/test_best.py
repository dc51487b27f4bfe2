import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posology.inference import Estimate, compare_with_best, half_widths


def estimate_of(theta, sigma, df=24):
    sigma = np.asarray(sigma, float)
    return Estimate(np.asarray(theta, float), sigma, sigma / 2, df)


@pytest.mark.parametrize(
    ("comparisons", "df", "table"),
    [(1, 24, 1.71), (2, 24, 2.01), (3, 24, 2.17), (7, 24, 2.48), (3, 5, 2.68), (3, 10, 2.34)],
)
def test_critical_values_are_dunnetts_one_sided(comparisons, df, table):
    """Dunnett 1955, JASA 50, table 1a: one-sided 95%, rho 1/2. The two-sided value at 3 and 24 is 2.51."""
    found = estimate_of(np.zeros(comparisons + 1), np.eye(comparisons + 1) * 1e-4, df)
    np.testing.assert_allclose(compare_with_best(found).q, table, rtol=0.03)


def test_shared_noise_of_the_arms_cancels():
    """A common part leaves every pair's standard error, and so q, as it was."""
    plain = compare_with_best(estimate_of([0.0, 0.01, 0.02, 0.03], np.eye(4) * 1e-4))
    shared = compare_with_best(estimate_of([0.0, 0.01, 0.02, 0.03], np.eye(4) * 1e-4 + 0.01))
    np.testing.assert_allclose(shared.q, plain.q, atol=0.06)
    np.testing.assert_allclose(shared.lower, plain.lower, atol=0.06 * 0.0142)


def test_unequal_correlations_take_their_own_critical_values():
    """Comparisons with a noisy arm are nearly one comparison, with a quiet one nearly independent."""
    q = compare_with_best(estimate_of(np.zeros(4), np.diag([1.0, 1e-4, 1e-4, 1e-4]))).q
    assert q[0] == pytest.approx(1.71, abs=0.05)
    assert q[1] > 2.1


def test_bounds_by_hand():
    """Two arms, 0.1 apart, se 0.01 sqrt(2), q = t(.95, 24) = 1.711."""
    best = compare_with_best(estimate_of([0.0, 0.1], np.eye(2) * 1e-4))
    assert best.could_be_best.tolist() == [False, True]
    assert best.upper[0] == 0
    assert best.reach[0] == pytest.approx(-0.1 + 1.711 * 0.01414, abs=5e-4)
    assert best.upper[1] == pytest.approx(0.1 + 1.711 * 0.01414, abs=5e-4)
    assert best.lower[0] == pytest.approx(-0.1 - 1.711 * 0.01414, abs=5e-4)
    assert best.lower[1] == 0  # nothing else could be best
    np.testing.assert_array_equal(np.maximum(0, best.reach), best.upper)


def test_lower_bounds_use_the_critical_value_of_the_rival_among_those_that_could_be_best():
    theta, sigma = np.array([0.0, 0.05, 0.055, -1.0]), np.diag([4e-4, 1e-4, 2e-5, 1e-4])
    best = compare_with_best(estimate_of(theta, sigma))
    se = estimate_of(theta, sigma).pair_se()
    assert best.could_be_best.tolist() == [False, True, True, False]
    expected = [min(0, min(theta[i] - theta[j] - best.q[j] * se[i, j] for j in (1, 2) if j != i)) for i in range(4)]
    np.testing.assert_allclose(best.lower, expected)
    others = [[j for j in range(4) if j != i] for i in range(4)]
    reach = [min(theta[i] - theta[j] + best.q[i] * se[i, j] for j in others[i]) for i in range(4)]
    np.testing.assert_allclose(best.reach, reach)


def test_an_arm_that_cannot_be_best_bounds_no_other():
    """Noise of one source z: arm 0 has .2 z, arm 1 none, arm 2 -.01 z. Arm 2 rules arm 1 out.

    Against arm 1, with its two-sided q of t(.975, 24) = 2.064, arm 0 would be -.393 below; against arm 2 it is -.369.
    """
    root = np.array([0.2, 0.0, -0.01])
    best = compare_with_best(estimate_of([0.02, 0.0, 0.03], np.outer(root, root)))
    assert best.could_be_best.tolist() == [True, False, True]
    np.testing.assert_allclose(best.q[1:], [2.064, 1.711], rtol=0.03)
    assert best.lower[0] == pytest.approx(0.02 - 0.03 - best.q[2] * 0.21)
    assert best.lower[0] > 0.02 - best.q[1] * 0.2


def test_exact_ties_could_all_be_best_even_with_a_rival():
    """Identical arms once fell out of the arms that could be best where a third was left in."""
    tied = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]) * 1e-4
    best = compare_with_best(estimate_of([0.1, 0.1, 0.095], tied))
    assert best.could_be_best.all()
    best = compare_with_best(estimate_of([0.1, 0.1, -0.9], tied))
    assert best.could_be_best.tolist() == [True, True, False]
    assert best.lower.tolist()[:2] == [0, 0]
    assert best.upper.tolist() == [0, 0, 0]


def test_arms_that_never_differ_are_compared_exactly():
    constant = np.full((2, 2), 1e-4)
    best = compare_with_best(estimate_of([0.1, 0.2], constant))
    assert best.could_be_best.tolist() == [False, True]
    assert best.lower[0] == pytest.approx(-0.1)
    best = compare_with_best(estimate_of([0.1, 0.1], constant))
    assert best.could_be_best.all()
    assert np.isfinite(best.lower).all()


def test_rounding_between_identical_arms_does_not_move_the_others():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(3, 3)) * 0.01
    sigma = root @ root.T
    three = compare_with_best(estimate_of([0.1, 0.09, 0.08], sigma))
    copied = np.ix_([0, 1, 2, 2], [0, 1, 2, 2])
    noisy = sigma[copied] * (1 + 1e-15 * rng.normal(size=(4, 4)))
    four = compare_with_best(estimate_of([0.1, 0.09, 0.08, 0.08], (noisy + noisy.T) / 2))
    np.testing.assert_allclose(four.q[:3], three.q, atol=0.08)


def test_one_arm_is_the_best():
    best = compare_with_best(estimate_of([0.1], [[1e-4]]))
    assert best.could_be_best.tolist() == [True]
    assert best.lower.tolist() == [0]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), arms=st.integers(2, 6), scale=st.floats(0.01, 100))
def test_invariants(seed, arms, scale):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(arms, arms)) * 0.01
    theta = rng.normal(0, 0.02, arms)
    best = compare_with_best(estimate_of(theta, root @ root.T))
    assert best.could_be_best[theta.argmax()]
    assert (best.upper >= 0).all()
    assert (best.lower <= 0).all()
    assert ((best.upper > 0) == best.could_be_best).all()
    moved = compare_with_best(estimate_of(theta * scale + 3, root @ root.T * scale**2))
    np.testing.assert_allclose(moved.lower, best.lower * scale, atol=1e-8 * scale)
    assert (moved.could_be_best == best.could_be_best).all()


def test_the_bounds_hold_together_on_simulated_estimates():
    """95% of studies have theta_i - max_j theta_j >= L_i for all i and the true best in G, after selection."""
    rng = np.random.default_rng(8)
    theta, sigma = np.array([0.0, 0.01, 0.011, 0.011]), np.eye(4) * 1e-4
    wrong = 0
    for _ in range(200):
        shown = theta + rng.normal(0, 0.01, 4)
        best = compare_with_best(estimate_of(shown, sigma * rng.chisquare(24) / 24))
        gap = np.array([theta[i] - max(np.delete(theta, i)) for i in range(4)])
        wrong += not ((gap >= best.lower).all() and best.could_be_best[2] and (gap <= best.upper).all())
    assert wrong <= 20  # 5% of 200, and 3.2 standard deviations


def falling_back(fits, se=1e-4):
    """Two arms .0004 apart with a tiny standard error, that differ in the given share of fits or not."""
    rare = np.full((2, 2), fits) & ~np.eye(2, dtype=bool)
    return Estimate(np.array([0.5, 0.5004]), np.eye(2) * se**2 / 2, np.eye(2) * se**2 / 4, 24, rare)


def test_of_pairs_that_rarely_differ_nothing_finer_than_half_a_margin_is_said():
    best = compare_with_best(falling_back(True), margin=0.01)
    assert best.could_be_best.all()
    np.testing.assert_allclose(best.lower, [-0.0054, -0.0046])
    np.testing.assert_allclose(best.upper, [0.0046, 0.0054])
    often = compare_with_best(falling_back(False), margin=0.01)
    assert often.could_be_best.tolist() == [False, True]
    assert often.lower[0] > -0.001
    wide = compare_with_best(falling_back(True, se=0.1), margin=0.01)
    np.testing.assert_array_equal(wide.lower, compare_with_best(falling_back(False, se=0.1), margin=0.01).lower)


def test_a_tie_in_every_fit_is_no_exact_equality():
    same = Estimate(np.array([0.5, 0.5]), np.ones((2, 2)), np.ones((2, 2)), 24, ~np.eye(2, dtype=bool))
    best = compare_with_best(same, margin=0.01)
    np.testing.assert_allclose([best.lower, best.upper], [[-0.005, -0.005], [0.005, 0.005]])
    assert best.could_be_best.all()
    assert compare_with_best(same).lower.tolist() == [0, 0]  # without a margin there is no half of it


def test_half_widths_of_one_critical_value():
    found = falling_back(True)
    np.testing.assert_allclose(half_widths(found, 2.0), [[0, 2e-4], [2e-4, 0]])
    np.testing.assert_allclose(half_widths(found, np.array([2.0, 3.0])), [[0, 2e-4], [3e-4, 0]])
