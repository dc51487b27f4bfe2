"""What the charts are drawn from, against numbers worked out by hand."""

import numpy as np
import pytest

from posology.evidence import _curves, _reference, _trials
from posology.plan import Tuned

NONE, L2 = (), ("l2",)
NAN, INF = np.nan, np.inf


def tuned(arm, by_split, strengths=None, curve=None):
    losses = np.array(by_split, float)
    settings = tuple({"l2": (s, 3 * s)} for s in strengths or []) or ({},) * len(losses)
    curve = np.zeros((losses.shape[1], 0, 2)) if curve is None else np.array(curve, float)
    mean = np.where(np.isnan(losses), 0, losses).mean(axis=1)
    return Tuned(arm, settings, mean, mean, 1, 1, by_split=losses, curve=curve)


FOUND = {
    (0, 0): (
        {
            NONE: tuned(NONE, [[1.0, 2.0], [3.0, 4.0]]),
            L2: tuned(L2, [[1.0, 2.0], [5.0, NAN], [INF, NAN]], [0.1, 0.2, 0.3]),
        },
        {},
    )
}


def test_the_reference_is_none_on_each_split():
    assert _reference(FOUND, (0, 0), [NONE, L2]).tolist() == [2.0, 3.0]


def test_without_none_it_is_the_trials_that_saw_every_split():
    assert _reference(FOUND, (0, 0), [L2]).tolist() == [1.0, 2.0]


def test_a_trial_is_compared_on_the_splits_that_it_saw():
    found = _trials(FOUND, L2, [np.array([2.0, 3.0])])
    assert found["fit"] == [0, 0, 0]
    assert found["chosen"] == [True, False, False]
    assert found["splits"] == [2, 1, 1]
    assert found["relative_loss"] == [-1.0, 3.0, INF]
    # the mean over sites
    assert found["strengths"] == {"l2": [0.2, 0.4, 0.6]}


def test_curves_are_quartiles_where_half_still_train():
    ended = [[0.1, 1.0], [0.2, 2.0], [NAN, NAN]]
    longer = [[0.3, 3.0], [0.4, 4.0], [0.5, 5.0]]
    diverged = [[NAN, NAN]] * 3
    whole = [[0.5, 5.0], [0.6, 6.0], [NAN, NAN]]
    found = {(0, 0): ({L2: tuned(L2, np.zeros((1, 4)), curve=[ended, longer, diverged, whole])}, {})}
    curve = _curves(found, L2)
    assert curve["count"] == 3
    assert curve["train"] == [pytest.approx([0.2, 0.3]), pytest.approx([0.3, 0.4]), pytest.approx([0.4, 0.5])]
    assert curve["validation"][1] == pytest.approx([3.0, 4.0])


def test_where_everything_diverged_there_is_no_curve():
    found = {(0, 0): ({L2: tuned(L2, np.zeros((1, 1)), curve=[[[NAN, NAN]] * 3])}, {})}
    assert _curves(found, L2) == {"count": 0, "train": [[], [], []], "validation": [[], [], []]}
