import numpy as np
import pandas as pd
import polars as pl
import pytest

from posology import InputError
from posology.table import Table, make_table, table_from_arrays

ROWS = 30
X = np.random.default_rng(0).normal(size=(ROWS, 2))
Y = X[:, 0] + X[:, 1] + np.random.default_rng(1).normal(size=ROWS) / 10
COUNTS = np.arange(ROWS) % 4.0


def frame(counts=COUNTS):
    return pd.DataFrame(X, columns=["height", "age"]).assign(n=counts, price=Y)


def refusal(counts, **how):
    with pytest.raises(InputError) as caught:
        make_table(frame(counts), "price", **{"weights": "n", **how})
    return str(caught.value)


def test_a_column_of_weights_is_no_feature_and_rows_of_weight_0_are_left_out():
    table = make_table(frame(), "price", weights="n")
    assert list(table.features) == ["height", "age"]
    kept = COUNTS > 0
    np.testing.assert_allclose(table.row_weights, COUNTS[kept])
    np.testing.assert_array_equal(table.target, frame()["price"][kept])
    said, idle = table.notes[:2]
    assert said == (
        "Rows are weighted by 'n', from 0.512 to 1.53 times their mean: as much evidence as 19 rows of equal weight. "
        "'n' is no feature."
    )
    assert idle == "8 rows of weight 0 were left out."


def test_a_table_of_weights_is_that_of_the_rows_that_count():
    kept = frame()[COUNTS > 0]
    one, other = (make_table(f, "price", weights="n").fingerprint() for f in (frame(), kept))
    assert one == other != make_table(kept, "price", ["n"]).fingerprint()


def test_equal_weights_are_none():
    equal = make_table(frame(np.full(ROWS, 3)), "price", weights="n")
    assert equal.weights is None
    assert equal.fingerprint() == make_table(frame(), "price", ["n"]).fingerprint()


def test_a_missing_target_and_a_weight_of_0_are_told_apart():
    data = frame()
    data.loc[:1, "price"] = None
    notes = make_table(data, "price", weights="n").notes
    assert "1 row without a value of the target 'price' was left out." in notes
    assert "8 rows of weight 0 were left out." in notes


@pytest.mark.parametrize("weights", ["n", COUNTS, COUNTS.tolist(), pl.Series("n", COUNTS), pd.Series(COUNTS, name="n")])
def test_arrays_of_weights(weights):
    data = frame()[["height", "age", *(["n"] if isinstance(weights, str) else [])]]
    table = table_from_arrays(data, frame()["price"], weights=weights)
    expected = make_table(frame(), "price", weights="n")
    np.testing.assert_array_equal(table.row_weights, expected.row_weights)
    assert list(table.features) == list(expected.features)


def test_weights_go_into_the_file(tmp_path):
    data = frame().assign(clinic=np.arange(ROWS) // 2)
    table = make_table(data, "price", groups="clinic", weights="n")
    table.save(tmp_path / "table.feather")
    again = Table.load(tmp_path / "table.feather")
    np.testing.assert_array_equal(again.row_weights, table.row_weights)
    np.testing.assert_array_equal(again.clusters, table.clusters)
    assert (again.weights.name, list(again.features)) == ("n", ["height", "age"])
    assert again.fingerprint() == table.fingerprint()


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (np.where(COUNTS == 1, -1, COUNTS), "The weights 'n' are -1 in 8 rows. A weight is a number from 0 to 1e+100"),
        (np.where(COUNTS == 1, np.nan, COUNTS), "The weights 'n' are missing in 8 rows. A weight is a number from 0"),
        (np.where(COUNTS == 1, 1e101, COUNTS), "The weights 'n' are 1e+101 in 8 rows."),
        (np.where(COUNTS == 1, np.inf, COUNTS), "The weights 'n' are inf in 8 rows."),
        (COUNTS * 0, "The weights 'n' are zero in all rows: nothing counts."),
        (["heavy"] * ROWS, "Column 'n' must hold numbers"),
    ],
)
def test_what_is_no_weight_is_refused(counts, message):
    assert message in refusal(counts)


def test_columns_that_cannot_be_weights():
    assert refusal(COUNTS, weights="m").startswith("There is no column of weights, 'm'.")
    assert refusal(COUNTS, weights="price") == "'price' is the target and also the column of weights. Choose one."
    assert refusal(COUNTS, groups="n") == "'n' is the column of groups and of weights. Choose one."
    with pytest.raises(InputError, match=r"X has 30 rows and weights has 3\. Give one weight for every row of X"):
        table_from_arrays(X, X[:, 0] ** 2, weights=[1, 2, 3])


def test_a_class_whose_rows_have_weight_0_is_none():
    sorts = np.where(COUNTS == 0, "rye", np.where(COUNTS == 1, "oat", "wheat"))
    assert make_table(frame().assign(price=sorts), "price", weights="n").classes == ("oat", "wheat")
