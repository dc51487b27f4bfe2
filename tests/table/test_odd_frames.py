"""Frames and arrays as other libraries make them: every dtype becomes numbers, categories or dates, or is refused."""

import datetime as dt
import re
import uuid
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from posology.errors import InputError, LeakWarning
from posology.table import table_from_arrays

N = 30
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 2))
Y = RNG.normal(size=N)


def half(*cells):
    return (list(cells) * N)[:N]


def frame(cells, **more):
    return pd.DataFrame({"a": pd.Series(cells, **more), "b": X[:, 0]})


def of_arrow(cells, kind):
    return frame(half(*cells), dtype=pd.ArrowDtype(kind))


def polars(cells, kind=None):
    return pl.DataFrame({"a": pl.Series(half(*cells), dtype=kind), "b": X[:, 0]})


def arrow(cells, kind=None):
    return pa.table({"a": pa.array(half(*cells), type=kind), "b": pa.array(X[:, 0])})


NUMBER, CATEGORY, DATE = ("number",), ("category",), ("number", "number", "number")
READ = {
    # pandas
    "Int64": (lambda: frame(half(1, None), dtype="Int64"), NUMBER),
    "Float32": (lambda: frame(half(1.5, None), dtype="Float32"), NUMBER),
    "boolean": (lambda: frame(half(True, None, False), dtype="boolean"), NUMBER),
    "string": (lambda: frame(half("u", None), dtype="string"), CATEGORY),
    "object NA": (lambda: frame(half(pd.NA, 1), dtype=object), NUMBER),
    "object NaT": (lambda: frame(half(pd.NaT, 1), dtype=object), NUMBER),
    "decimals": (lambda: frame(half(Decimal("1.1"), Decimal("NaN"))), NUMBER),
    "fractions": (lambda: frame(half(Fraction(1, 3), Fraction(2, 3))), NUMBER),
    "sparse floats": (lambda: frame(pd.arrays.SparseArray(half(0.0, 1.0))), NUMBER),
    "sparse booleans": (lambda: frame(pd.arrays.SparseArray(half(True, False))), NUMBER),
    "categories of numbers": (lambda: frame(half(1, 2, 3), dtype="category"), CATEGORY),
    "categories of dates": (lambda: frame(pd.Categorical(pd.to_datetime(half("2020-01-01", "2021-01-01")))), CATEGORY),
    "categories of all kinds": (lambda: frame(pd.Categorical(half(1, "u", 2.5))), CATEGORY),
    "intervals": (lambda: frame(pd.cut(X[:, 0], 3)), CATEGORY),
    "periods": (lambda: frame(pd.period_range("2020", periods=N, freq="M")), DATE),
    "a time zone": (lambda: frame(pd.date_range("2020", periods=N, tz="Europe/Berlin")), DATE),
    "two time zones": (lambda: frame(half(pd.Timestamp("2020", tz="UTC"), pd.Timestamp("2021")), dtype=object), DATE),
    "durations": (lambda: frame(pd.to_timedelta(half(1, None), unit="D")), NUMBER),
    "times of day": (lambda: frame(half(dt.time(1), dt.time(2))), CATEGORY),
    "ids": (lambda: frame([uuid.UUID(int=i % 7) for i in range(N)]), CATEGORY),
    "lone surrogates": (lambda: frame(half("\ud800", "x"), dtype=object), CATEGORY),
    "NUL in text": (lambda: frame(half("u\0", "x")), CATEGORY),
    "half precision": (lambda: frame(X[:, 0].astype("f2")), NUMBER),
    "long doubles": (lambda: frame(X[:, 0].astype(np.longdouble)), NUMBER),
    "big-endian": (lambda: frame(X[:, 0].astype(">f8")), NUMBER),
    "Arrow int": (lambda: of_arrow([1, None], pa.int64()), NUMBER),
    "Arrow bool": (lambda: of_arrow([True, None, False], pa.bool_()), NUMBER),
    "Arrow decimal": (lambda: of_arrow([Decimal("1.50"), None], pa.decimal128(10, 2)), NUMBER),
    "Arrow date": (lambda: of_arrow([dt.date(2020, 1, 1), None], pa.date32()), DATE),
    "Arrow duration": (lambda: of_arrow([dt.timedelta(1), None], pa.duration("us")), NUMBER),
    "Arrow dictionary": (lambda: of_arrow(["u", None], pa.dictionary(pa.int32(), pa.string())), CATEGORY),
    # polars
    "pl.Decimal": (lambda: polars([Decimal("1.5"), Decimal("2.5")], pl.Decimal(10, 2)), NUMBER),
    "pl.Enum": (lambda: polars(["u", "v"], pl.Enum(["u", "v"])), CATEGORY),
    "pl.Datetime": (lambda: polars([dt.datetime(2020, 1, 1)], pl.Datetime("us", "UTC")), DATE),
    "pl.Duration": (lambda: polars([dt.timedelta(1), None]), NUMBER),
    "pl.UInt64": (lambda: polars([2**64 - 1, 0], pl.UInt64), NUMBER),
    "pl.Boolean": (lambda: polars([True, None]), NUMBER),
    "pl.Object": (lambda: polars([uuid.UUID(int=1), uuid.UUID(int=2)], pl.Object), CATEGORY),
    "a lazy frame": (lambda: polars([1, 2]).lazy(), NUMBER),
    # pyarrow
    "pa.decimal256": (lambda: arrow([Decimal("1.5")], pa.decimal256(40, 2)), NUMBER),
    "pa.dictionary": (lambda: arrow(["u", "v"], pa.dictionary(pa.int8(), pa.string())), CATEGORY),
    "pa.large_string": (lambda: arrow(["u", "v"], pa.large_string()), CATEGORY),
    "pa.float16": (lambda: arrow([np.float16(1), np.float16(2)], pa.float16()), NUMBER),
    "pa.timestamp far away": (lambda: arrow([dt.datetime(9999, 1, 1)], pa.timestamp("s")), DATE),
    "pa.RecordBatch": (lambda: pa.record_batch({"a": pa.array(X[:, 0])}), NUMBER),
    # NumPy
    "np.datetime64": (lambda: np.array([half("2020-01-01", "2021-01-01")] * 2, dtype="M8[D]").T, DATE),
    "np.timedelta64": (lambda: np.ones((N, 2), dtype="m8[h]"), NUMBER),
    "text": (lambda: np.array([half("u", "v")] * 2).T, CATEGORY),
    "text of numbers": (lambda: np.array([half("1", "2")] * 2).T, NUMBER),
    "objects": (lambda: np.array([half(1, 2.5), half("u", None)], dtype=object).T, NUMBER),
    "a memory view": (lambda: memoryview(X), NUMBER),
    "surrogates": (lambda: np.array([half("\ud800", "x")] * 2).T, CATEGORY),
}

REFUSED = {
    "complex": (lambda: frame(X[:, 0] + 1j), "Column 'a' has cells of type complex128"),
    "complex cells": (lambda: frame(half(1j, 1), dtype=object), "Column 'a' has cells of type complex"),
    "lists": (lambda: frame([[1, 2]] * N), "Column 'a' has cells of type list, such as [1, 2]"),
    "dicts": (lambda: frame([{"k": 1}] * N), "Column 'a' has cells of type dict"),
    "arrays": (lambda: frame([np.zeros(2)] * N), "Column 'a' has cells of type ndarray"),
    "frames": (lambda: frame([pd.DataFrame()] * N), "Column 'a' has cells of type DataFrame"),
    "bytes": (lambda: frame(half(b"u", b"v")), "Column 'a' has cells of type bytes"),
    "infinite decimals": (lambda: frame(half(Decimal("Infinity"), Decimal(1))), "Column 'a' is infinite in 15 rows"),
    "endless integers": (lambda: frame(half(10**400, 1), dtype=object), "Column 'a' is infinite in 15 rows"),
    "infinities": (lambda: np.where(X > 1, np.inf, X), "is infinite in"),
    "nothing known": (lambda: np.full((N, 2), np.nan), "'x0', 'x1' are missing in all 30 rows"),
    "empty categories": (lambda: frame(pd.Categorical([None] * N)), "'a' is missing in all 30 rows"),
    "pl.List": (lambda: polars([[1]]), "Column 'a' has cells of type ndarray"),
    "pl.Struct": (lambda: polars([{"k": 1}]), "Column 'a' has cells of type dict"),
    "pl.Null": (lambda: polars([None]), "'a' is missing in all 30 rows"),
    "pl.Int128": (lambda: polars([2**100], pl.Int128), "X cannot be made a pandas table"),
    "a lazy frame of no file": (lambda: pl.scan_csv("/nowhere/a.csv"), "No such file or directory"),
    "a lazy frame without the column": (lambda: polars([1]).lazy().select("zz"), 'unable to find column "zz"'),
    "pa.list": (lambda: arrow([[1]]), "Column 'a' has cells of type ndarray"),
    "pa.map": (lambda: arrow([[("k", 1)]], pa.map_(pa.string(), pa.int32())), "Column 'a' has cells of type"),
    "pa.binary": (lambda: arrow([b"u"]), "Column 'a' has cells of type bytes"),
    "pa.union": (
        lambda: pa.table({"a": pa.UnionArray.from_sparse(pa.array([0] * N, pa.int8()), [pa.array(range(N))])}),
        "X cannot be made a pandas table",
    ),
    "pa twice": (lambda: pa.table([pa.array(Y)] * 2, names=["a", "a"]), "The table names 'a' more than once"),
    "np.void": (lambda: np.zeros((N, 2), dtype="V4"), "X has the dtype |V4; posology takes numbers"),
    "np.timedelta64 of no unit": (lambda: np.ones((N, 2), "i8").view("m8"), "X has the dtype timedelta64"),
    "np.bytes": (lambda: np.array([[b"u", b"v"]] * N), "Column 'x0' has cells of type bytes"),
    "a structured array": (lambda: np.zeros(N, dtype=[("a", float)]), "Give pd.DataFrame(X) instead."),
    "one dimension": (lambda: X[:, 0], "Give X.reshape(-1, 1) for one feature."),
    "three dimensions": (lambda: X[:, :, None], "X has the shape (30, 2, 1)"),
    "columns by name": (lambda: {"a": [1.0] * N}, "X is a dict of cells by name. Give pd.DataFrame(X)."),
    "rows by name": (lambda: [{"a": 1.0}] * N, "X is a list of cells by name. Give pd.DataFrame(X)."),
    "a number": (lambda: np.float64(3), "X has the shape ()"),
    "None": (lambda: None, "X has the shape ()"),
    "a generator": (lambda: (i for i in range(N)), "X has the shape ()"),
    "no rows": (lambda: np.zeros((0, 2)), "X has 0 rows and y has 30"),
    "no columns": (lambda: np.zeros((N, 0)), "X has no columns. Give a table with at least one feature."),
    "rows of many lengths": (lambda: [[1, 2], [3]] * 15, "Give rows of equal length."),
    "sparse": (lambda: sparse.csr_array(X), "X is a sparse csr_array; posology takes dense tables. Give X.toarray()."),
    "names of levels": (
        lambda: pd.DataFrame(X, columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])),
        "The columns have names of several levels, such as ('a', 1).",
    ),
    "names that read alike": (lambda: pd.DataFrame(X, columns=[1, "1"]), "The table names '1' more than once"),
    "names that are missing": (lambda: pd.DataFrame(X, columns=[np.nan, np.nan]), "names 'nan' more than once"),
}

TARGETS = {
    "three dimensions": (lambda: X[None], "y has the shape (1, 30, 2)"),
    "a row": (lambda: sparse.csr_array(Y[None]), "X has 30 rows and y has 1."),
    "a number": (lambda: 1.5, "y has the shape ()"),
    "None": (lambda: None, "y has the shape ()"),
    "a name": (lambda: "price", "y is the text 'price'; it must be the target's values."),
    "rows of many lengths": (lambda: [[1], [2, 3]] * 15, "y is no column: setting an array element with a sequence"),
    "a structured array": (lambda: np.zeros(N, dtype=[("a", float)]), "y has the dtype [('a', '<f8')]"),
    "complex": (lambda: Y + 1j, "has cells of type complex128"),
    "bytes": (lambda: np.array(half(b"u", b"v")), "has cells of type bytes"),
    "dates": (lambda: np.array(half("2020-01-01", "2021-01-01"), dtype="M8[D]"), "has dates such as"),
    "too few": (lambda: Y[:5], "X has 30 rows and y has 5."),
    "missing": (lambda: np.full(N, np.nan), "is missing in all 30 rows"),
    "infinite": (lambda: np.where(Y > 1, np.inf, Y), "is infinite in"),
    "endless": (lambda: half(10**400, 1), "is infinite in 15 rows"),
    "constant": (lambda: np.ones(N), "is 1 in all 30 rows: there is nothing to predict"),
}


def built(features, target=Y, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakWarning)
        return table_from_arrays(features, target, **more)


@pytest.mark.parametrize("name", READ)
def test_a_dtype_is_read(name):
    make, kinds = READ[name]
    table = built(make())
    assert table.kinds[: len(kinds)] == kinds
    assert table.n_rows == N


@pytest.mark.parametrize("name", REFUSED)
def test_a_dtype_is_refused(name):
    make, says = REFUSED[name]
    with pytest.raises(InputError, match=re.escape(says)):
        built(make())


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_refused(name):
    make, says = TARGETS[name]
    with pytest.raises(InputError, match=re.escape(says)):
        built(X, make())


def test_what_is_masked_is_missing():
    table = built(np.ma.masked_array(X, mask=X > 1), np.ma.masked_array(Y, mask=Y > 1))
    assert table.n_rows == (Y <= 1).sum()
    np.testing.assert_array_equal(table.features.isna().to_numpy(), (X > 1)[Y <= 1])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"weights": "zz"}, "There is no column of weights, 'zz'."),
        ({"weights": -np.ones(N)}, "The weights 'weights' are -1 in 30 rows."),
        ({"weights": np.full(N, np.inf)}, "The weights 'weights' are inf in 30 rows."),
        ({"weights": np.zeros(N)}, "The weights 'weights' are zero in all rows"),
        ({"weights": np.ones((N, 2))}, "weights has the shape (30, 2). Give one value for each row"),
        ({"weights": ["u"] * N}, "must hold numbers"),
        ({"groups": [1] * N}, "The groups 'groups' are the same in all rows."),
        ({"groups": [None] * N}, "The groups 'groups' are missing in 30 rows."),
        ({"groups": [1]}, "X has 30 rows and groups has 1."),
        ({"groups": 3}, "groups has the shape (). Give one value for each row, or a column of X by name."),
        ({"names": ["a"]}, "Got 1 name for 2 columns of X."),
        ({"names": ["a", "a"]}, "The table names 'a' more than once."),
        ({"task": "clustering"}, "The task is 'clustering'. Use one of: classification, regression."),
        ({"task": "classification"}, "which name no classes"),
    ],
)
def test_what_stands_beside_is_refused(given, says):
    with pytest.raises(InputError, match=re.escape(says)):
        built(X, **given)
