"""The epochs around the chosen one at which a refit is scored."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from posology.execution.window import MOST_ROWS, SNAPSHOTS, window


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=5))
def test_epochs_lie_evenly_about_the_chosen_one(epochs):
    chosen = np.array(epochs, "int32")
    found = window(chosen, 1000, moves=True)
    assert found.shape == (SNAPSHOTS, len(epochs))
    np.testing.assert_array_equal(found.mean(axis=0), chosen)
    np.testing.assert_array_equal(found[SNAPSHOTS // 2], chosen)
    assert (np.diff(found, axis=0) >= 0).all()
    assert (found >= 1).all()
    assert (found[-1] - found[0] <= np.maximum(0, chosen / 4)).all()


def test_a_fixed_end_and_a_large_table_are_scored_at_the_end():
    assert (window(np.array([50], "int32"), 1000, moves=False) == 50).all()
    assert window(np.array([50], "int32"), MOST_ROWS + 1, moves=True).tolist() == [[50]]
