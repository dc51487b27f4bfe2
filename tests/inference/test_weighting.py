"""A weight of 2 is the row twice, its copies kept together: exactly so, in every number that follows."""

import numpy as np
import pytest

from posology.inference import analyze, estimate, influence

RNG = np.random.default_rng(0)
COUNTS = RNG.integers(1, 5, 90)
FOLDS = np.stack([RNG.permutation(90) % 5 for _ in range(3)])
LOSSES = RNG.gamma(1.0, 1.0, (3, 3, 90))
ROW = np.repeat(np.arange(90), COUNTS)


@pytest.fixture(scope="module")
def weighted():
    return influence(LOSSES, COUNTS / COUNTS.mean())


def test_the_mean_is_weighted(weighted):
    expected = [np.average(arm, weights=np.broadcast_to(COUNTS, arm.shape)) for arm in LOSSES]
    np.testing.assert_allclose(weighted.mean(axis=(1, 2)), expected)
    assert influence(LOSSES, None) is LOSSES


def test_the_covariance_is_that_of_copies_in_groups(weighted):
    found = estimate(weighted, FOLDS)
    copies = estimate(LOSSES[:, :, ROW], FOLDS[:, ROW], ROW)
    np.testing.assert_allclose(found.theta, copies.theta)
    np.testing.assert_allclose(found.sigma, copies.sigma)
    np.testing.assert_allclose(found.row, copies.row)


def test_losses_that_are_equal_leave_no_doubt():
    equal = influence(np.full((1, 2, 90), 0.3), COUNTS / COUNTS.mean())
    np.testing.assert_allclose(equal, 0.3)


def test_the_analysis_is_that_of_copies_in_groups(weighted):
    arms = [(), ("l1",), ("l1", "dropout")]
    found = analyze(weighted, FOLDS, arms)
    copies = analyze(LOSSES[:, :, ROW], FOLDS[:, ROW], arms, clusters=ROW)
    assert found.verdict.kind is copies.verdict.kind
    np.testing.assert_allclose(found.best.upper, copies.best.upper)
    np.testing.assert_allclose(found.detectable, copies.detectable, rtol=0.02)
    np.testing.assert_allclose(found.floor, copies.floor, rtol=1e-6)
