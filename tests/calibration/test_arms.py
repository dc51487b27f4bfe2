"""Closed-form arms against scikit-learn, and dropout against its masks."""

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso, Ridge

from posology.calibration.arms import fitted, moments, predicted

ALL = np.ones((3, 6))


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 6)) * [1, 2, 3, 1, 1, 5] + 4
    return x, x @ [1, 0, -0.5, 0, 2, 0.1] + rng.normal(size=90)


def ours(table, l1=0.0, l2=0.0, rate=0.0, sites=ALL, standardise=True, rows=90):
    x, y = table
    used = (np.arange(90) < rows)[None]
    found = moments(x[None], y, used, standardise=standardise)
    weights = fitted(found, np.array([[[l1, l2, rate]]]), sites, 1e-10)
    return predicted(found, weights, x[None])[0, 0]


def standardised(table, rows=90):
    x, y = table
    return (x - x[:rows].mean(axis=0)) / x[:rows].std(axis=0), y


@pytest.mark.parametrize("rows", [90, 60])
def test_ridge(table, rows):
    """Keras' mean loss + l2 sum w^2 is scikit-learn's sum + alpha sum w^2 with alpha = rows l2."""
    x, y = standardised(table, rows)
    oracle = Ridge(alpha=rows * 0.3).fit(x[:rows], y[:rows]).predict(x)
    np.testing.assert_allclose(ours(table, l2=0.3, rows=rows), oracle, atol=1e-4)


def test_lasso(table):
    """Mean loss + l1 sum |w| is scikit-learn's half mean loss + alpha sum |w| with alpha = l1/2."""
    x, y = standardised(table)
    oracle = Lasso(alpha=0.2, tol=1e-10).fit(x, y).predict(x)
    np.testing.assert_allclose(ours(table, l1=0.4), oracle, atol=1e-4)


def test_elastic(table):
    x, y = standardised(table)
    oracle = ElasticNet(alpha=0.5, l1_ratio=0.4, tol=1e-10).fit(x, y).predict(x)
    np.testing.assert_allclose(ours(table, l1=2 * 0.5 * 0.4, l2=0.5 * 0.6), oracle, atol=1e-4)


def test_a_strength_acts_on_its_sites_only(table):
    sites = ALL.copy()
    sites[1, 3:] = 0
    x, y = standardised(table)
    heavy = ours(table, l2=1e6, sites=sites)
    oracle = Ridge(alpha=1e-6).fit(x[:, 3:], y).predict(x[:, 3:])
    np.testing.assert_allclose(heavy, oracle, atol=1e-2)


def test_many_strengths_at_once_are_one_at_a_time(table):
    x, y = table
    used = np.stack([np.arange(90) < 60, np.arange(90) >= 30])
    found = moments(x[None], y, used)
    for l1 in (0.0, 0.2):
        strengths = np.array([[[l1, 0.1, 0.2], [l1, 1.0, 0.0]], [[l1, 0.0, 0.5], [l1, 0.3, 0.3]]])
        together = fitted(found, strengths, ALL, 1e-9)
        for t in range(2):
            alone = fitted(found, strengths[:, [t]], ALL, 1e-9)
            np.testing.assert_allclose(together[:, [t]], alone, atol=1e-6)


def test_dropout_is_the_average_over_masks():
    """The gradient of the loss, averaged over many masks, vanishes at the closed form's weights."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 2)) + 1
    x -= x.mean(axis=0)
    y, rate = x @ [1.0, -2.0], 0.4
    found = moments(x[None], y, np.ones((1, 40), dtype=bool), standardise=False)
    weights = fitted(found, np.array([[[0.0, 0.0, rate]]]), np.ones((3, 2)))[0, 0]
    kept = x * (rng.random((40_000, 40, 2)) > rate) / (1 - rate)
    gradient = -2 * ((y - kept @ weights)[..., None] * kept).mean(axis=(0, 1))
    np.testing.assert_allclose(gradient, 0, atol=0.02)


def test_dropout_on_standardised_columns_is_ridge(table):
    """q/(1-q) = 1/3 at q = 1/4."""
    np.testing.assert_allclose(ours(table, rate=0.25), ours(table, l2=1 / 3), atol=1e-9)
