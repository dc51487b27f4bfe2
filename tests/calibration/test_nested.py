"""The nested study of closed-form arms: rows that score tune nothing, seeds decide everything, truth is the truth."""

from dataclasses import replace

import numpy as np
import pytest

from posology.calibration.generators import SUITE, dense, linear
from posology.calibration.nested import nested

SMALL = {name: replace(g, rows=max(100, g.rows // 5), repeats=1, folds=2, refits=1) for name, g in SUITE.items()}


def studied(name, seed=0, rows=None, tests=200):
    asked = SMALL[name]
    table, fresh = asked.draw(np.random.default_rng(1), rows or asked.rows, tests)
    return nested(asked, table, seed, fresh), table


@pytest.mark.parametrize("name", SUITE)
def test_every_generator_gives_a_study(name):
    found, table = studied(name)
    assert found.losses.shape == (len(SUITE[name].family), 1, len(table[1]))
    assert np.isfinite(found.losses).all()
    assert np.isfinite(found.risk).all()


def test_the_seed_decides():
    first, second, other = (studied("E1", seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.losses, second.losses)
    assert (first.losses != other.losses).any()


def test_held_out_rows_change_nothing_but_their_own_loss():
    asked = SMALL["E1"]
    (x, y), _ = asked.draw(np.random.default_rng(1), 90, 1)
    before = nested(asked, (x, y), 0)
    row, fold = 7, before.folds[0, 7]
    swapped = y.copy()
    same = np.flatnonzero(before.folds[0] == fold)
    swapped[same] = y[np.roll(same, 1)]  # the same variance, other held-out targets of that fold
    after = nested(asked, (x, swapped), 0)
    predicted = [np.sqrt(s.losses[0, 0, row]) * y.std() for s in (before, after)]
    candidates = [[t - p, t + p] for t, p in zip((y[row], swapped[row]), predicted, strict=True)]
    gaps = np.abs(np.subtract.outer(*candidates))
    assert gaps.min() < 1e-9  # the prediction of the row is what it was


def test_the_risk_is_that_of_the_formula():
    """With equal coefficients b and y = x'b + e: 1 + |w - b|^2, which for many rows goes to 1."""
    asked = replace(SUITE["E2"], rows=4000, draw=linear(dense(5)), repeats=1, folds=4)
    table, fresh = asked.draw(np.random.default_rng(0), 4000, 100_000)
    found = nested(asked, table, 0, fresh)
    np.testing.assert_allclose(found.risk * table[1].var(), 1.0, atol=0.03)


def test_arms_without_a_strength_are_exact_least_squares():
    asked = replace(SUITE["E1"], repeats=1, folds=2)
    (x, y), _ = asked.draw(np.random.default_rng(0), 120, 1)
    found = nested(asked, (x, y), 0)
    held = found.folds[0] == 0
    design = np.column_stack([np.ones(120), x])
    weights = np.linalg.lstsq(design[~held], y[~held], rcond=None)[0]
    loss = (y[held] - design[held] @ weights) ** 2 / y.var()
    unclipped = loss < 5
    np.testing.assert_allclose(found.losses[0, 0, held][unclipped], loss[unclipped], rtol=0.02, atol=1e-3)


def test_symmetric_halves_swap():
    """Exchanging the halves of the columns exchanges the arms, up to their draws: a tie by symmetry."""
    asked = SMALL["N1"]
    assert asked.tied == ((0, 1),)
    first, second = asked.family
    assert first.acts == second.acts
    assert first.span[1] - first.span[0] == second.span[1] - second.span[0]


def test_random_layers_are_seeds_of_the_fit():
    asked = replace(SMALL["R1"], rows=60)
    table, _ = asked.draw(np.random.default_rng(0), 60, 1)
    one = nested(replace(asked, refits=1), table, 0)
    two = nested(replace(asked, refits=2), table, 0)
    assert np.abs(one.losses - two.losses).max() > 1e-3  # another network is averaged in
