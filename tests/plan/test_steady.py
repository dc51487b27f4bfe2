"""The steady loss: one epoch for all splits, the least of their mean curve."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from posology.plan.steady import steady

LENGTH = 12
LOSSES = st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=LENGTH)


def curve(losses):
    return np.array([*losses, *[np.nan] * (LENGTH - len(losses))], "float32")


def plain(losses):
    means = [np.mean(np.array(losses[max(0, e - 4) : e + 1], "float32"), dtype=float) for e in range(len(losses))]
    return np.array([*means, *[means[-1]] * (LENGTH - len(means))])


@given(st.lists(LOSSES, min_size=1, max_size=4), st.integers(0, LENGTH))
def test_it_is_the_least_of_the_mean_of_smoothed_curves(splits, begin):
    loss, epoch = steady(np.array([[curve(s)] for s in splits]), begin)
    longest = max(map(len, splits))
    mean = np.mean([plain(s) for s in splits], axis=0)[begin:longest]
    if not len(mean):
        assert np.isinf(loss[0])
        assert epoch[0] == 0
        return
    np.testing.assert_allclose(loss[0], mean.min(), rtol=1e-9, atol=1e-9)
    least = begin + 1 + np.flatnonzero(mean <= mean.min() + 1e-9)
    assert epoch[0] in {e - (min(e, 5) - 1) // 2 for e in least}


def test_a_split_that_a_trial_did_not_see_does_not_count():
    seen, unseen = curve([3, 2, 1, 1, 1, 1, 1]), curve([])
    both = np.array([[seen, seen], [seen, unseen]])
    loss, epoch = steady(both)
    assert loss[0] == loss[1] == 1
    assert epoch.tolist() == [5, 5]


def test_a_loss_that_jumps_about_is_not_flattered():
    jumping = curve([1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1])
    still = curve([0.9] * LENGTH)
    loss, _ = steady(np.array([[jumping, still]]))
    assert loss[1] > loss[0] > 0.79
    loss, _ = steady(np.array([[jumping, still], [np.roll(jumping, 5), still]]))
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
