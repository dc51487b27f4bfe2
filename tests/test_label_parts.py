import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.label_parts import label_parts
from posology.resampling import inner_split, outer_folds


def with_labels(rows, positives, seed, among=None):
    """Give rows, so many of which have each label, chosen at random among all or the first few."""
    rng, labels = np.random.default_rng(seed), np.zeros((rows, len(positives)), int)
    for label, n in enumerate(positives):
        labels[rng.choice(among or rows, n, replace=False), label] = 1
    return labels


def counts(labels, parts, of):
    return np.stack([labels[of == part].sum(axis=0) for part in range(parts)])


@given(
    shares=st.lists(st.floats(0, 1), min_size=2, max_size=6),
    rows=st.integers(12, 120),
    parts=st.integers(2, 6),
    seed=st.integers(0, 99),
)
def test_parts_are_even_and_so_is_the_rarest_label(shares, rows, parts, seed):
    labels = (np.random.default_rng(seed).random((rows, len(shares))) < shares).astype(int)
    of = label_parts(labels, parts, np.random.default_rng(seed))
    assert np.ptp(np.bincount(of, minlength=parts)) <= 1
    rarer = np.minimum(labels.sum(axis=0), rows - labels.sum(axis=0))
    side = np.where(2 * labels.sum(axis=0) > rows, 1 - labels, labels)
    assert np.ptp(counts(side, parts, of)[:, rarer.argmin()]) <= 1


@pytest.mark.parametrize(
    "positives",
    [[5, 250], [10, 250], [5, 5, 5, 5, 5], [5] * 20, [495, 490, 5, 7]],
    ids=lambda p: str(len(p)) + str(p[0]),
)
def test_labels_with_as_many_rows_as_folds_are_in_every_fold(positives):
    for seed in range(20):
        labels = with_labels(500, positives, seed)
        (of,) = outer_folds(500, 5, 1, seed, labels)
        have = counts(labels, 5, of)
        assert have.min() > 0
        assert (have < 100).all()
    by_chance = [counts(labels, 5, outer_folds(500, 5, 1, seed)[0]).min() for seed in range(20)]
    assert min(by_chance) == 0


def test_labels_that_share_their_few_rows_give_way_to_each_other_where_they_can():
    # label 2 shares two rows with each of the others, which have two and three of their own
    labels = np.zeros((40, 3), int)
    labels[:5, 0] = labels[5:10, 1] = labels[[0, 1, 5, 6, 10], 2] = 1
    for seed in range(50):
        assert counts(labels, 5, label_parts(labels, 5, np.random.default_rng(seed))).min() == 1


def test_inner_splits_agree_in_labels():
    labels, rows = with_labels(60, [4, 6, 30], 0), np.arange(100, 160)
    parts = [inner_split(rows, split, 4, 0, 0, 0, strata=labels)[1] for split in range(4)]
    assert sorted(np.concatenate(parts)) == rows.tolist()
    assert [len(watched) for watched in parts] == [15] * 4
    assert [labels[watched - 100, 0].sum() for watched in parts] == [1] * 4
    assert min(labels[watched - 100, 1].sum() for watched in parts) == 1


def test_which_rows_of_a_label_are_together_is_random():
    labels = with_labels(100, [50, 50], 0)
    one, two = outer_folds(100, 5, 2, 0, labels)
    together = np.mean([(one[i] == one[j]) == (two[i] == two[j]) for i in range(100) for j in range(i)])
    assert 0.6 < together < 0.75, "chance is 0.03 + 0.67"


def test_a_repeat_does_not_depend_on_how_many_there_are():
    labels = with_labels(50, [6, 20], 1)
    np.testing.assert_array_equal(outer_folds(50, 5, 3, 1, labels), outer_folds(50, 5, 7, 1, labels)[:3])
