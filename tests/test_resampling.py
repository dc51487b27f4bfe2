import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.resampling import inner_split, outer_folds


@given(rows=st.integers(10, 300), folds=st.integers(2, 10), seed=st.integers(0, 9))
def test_outer_folds_are_even_partitions(rows, folds, seed):
    assigned = outer_folds(rows, folds, 3, seed)
    for repeat in assigned:
        sizes = np.bincount(repeat, minlength=folds)
        assert sizes.max() - sizes.min() <= 1
        assert sizes.sum() == rows
    assert (assigned[0] != assigned[1]).any()


def test_a_later_repeat_does_not_depend_on_how_many_there_are():
    np.testing.assert_array_equal(outer_folds(50, 5, 3, 1), outer_folds(50, 5, 7, 1)[:3])


@given(n=st.integers(20, 200), splits=st.integers(1, 6))
def test_inner_splits_are_disjoint_and_of_a_quarter_at_most(n, splits):
    rows = np.sort(np.random.default_rng(n).choice(1000, n, replace=False))
    held = []
    for split in range(splits):
        fit, watched = inner_split(rows, split, max(4, splits), 0, 0, 0)
        assert sorted([*fit, *watched]) == rows.tolist()
        assert len(watched) <= -(-n // 4)
        held += watched.tolist()
    assert len(held) == len(set(held))


@pytest.mark.parametrize("purpose", [(0, 1, 0), (1, 0, 0), (0, 0, 1)])
def test_fits_have_inner_splits_of_their_own(purpose):
    rows = np.arange(100)
    assert (inner_split(rows, 0, 4, 0, 0, 0)[1] != inner_split(rows, 0, 4, *purpose)[1]).any()
