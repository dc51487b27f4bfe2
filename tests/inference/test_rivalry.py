import numpy as np
import pytest
from scipy import stats

from posology.inference import Estimate, compare_with_best, estimate
from posology.inference.rivalry import gain_bounds, rivalry
from tests.inference.planted import PLAIN, study


def test_numbers_of_the_pair():
    losses, folds = study(np.random.default_rng(0), [0.6, 0.55, 0.5, 0.4])
    found = estimate(losses, folds)
    best = compare_with_best(found)
    got = rivalry(losses, folds, found, best, PLAIN, [1, 2], [3])
    value, se = found.theta[3] - found.theta[2], found.pair_se()[3, 2]
    assert (got.combination, got.single) == (("weights", "dropout"), ("dropout",))
    assert (got.difference.value, got.difference.se) == (pytest.approx(value), pytest.approx(se))
    assert value == pytest.approx(0.1, abs=0.03)  # the combination's gain is above zero
    assert got.percent_of_error == pytest.approx(100 * value / -found.theta[2])
    assert got.in_se == pytest.approx(value / se)
    assert 0 < got.shrunken < value
    assert not got.same


def test_resampled_t_reads_the_same_pair_in_the_same_direction():
    losses, folds = study(np.random.default_rng(0), [0.6, 0.55, 0.5, 0.4], rows=303)
    found = estimate(losses, folds)
    got = rivalry(losses, folds, found, compare_with_best(found), PLAIN, [1, 2], [3]).resampled_t
    by_fit = np.array(
        [(losses[2, r, folds[r] == f] - losses[3, r, folds[r] == f]).mean() for r in range(5) for f in range(5)]
    )
    assert got.value == pytest.approx(by_fit.mean())
    assert got.se == pytest.approx(by_fit.std(ddof=1) * np.sqrt(1 / 25 + 1 / 4))
    assert got.upper == pytest.approx(got.value + stats.t.ppf(0.975, 24) * got.se)


def test_bounds_of_one_pair_use_both_critical_values():
    found = Estimate(np.array([0.0, 0.5, 0.6]), np.diag([1e-2, 1e-4, 4e-4]), np.eye(3), 24)
    best = compare_with_best(found)
    se = np.sqrt(5e-4)
    lower, upper = gain_bounds(found, best, [1], [2])
    assert lower == pytest.approx(0.1 - best.q[1] * se)
    assert upper == pytest.approx(0.1 + best.q[2] * se)
    assert best.q[1] != best.q[2]


def test_bounds_of_two_pairs_of_rivals_by_loops():
    theta, variances = np.array([0.0, 0.05, 0.05, 0.06, 0.07]), np.array([1e-3, 1e-5, 4e-4, 1e-3, 1e-4])
    found = Estimate(theta, np.diag(variances), np.eye(5), 24)
    best = compare_with_best(found)
    se = {(c, s): np.sqrt(variances[c] + variances[s]) for c in (3, 4) for s in (1, 2)}
    low = {(c, s): theta[c] - theta[s] - best.q[s] * se[c, s] for c, s in se}
    high = {(c, s): theta[c] - theta[s] + best.q[c] * se[c, s] for c, s in se}
    lower, upper = gain_bounds(found, best, [1, 2], [3, 4])
    assert lower == pytest.approx(max(min(low[c, 1], low[c, 2]) for c in (3, 4)))
    assert upper == pytest.approx(min(max(high[3, s], high[4, s]) for s in (1, 2)))
    assert len({round(v, 6) for v in (*low.values(), *high.values())}) == 8  # no two would do as well


def test_bounds_hold_for_whichever_is_truly_best():
    """95% each, though the arms are picked on the same data: true gain max(c) - max(s) = .01."""
    rng = np.random.default_rng(3)
    theta = np.array([0.0, 0.02, 0.02, 0.02, 0.03, 0.03])
    below = above = 0
    for _ in range(200):
        found = Estimate(theta + rng.normal(0, 0.01, 6), np.eye(6) * 1e-4, np.eye(6), 200)
        lower, upper = gain_bounds(found, compare_with_best(found), [1, 2, 3], [4, 5])
        assert lower <= found.theta[4:].max() - found.theta[1:4].max() <= upper
        below += lower > 0.01
        above += upper < 0.01
    assert max(below, above) <= 20


def test_missing_parts_and_identical_arms():
    losses, folds = study(np.random.default_rng(0), [0.6, 0.5, 0.5, 0.5])
    losses[3] = losses[2] = losses[1]
    found = estimate(losses, folds)
    best = compare_with_best(found)
    assert rivalry(losses, folds, found, best, PLAIN, [], [3]) is None
    assert rivalry(losses, folds, found, best, PLAIN, [1, 2], []) is None
    got = rivalry(losses, folds, found, best, PLAIN, [1, 2], [3])
    assert (got.difference.value, got.difference.lower, got.difference.upper) == (0, 0, 0)
    assert np.isnan(got.in_se)


def test_a_combination_that_mostly_falls_back_is_bounded_by_half_a_margin():
    rare = np.zeros((3, 3), dtype=bool)
    rare[1, 2] = rare[2, 1] = True
    found = Estimate(np.array([0.0, 0.5, 0.501]), np.diag([1e-2, 1e-10, 1e-10]), np.eye(3), 24, rare)
    lower, upper = gain_bounds(found, compare_with_best(found, margin=0.01), [1], [2], margin=0.01)
    assert (lower, upper) == (pytest.approx(0.001 - 0.005), pytest.approx(0.001 + 0.005))
