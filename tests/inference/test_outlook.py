import numpy as np

from posology.inference import analyze, compare_with_best, estimate
from posology.inference.covariance import floor_covariance
from posology.inference.outlook import HOPELESS, chance_of_settling, settled
from tests.inference.planted import PLAIN, study

MARGIN = 0.01


def chance(losses, folds, arms=PLAIN):
    return chance_of_settling(losses, estimate(losses, folds), arms, MARGIN)


def test_noise_of_rows_is_hopeless_and_that_of_fits_is_not():
    tied = [0.5] * 4
    assert chance(*study(np.random.default_rng(0), tied, repeats=3, row_sd=0.3, fit_sd=0.001)) < HOPELESS
    assert chance(*study(np.random.default_rng(0), tied, repeats=3, row_sd=0.001, fit_sd=0.03, cell_sd=0.3)) > 0.8


def test_a_single_repeat_tells_nothing():
    assert chance(*study(np.random.default_rng(0), [0.5] * 4, repeats=1)) is None


def test_without_noise_of_fits_the_chance_is_the_verdict_with_the_floor():
    """All repeats alike: theta is theta_inf, and Sigma_inf = 2 Srow but for n/(n-1)."""
    losses, folds = study(np.random.default_rng(3), [0.6, 0.5, 0.5, 0.5], repeats=1, row_sd=0.02)
    three = np.repeat(losses, 3, axis=1), np.repeat(folds, 3, axis=0)
    found = estimate(*three)
    np.testing.assert_allclose(floor_covariance(three[0]), 2 * found.row, rtol=1e-2, atol=1e-9)
    assert chance(*three) in (0.0, 1.0)


def test_the_chance_is_generous():
    """Studies after 3 repeats, gone on with to 20 on the same rows."""
    rng, promised, kept = np.random.default_rng(1), [], []
    for _ in range(8):
        losses, folds = study(rng, [0.55, 0.508, 0.5, 0.5], repeats=20, rows=100, row_sd=0.03, fit_sd=0.02)
        few = analyze(losses[:, :3], folds[:3], PLAIN, margin=MARGIN)
        if few.chance is None:
            continue
        promised.append(few.chance)
        kept.append(settled(analyze(losses, folds, PLAIN, margin=MARGIN).verdict))
    assert len(kept) > 5
    assert 0 < np.mean(kept) < np.mean(promised) < 0.9


def test_nothing_open_has_no_chance():
    losses, folds = study(np.random.default_rng(0), [0.6, 0.6, 0.5, 0.6])
    assert analyze(losses, folds, PLAIN).chance is None


def test_more_columns_of_arms_keep_the_bounds():
    """The bounds for known critical values are those of the comparison."""
    found = estimate(*study(np.random.default_rng(0), [0.5, 0.51, 0.52, 0.5]))
    from posology.inference.best import bounds, critical_values

    one, two = compare_with_best(found), bounds(found, critical_values(found))
    for name, value in vars(one).items():
        np.testing.assert_array_equal(value, getattr(two, name))
