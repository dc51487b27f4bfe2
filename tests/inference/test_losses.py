import numpy as np
import pytest

from posology.inference import row_losses


def test_squared_errors_in_variances():
    losses, capped = row_losses(np.array([1.0, 2.0]), np.array([2.0, 2.5]), 0.0, 4.0, 0.5)
    np.testing.assert_allclose(losses, [2.0, 0.5])
    assert capped == 0


def test_predictions_are_clipped_to_the_training_range_and_half_of_it():
    """Training range 0 to 2: predictions end at -1 and 3."""
    losses, capped = row_losses(np.zeros(4), np.array([3.5, 3.0, -1.5, -0.5]), 0.0, 2.0, 1.0)
    np.testing.assert_allclose(losses, [9.0, 9.0, 1.0, 0.25])
    assert capped == 0


def test_losses_are_capped_and_counted():
    losses, capped = row_losses(np.zeros(3), np.array([3.2, 3.1, np.sqrt(10)]), 0.0, 10.0, 1.0)
    np.testing.assert_allclose(losses, [10, 9.61, 10])
    assert capped in (1, 2)  # the third is at the cap up to rounding
    assert row_losses(np.array([0.0]), np.array([100.0]), 0.0, 100.0, 1.0)[1] == 1


@pytest.mark.parametrize("wild", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_counts_as_the_worst(wild):
    losses, capped = row_losses(np.array([1.0, 1.0]), np.array([wild, 1.0]), 0.0, 1.0, 1.0)
    np.testing.assert_array_equal(losses, [10.0, 0.0])
    assert capped == 1


@pytest.mark.parametrize("variance", [0.0, float("nan")])
def test_a_constant_target_is_refused(variance):
    with pytest.raises(ValueError, match="constant target"):
        row_losses(np.ones(2), np.ones(2), 1.0, 1.0, variance)


def test_mean_loss_of_the_mean_is_one():
    y = np.random.default_rng(0).normal(size=50)
    losses, _ = row_losses(y, np.full(50, y.mean()), y.min(), y.max(), float(y.var()))
    assert losses.mean() == pytest.approx(1)
