import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_pinball_loss

from posology.inference import naive_pinball, pinball_losses, row_losses

RNG = np.random.default_rng(0)


def test_squared_errors_in_variances():
    losses, capped = row_losses(np.array([1.0, 2.0]), np.array([2.0, 2.5]), 0.0, 4.0, 1.5, 0.5)
    np.testing.assert_allclose(losses, [2.0, 0.5])
    assert capped == 0


def test_predictions_are_clipped_to_the_training_range_and_half_of_it():
    """Training range 0 to 2: predictions end at -1 and 3."""
    losses, capped = row_losses(np.zeros(4), np.array([3.5, 3.0, -1.5, -0.5]), 0.0, 2.0, 0.0, 1.0)
    np.testing.assert_allclose(losses, [9.0, 9.0, 1.0, 0.25])
    assert capped == 0


def test_losses_are_capped_and_counted():
    losses, capped = row_losses(np.zeros(3), np.array([3.2, 3.1, np.sqrt(10)]), 0.0, 10.0, 0.0, 1.0)
    np.testing.assert_allclose(losses, [10, 9.61, 10])
    assert capped in (1, 2)  # the third is at the cap up to rounding
    assert row_losses(np.array([0.0]), np.array([100.0]), 0.0, 100.0, 0.0, 1.0)[1] == 1


@pytest.mark.parametrize("wild", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_counts_as_the_worst(wild):
    losses, capped = row_losses(np.array([1.0, 1.0]), np.array([wild, 1.0]), 0.0, 1.0, 1.0, 1.0)
    np.testing.assert_array_equal(losses, [10.0, 0.0])
    assert capped == 1


@pytest.mark.parametrize("variance", [0.0, float("nan")])
def test_a_constant_target_is_refused(variance):
    with pytest.raises(ValueError, match="constant target"):
        row_losses(np.ones(2), np.ones(2), 1.0, 1.0, 1.0, variance)


# brains of 28 animals in grams (R's MASS::Animals): two elephants make most of the variance
BRAINS = [
    8.1,
    423,
    119.5,
    115,
    50,
    4603,
    5.5,
    419,
    655,
    115,
    25.6,
    680,
    406,
    1320,
    5712,
    3.9,
    70,
    179,
    56,
    1,
    0.4,
    12.1,
]
BRAINS += [175, 157, 440, 154.5, 1.9, 3]


@pytest.mark.parametrize("y", [RNG.normal(size=50), np.array(BRAINS)], ids=["normal", "brains"])
def test_mean_loss_of_the_mean_is_one(y):
    losses, capped = row_losses(y, np.full(len(y), y.mean()), y.min(), y.max(), y.mean(), y.var())
    assert losses.mean() == pytest.approx(1)
    assert capped == 0


def test_a_prediction_near_the_mean_is_not_wild_where_the_target_is_far():
    y = np.array(BRAINS)
    assert row_losses(y, np.full(len(y), np.median(y)), y.min(), y.max(), y.mean(), y.var())[1] == 0
    far = y.argmax()
    losses, capped = row_losses(y[far:][:1], np.array([-1e9]), y.min(), y.max(), y.mean(), y.var())
    assert losses == pytest.approx(2 * (y[far] - y.mean()) ** 2 / y.var())
    assert capped == 1


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("weights", [None, RNG.uniform(0.1, 3, 80)])
def test_pinball_skill_is_that_of_scikit_learn(level, weights):
    y = RNG.gamma(2.0, 1.0, 80)
    prediction = np.clip(y + RNG.normal(size=80), y.min(), y.max())
    naive = naive_pinball(y, level, weights)
    losses, capped = pinball_losses(y, prediction, y.min(), y.max(), level, naive)
    constant = DummyRegressor(strategy="quantile", quantile=level).fit(y[:, None], y, sample_weight=weights)
    # whatever scikit-learn takes between two rows, no constant is better than ours
    best = mean_pinball_loss(y, constant.predict(y[:, None]), alpha=level, sample_weight=weights)
    assert naive <= best + 1e-12
    assert naive == pytest.approx(best, rel=0.02)
    assert np.average(losses, weights=weights) * naive == pytest.approx(
        mean_pinball_loss(y, prediction, alpha=level, sample_weight=weights)
    )
    assert capped == 0


def test_the_quantile_itself_has_no_skill():
    y = RNG.normal(size=101)
    naive = naive_pinball(y, 0.3)
    losses, _ = pinball_losses(y, np.full(101, np.quantile(y, 0.3)), y.min(), y.max(), 0.3, naive)
    assert losses.mean() == pytest.approx(1.0)


def test_a_prediction_that_is_no_number_gets_the_worst_that_clipping_leaves():
    target, naive = np.array([0.0, 1.0, 0.5]), 0.1
    losses, lost = pinball_losses(target, np.array([np.nan, -np.inf, 0.5]), 0.0, 1.0, 0.3, naive)
    np.testing.assert_allclose(losses, np.array([0.7 * 1.5, 0.3 * 1.5, 0.0]) / naive)
    assert lost == 2
