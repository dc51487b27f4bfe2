import numpy as np
import pytest
from scipy import stats

from posology.inference.contrasts import Contrast
from posology.inference.searching import gain_of_doubling, still_improves
from posology.plan.ladder import saved_by_second_half

RNG = np.random.default_rng(0)


def test_the_interval_is_scipys():
    saved = RNG.normal(0.01, 0.02, 25)
    found = gain_of_doubling(np.append(saved, np.nan))
    expected = stats.ttest_1samp(saved, 0).confidence_interval(0.95)
    assert (found.value, found.lower, found.upper) == pytest.approx((saved.mean(), expected.low, expected.high))
    assert gain_of_doubling(np.array([0.1, np.nan])) is None


@pytest.mark.parametrize(
    ("gain", "improves"),
    [
        (Contrast(0.004, 0.001, 0.002, 0.006), True),
        (Contrast(0.002, 0.0001, 0.0018, 0.0022), False),
        (Contrast(0.004, 0.003, -0.002, 0.01), False),
    ],
)
def test_a_gain_must_be_certain_and_not_small(gain, improves):
    assert still_improves(gain, 0.01) is improves


def test_equal_trials_save_nothing_on_average_and_better_ones_do():
    """By the losses that chose them, the best of 12 would always beat the best of 6."""

    def saved(better):
        means = np.where(np.arange(12) < 6, 0.5, 0.5 - better)
        return np.mean([saved_by_second_half(means + RNG.normal(0, 0.05, (2, 12))) for _ in range(2000)])

    assert saved(0.0) == pytest.approx(0, abs=4 * 0.05 * np.sqrt(2 / 2000))
    assert saved(0.2) == pytest.approx(0.2, abs=0.01)


def test_what_cannot_be_told():
    one = np.array([[0.5, 0.4]])
    assert np.isnan(saved_by_second_half(one))
    assert np.isnan(saved_by_second_half(np.array([[0.5], [0.4]])))
    assert np.isnan(saved_by_second_half(np.array([[0.5, 0.4], [np.nan, 0.4]])))
    assert np.isnan(saved_by_second_half(np.array([[0.5, 0.4], [np.inf, 0.4]])))
    assert saved_by_second_half(np.array([[np.inf, np.inf, 0.4, 0.5], [0.7, np.nan, 0.4, 0.5]])) == pytest.approx(0.3)
