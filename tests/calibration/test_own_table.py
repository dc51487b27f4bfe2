"""Nulls made of a user's table: what ties must tie, and the noise must stay."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from posology.calibration.generators import SUITE
from posology.calibration.nested import nested
from posology.calibration.own_table import flipped, flips, own_rows, shuffled, with_flipped_signs
from posology.errors import InputError
from posology.inference import estimate
from posology.table import make_table


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=120), "b": rng.choice(["x", "y"], 120)})
    return make_table(frame.assign(y=frame["a"] + rng.normal(size=120)), "y")


@pytest.fixture(scope="module")
def scored():
    asked = replace(SUITE["E1"], repeats=3)
    rows, _ = asked.draw(np.random.default_rng(0), 150, 1)
    return nested(asked, rows, 0)


def test_rows_are_prepared_and_sampled(table):
    x, y = own_rows(table, None, 0)
    assert x.shape == (120, len(x[0]))
    assert np.isfinite(x).all()
    few, target = own_rows(table, 50, 0)
    assert few.shape == (50, x.shape[1])
    assert set(target) <= set(y)


def test_classes_are_refused():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "y": rng.choice(["yes", "no"], 60)})
    with pytest.raises(InputError, match="The target 'y' is a class; --table calibrates number targets"):
        own_rows(make_table(frame, "y"), None, 0)


def test_several_targets_are_refused_with_their_names_as_a_shell_takes_them():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "net rent", "rent, cold"])
    with pytest.raises(InputError) as caught:
        own_rows(make_table(frame, ["net rent", "rent, cold"]), None, 0)
    assert str(caught.value).endswith("""--target 'net rent' --drop '"rent, cold"'""")


def test_a_shuffled_target_keeps_its_values(table):
    own = own_rows(table, None, 0)
    (x, y), (_, fresh) = shuffled(own).draw(np.random.default_rng(1), 120, 300)
    np.testing.assert_array_equal(x, own[0])
    np.testing.assert_array_equal(np.sort(y), np.sort(own[1]))
    assert (y != own[1]).any()
    assert set(fresh) <= set(own[1])


def test_flipped_arms_tie_on_average(scored):
    rng = np.random.default_rng(0)
    thetas = np.array([with_flipped_signs(scored.losses, scored.folds, rng).mean(axis=(1, 2)) for _ in range(400)])
    differences = thetas[:, 1:] - thetas[:, :1]
    noise = differences.std(axis=0) / np.sqrt(len(thetas))
    assert (np.abs(differences.mean(axis=0)) < 4 * noise).all()


def test_flips_keep_the_noise(scored):
    """The estimated standard errors of flipped studies are on average those of the study."""
    rng = np.random.default_rng(0)
    flipped_se = [
        estimate(with_flipped_signs(scored.losses, scored.folds, rng), scored.folds).pair_se() for _ in range(100)
    ]
    before = estimate(scored.losses, scored.folds).pair_se()
    ratio = np.mean(flipped_se, axis=0)[np.triu_indices(4, 1)] / before[np.triu_indices(4, 1)]
    assert (ratio > 0.8).all()
    assert (ratio < 1.25).all()


def test_flips_are_outcomes_of_a_tie(table):
    own = own_rows(table, None, 0)
    found = list(flips(replace(flipped(own), repeats=2), own, 2))
    assert [o.index for o in found] == [0, 1]
    assert len(set(found[0].truth)) == 1
    assert found[0].theta != found[1].theta
