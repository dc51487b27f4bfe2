"""The epochs around the chosen one at which a refit is scored."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from posology.plan.window import SNAPSHOTS, window


@given(st.integers(1, 2000))
def test_epochs_lie_evenly_about_the_chosen_one(chosen):
    found = np.array(window(chosen))
    assert len(found) == SNAPSHOTS
    assert found.mean() == found[SNAPSHOTS // 2] == chosen
    assert (np.diff(found) >= 0).all()
    assert found[0] >= 1
    assert found[-1] - found[0] <= chosen / 4
