import numpy as np
import pytest

from posology.inference import compare_with_best, detectable_after, estimate
from posology.inference.covariance import floor_se
from posology.inference.resolution import LESS, MORE, first_sight, resolution
from tests.inference.planted import PLAIN, study


def test_by_hand():
    """now^2 - floor^2 = .0016 after 5 repeats: a quarter of it after 20, five times it after one."""
    assert detectable_after(0.05, 0.03, 5, 20) == pytest.approx(np.sqrt(0.0009 + 0.0004))
    assert detectable_after(0.05, 0.03, 5, 1) == pytest.approx(np.sqrt(0.0009 + 0.008))
    assert detectable_after(0.05, 0.03, 5, 5) == pytest.approx(0.05)
    assert detectable_after(0.05, 0.03, 5, 10**9) == pytest.approx(0.03)


def test_a_floor_above_what_is_seen_now_stays_the_forecast():
    """Both are estimates; more repeats then promise nothing."""
    assert detectable_after(0.02, 0.03, 5, 10) == pytest.approx(0.03)


def test_without_a_floor_nothing_is_forecast():
    assert detectable_after(0.05, None, 1, 5) is None
    with pytest.raises(ValueError, match="counted from one"):
        detectable_after(0.05, 0.03, 0, 5)


def test_the_two_best_looking_arms_that_differ():
    losses, folds = study(np.random.default_rng(1), [0.6, 0.40, 0.5, 0.41])
    losses[3] = losses[1]
    found = estimate(losses, folds)
    best = compare_with_best(found)
    now, floor = resolution(losses, found, best)
    assert now == pytest.approx((best.q.max() + 0.84) * found.pair_se()[1, 2])
    assert floor == pytest.approx((best.q.max() + 0.84) * floor_se(losses, 1, 2))


def test_the_forecast_of_three_repeats_meets_eight():
    """Mean over studies whose noise is half of rows, half of fits."""
    rng, before, forecast, seen = np.random.default_rng(2), [], [], []
    for _ in range(30):
        losses, folds = study(rng, [0.5, 0.45], repeats=8, row_sd=0.1, fit_sd=0.02, cell_sd=0.05)
        few = estimate(losses[:, :3], folds[:3])
        before.append(few.pair_se()[0, 1])
        forecast.append(detectable_after(few.pair_se()[0, 1], floor_se(losses[:, :3], 0, 1), 3, 8))
        seen.append(estimate(losses, folds).pair_se()[0, 1])
    assert np.mean(forecast) == pytest.approx(np.mean(seen), rel=0.08)
    assert np.mean(forecast) < 0.97 * np.mean(before)


def test_the_first_repeat_promises_a_range_that_the_last_meets():
    """Fits and cells shrink with repeats, rows do not: the truth lies between all of the one and all of the other."""
    rng, hits = np.random.default_rng(3), []
    for _ in range(20):
        losses, folds = study(rng, [0.5, 0.45], repeats=6, row_sd=0.1, fit_sd=0.01, cell_sd=0.1)
        first = first_sight(losses[:, :1], folds[:1], PLAIN[:2], 6)
        later = estimate(losses, folds)
        # q of six repeats is smaller; compared are standard errors
        now = estimate(losses[:, :1], folds[:1])
        factor = first.now / now.pair_se()[0, 1]
        hits.append(first.least < factor * later.pair_se()[0, 1] < 1.05 * first.most)
        assert first.least == pytest.approx(first.now / np.sqrt(6) / LESS)
        assert first.least <= first.most <= MORE * first.now * (1 + 1e-9)
    assert np.mean(hits) > 0.9


def test_the_promise_does_not_depend_on_the_order_of_arms():
    losses, folds = study(np.random.default_rng(3), [0.52, 0.51, 0.5, 0.505], repeats=1)
    back = first_sight(losses[::-1], folds, PLAIN[::-1], 5)
    assert back == first_sight(losses, folds, PLAIN, 5)


def test_an_arm_that_rarely_differs_from_the_best_is_no_contender():
    rng = np.random.default_rng(0)
    losses, folds = study(rng, [0.5, 0.45, 0.4])
    fits = folds + 5 * np.arange(5)[:, None]
    losses[1] = np.where(fits < 3, losses[1], losses[2])
    found = estimate(losses, folds)
    assert found.rare[1, 2]
    now, _ = resolution(losses, found, compare_with_best(found))
    factor = float(compare_with_best(found).q.max()) + 0.84
    assert now == pytest.approx(factor * found.pair_se()[2, 0])
