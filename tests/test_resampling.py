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


@given(folds=st.integers(2, 8), shares=st.lists(st.integers(1, 40), min_size=2, max_size=6), seed=st.integers(0, 9))
def test_folds_agree_in_classes(folds, shares, seed):
    strata = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(shares)), shares))
    for repeat in outer_folds(len(strata), folds, 2, seed, strata):
        counts = np.stack([np.bincount(strata[repeat == f], minlength=len(shares)) for f in range(folds)])
        assert np.ptp(counts.sum(axis=1)) <= 1
        assert (np.ptp(counts, axis=0) <= 1).all()


def test_inner_splits_agree_in_classes():
    strata = np.repeat([0, 1, 2], [40, 15, 5])
    rows = np.arange(100, 160)
    parts = [inner_split(rows, split, 4, 0, 0, 0, strata=strata) for split in range(4)]
    assert sorted(np.concatenate([watched for _, watched in parts])) == rows.tolist()
    for fit, watched in parts:
        assert sorted([*fit, *watched]) == rows.tolist()
        assert np.ptp([len(w) for _, w in parts]) <= 1
        assert (np.bincount(strata[watched - 100], minlength=3) - [10, 3.75, 1.25] < 1).all()


def test_which_rows_of_a_class_are_together_is_random():
    strata = np.repeat([0, 1], 50)
    one, two = outer_folds(100, 5, 2, 0, strata)
    together = np.mean([(one[i] == one[j]) == (two[i] == two[j]) for i in range(50) for j in range(i)])
    assert 0.6 < together < 0.75, "chance is 0.03 + 0.67"


def test_splits_without_classes_are_what_they_have_always_been():
    assert outer_folds(12, 3, 1, 5).tolist() == [[1, 0, 1, 0, 1, 0, 2, 2, 1, 0, 2, 2]]
    assert inner_split(np.arange(12), 1, 4, 5, 0, 0)[1].tolist() == [0, 4, 5]


@given(groups=st.lists(st.integers(1, 12), min_size=12, max_size=40), folds=st.integers(2, 5), seed=st.integers(0, 9))
def test_groups_stay_whole_and_folds_nearly_even(groups, folds, seed):
    of_row = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(groups)), groups))
    assigned = outer_folds(len(of_row), folds, 3, seed, groups=of_row)
    for repeat in assigned:
        assert all(len(set(repeat[of_row == group])) == 1 for group in range(len(groups)))
        sizes = np.bincount(repeat, minlength=folds)
        # the last group goes to a fold that has fewest rows
        assert sizes.max() - sizes.min() <= max(groups)
        assert sizes.min() > 0
    inside = np.flatnonzero(assigned[0] != 0)
    for split in range(3):
        fit, held = inner_split(inside, split, 3, seed, 0, 0, groups=of_row[inside])
        assert sorted([*fit, *held]) == inside.tolist()
        assert not set(of_row[fit]) & set(of_row[held])


def test_partitions_of_groups_differ_from_repeat_to_repeat():
    of_row = np.repeat(np.arange(30), np.arange(1, 31))
    assigned = outer_folds(len(of_row), 5, 4, 0, groups=of_row)
    together = [repeat[:, None] == repeat[None, :] for repeat in assigned]
    assert not (together[0] == together[1]).all()
    np.testing.assert_array_equal(assigned, outer_folds(len(of_row), 5, 7, 0, groups=of_row)[:4])


def test_without_groups_splits_are_what_they_were():
    """The verdicts of earlier studies stand on these."""
    assert outer_folds(12, 3, 1, seed=0).tolist() == [[2, 2, 0, 0, 1, 1, 0, 1, 2, 1, 0, 2]]
    assert inner_split(np.arange(8), 0, 4, 0, 0, 0)[1].tolist() == [2, 3]
