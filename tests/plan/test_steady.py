"""The steady loss: one epoch for all splits, the least of their mean curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.plan.steady import steady

LENGTH = 40
LOSSES = st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=12)


def curve(losses, length=LENGTH):
    return np.array([*losses, *[np.nan] * (length - len(losses))], "float32")


def plain(losses, length, width):
    means = [
        np.mean(np.array(losses[max(0, e + 1 - width) : e + 1], "float32"), dtype=float) for e in range(len(losses))
    ]
    return np.array([*means, *[means[-1]] * (length - len(means))])


@given(st.lists(LOSSES, min_size=1, max_size=4), st.integers(0, 12), st.sampled_from([(12, 1), (20, 3), (200, 5)]))
def test_it_is_the_least_of_the_mean_of_smoothed_curves(splits, begin, size):
    length, width = size
    loss, epoch = steady(np.array([[curve(s, length)] for s in splits]), begin)
    longest = max(map(len, splits))
    mean = np.mean([plain(s, length, width) for s in splits], axis=0)[begin:longest]
    if not len(mean):
        assert np.isinf(loss[0])
        assert epoch[0] == 0
        return
    np.testing.assert_allclose(loss[0], mean.min(), rtol=1e-9, atol=1e-9)
    least = begin + 1 + np.flatnonzero(mean <= mean.min() + 1e-9)
    assert epoch[0] in {e - (min(e, width) - 1) // 2 for e in least}


@pytest.mark.parametrize("epochs", [1, 5, 10, 19, 20, 30, 40, 200])
def test_where_a_loss_falls_to_the_end_it_is_the_end_but_for_a_twentieth(epochs):
    _, epoch = steady(-np.arange(epochs, dtype="float32")[None, None])
    assert epochs - epochs / 20 <= epoch[0] <= epochs
    assert epochs >= 20 or epoch[0] == epochs


def test_a_split_that_a_trial_did_not_see_does_not_count():
    seen, unseen = curve([3, 2, 1, 1, 1, 1, 1]), curve([])
    both = np.array([[seen, seen], [seen, unseen]])
    loss, epoch = steady(both)
    assert loss[0] == loss[1] == 1
    assert epoch.tolist() == [5, 5]


def test_a_loss_that_jumps_about_is_not_flattered():
    jumps = [1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1]
    jumping, later = curve(jumps), curve(np.roll(jumps, 5))
    still = curve([0.9] * 12)
    loss, _ = steady(np.array([[jumping, still]]))
    assert loss[1] > loss[0] > 0.79
    loss, _ = steady(np.array([[jumping, still], [later, still]]))
    assert loss[0] > 0.8


def test_splits_that_are_best_at_different_epochs_are_not_each_taken_at_their_best():
    early, late = np.full(LENGTH, 1.0), np.full(LENGTH, 1.0)
    early[:5], late[-5:] = 0.5, 0.5
    loss, _ = steady(np.array([[early], [late]], "float32"))
    assert loss[0] == 0.75


def test_a_huge_loss_at_the_start_leaves_the_rest_exact():
    loss, epoch = steady(np.array([[curve([1e30, *[0.25] * 11])]]))
    assert loss[0] == 0.25
    assert epoch[0] == 4
