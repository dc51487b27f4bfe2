import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from posology.errors import InputError, LeakWarning
from posology.table import make_table, table_from_arrays

RNG = np.random.default_rng(5)
X = RNG.normal(size=(30, 3))
Y = RNG.normal(size=30)


def refusal(X, y, names=None):
    with pytest.raises(InputError) as caught:
        table_from_arrays(X, y, names)
    return str(caught.value)


@pytest.mark.parametrize(
    "y",
    [
        Y,
        Y[:, None],
        Y.tolist(),
        Y.astype(object),
        pd.Series(Y, index=range(30, 0, -1)),
        pd.DataFrame({"y": Y}),
        pl.Series(Y),
        pl.DataFrame({"y": Y}),
        pa.chunked_array([Y[:10], Y[10:]]),
    ],
)
@pytest.mark.parametrize("features", [X, X.tolist(), X.astype(object), np.asfortranarray(X)])
def test_arrays_of_every_kind(features, y):
    table = table_from_arrays(features, y)
    assert list(table.features) == ["x0", "x1", "x2"]
    assert set(table.kinds) == {"number"}
    np.testing.assert_array_equal(table.features.to_numpy(), X)
    np.testing.assert_array_equal(table.target, Y)


def test_names():
    assert list(table_from_arrays(X, Y, ["a", "b", "c"]).features) == ["a", "b", "c"]
    assert table_from_arrays(X, pd.Series(Y, name="price")).target_name == "price"
    assert table_from_arrays(X, pl.Series("price", Y)).target_name == "price"
    assert table_from_arrays(X, Y).target_name == "target"


def test_tables_of_every_library(mixed_frame):
    mixed_frame["sold"] = pd.to_datetime(mixed_frame["sold"])
    wanted = make_table(mixed_frame, "price").fingerprint()
    y = mixed_frame.pop("price")
    polars = pl.from_pandas(mixed_frame)
    for features in (mixed_frame, polars, polars.lazy(), pa.Table.from_pandas(mixed_frame)):
        assert table_from_arrays(features, y).fingerprint() == wanted
    assert table_from_arrays(polars.with_columns(pl.col("site").cast(pl.Categorical)), y).fingerprint() == wanted


def test_rows_are_matched_by_place():
    frame = pd.DataFrame(X, index=range(30))
    for index in (range(30), range(30, 60), ["a"] * 30):
        np.testing.assert_array_equal(table_from_arrays(frame, pd.Series(Y, index=index)).target, Y)


def test_rows_with_the_same_names_in_another_order_are_refused():
    frame = pd.DataFrame(X, index=range(30))
    for y in (pd.Series(Y, index=range(29, -1, -1)), pd.DataFrame({"y": Y}, index=range(29, -1, -1))):
        assert refusal(frame, y) == (
            "X and y have the same index in another order, and rows are joined by their places. Give y.loc[X.index]; "
            "or, where their places are right, y.to_numpy()."
        )


def test_a_target_among_the_features_is_told():
    with pytest.warns(LeakWarning, match="Column 'x1' gives the target 'target' away: they are equal"):
        table_from_arrays(X, X[:, 1])


def test_different_lengths():
    assert refusal(X, Y[:29]) == ("X has 30 rows and y has 29. Give one target for every row of X, in the same order.")


def test_wrong_names():
    assert refusal(X, Y, ["a"]) == "Got 1 name for 3 columns of X. Give one name per column."
    assert refusal(X, Y, ["a", "b", "a"]) == (
        "The table names 'a' more than once. Give every column a name of its own."
    )


def test_wrong_shapes():
    assert refusal(X[:, 0], Y) == (
        "X has the shape (30,); posology takes tables of shape (rows, columns). Give X.reshape(-1, 1) for one feature."
    )
    assert refusal(pd.Series(X[:, 0]), Y).endswith("Give X.to_frame() for one feature.")
    assert refusal(X[:, 0].tolist(), Y).endswith("Give [[cell] for cell in X] for one feature.")
    assert refusal(X[None], Y) == (
        "X has the shape (1, 30, 3); posology takes tables of shape (rows, columns). Give one row per observation."
    )
    assert refusal(X[:, :0], Y) == "X has no columns. Give a table with at least one feature."
    assert refusal(X, X[None]) == (
        "y has the shape (1, 30, 3). Give one value for each row, or for each row and target."
    )
    assert refusal(X, X[:, :0]) == (
        "y has no columns. Give one value for each row, or a column for each of several targets."
    )
    assert refusal(5, Y).startswith("X has the shape ();")
    assert refusal([[1, 2], [3]], [1, 2]).startswith("X is no table: ")


def test_structured_arrays():
    structured = np.zeros(3, dtype=[("a", float), ("b", int)])
    assert refusal(structured, Y[:3]) == ("X is a structured array with fields 'a', 'b'. Give pd.DataFrame(X) instead.")


def test_sparse_matrices():
    sparse = pytest.importorskip("scipy.sparse").csr_matrix(X)
    assert refusal(sparse, Y) == "X is a sparse csr_matrix; posology takes dense tables. Give X.toarray()."


def test_a_name_where_the_target_should_be():
    assert refusal(pd.DataFrame(X), "price") == (
        "y is the text 'price'; it must be the target's values. Give X without it and y=X['price']."
    )


def test_names_that_stand_twice_in_arrow():
    assert refusal(pa.table([[1, 2], [3, 4]], names=["a", "a"]), [1, 2]) == (
        "The table names 'a' more than once. Give every column a name of its own."
    )


def test_nested_cells():
    assert refusal(pl.DataFrame({"a": [[1, 2], [3]]}), [1, 2]).startswith("Column 'a' has cells of type ndarray")
