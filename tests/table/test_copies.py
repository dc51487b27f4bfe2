import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posology.table import table_from_arrays
from posology.table.copies import without_copies

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(40, 3)), columns=["a", "b", "c"])
X.loc[::5, "a"] = np.nan
X["site"] = pd.Categorical(np.array(["n", "s", None])[np.arange(40) % 3])
Y = RNG.normal(size=40)


def taken(rows, **beside):
    return without_copies(table_from_arrays(X.iloc[rows], Y[rows], **beside))


@pytest.mark.filterwarnings("ignore::posology.LeakWarning")  # of rows that stand twice, a value names its target
@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=10, max_size=10), st.randoms())
def test_repeated_rows_in_any_order_are_rows_with_weights(few, random):
    counts = np.r_[few, np.arange(30) % 3 + 1]
    rows = np.repeat(np.arange(40), counts)
    random.shuffle(rows)
    repeated, weighted = taken(rows), taken(np.arange(40), weights=pd.Series(counts, name="sample_weight"))
    assert repeated.fingerprint() == weighted.fingerprint()
    np.testing.assert_array_equal(np.sort(repeated.row_weights), np.sort(counts[counts > 0]))


def test_without_copies_only_the_order_changes():
    table = table_from_arrays(X, Y)
    joined = without_copies(table)
    assert joined.weights is None
    np.testing.assert_array_equal(np.sort(joined.target), np.sort(Y))
    assert joined.fingerprint() == taken(RNG.permutation(40)).fingerprint()
    assert joined.notes == table.notes


def test_copies_are_told():
    notes = taken(np.r_[0:40, 7, 7, 9]).notes
    assert notes[-1] == "3 rows that repeat another became its weight."
    rows = np.r_[0:40, 7, 7, 9]
    assert (table_from_arrays(X.iloc[rows], Y[rows]).copies, taken(rows).copies) == (3, 0)


def test_rows_that_agree_by_chance_are_no_copies():
    people = pd.DataFrame({"sex": ["f", "m"] * 30, "age": np.arange(60) // 6 * 10})
    joined = without_copies(table_from_arrays(people, np.arange(60) % 3))
    assert joined.n_rows == 60
    assert joined.weights is None


def test_equal_rows_of_different_groups_stay_two():
    rows = np.r_[0:40, 0, 0]
    groups = np.r_[np.arange(40) // 2, 0, 19]
    joined = taken(rows, groups=groups)
    assert joined.n_rows == 41
    assert joined.groups.count == 20
    assert np.sort(joined.row_weights)[-2:].tolist() == [1, 2]
    together = {frozenset(joined.target[joined.clusters == g]) for g in range(20)}
    assert frozenset(Y[:2]) in together
    assert frozenset((Y[38], Y[39], Y[0])) in together
