import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from posology.errors import InputError
from posology.table.columns import as_date_parts, as_levels, as_numbers, column_of

NAN = float("nan")


def numbers_of(column):
    return column.parts[column.name].to_numpy()


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (pd.Series([1, 2]), [1, 2]),
        (pd.Series([1, 2], dtype="uint8"), [1, 2]),
        (pd.Series([1.5, None]), [1.5, NAN]),
        (pd.Series([1, None], dtype="Int64"), [1, NAN]),
        (pd.Series([1.5, None], dtype="Float64"), [1.5, NAN]),
        (pd.Series([True, False]), [1, 0]),
        (pd.Series([True, None], dtype="boolean"), [1, NAN]),
        (pd.Series([True, None, False], dtype=object), [1, NAN, 0]),
        (pd.Series([1, 2.5, None, True], dtype=object), [1, 2.5, NAN, 1]),
        (pd.Series([Decimal("1.5"), None, Decimal("NaN")]), [1.5, NAN, NAN]),
        (pd.Series([Fraction(1, 2), 1], dtype=object), [0.5, 1]),
        (pd.Series(pd.arrays.SparseArray([0, 0, 3])), [0, 0, 3]),
        (pd.Series([dt.timedelta(hours=36), None]), [1.5, NAN]),
        (pd.Series([dt.timedelta(hours=36), None], dtype=object), [1.5, NAN]),
        (pd.Series([10**400, -(10**400), 1], dtype=object), [np.inf, -np.inf, 1]),
        (pd.Series(["1", " 2.5 ", "-3e2", None, ".5"]), [1, 2.5, -300, NAN, 0.5]),
        (pd.Series([None, None], dtype=object), [NAN, NAN]),
    ],
)
def test_numbers(values, wanted):
    column = column_of("x", values)
    assert column.kind == "number"
    assert numbers_of(column).dtype == np.float64
    np.testing.assert_array_equal(numbers_of(column), wanted)


@pytest.mark.parametrize("dtype", ["int64[pyarrow]", "double[pyarrow]", "bool[pyarrow]"])
def test_numbers_of_arrow(dtype):
    np.testing.assert_array_equal(numbers_of(column_of("x", pd.Series([1, 0, None], dtype=dtype))), [1, 0, NAN])


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (pd.Series(["b", "a", None]), ["b", "a", None]),
        (pd.Series(["b", "a", None], dtype=object), ["b", "a", None]),
        (pd.Series(["b", "a", None], dtype="string"), ["b", "a", None]),
        (pd.Series(["b", "a", None], dtype="category"), ["b", "a", None]),
        (pd.Series(["b", "a", None], dtype="string[pyarrow]"), ["b", "a", None]),
        (pd.Series([2, 1, None], dtype="category"), ["2", "1", None]),
        (pd.Series([1, "1", "x", True], dtype=object), ["1", "1", "x", "True"]),
        (pd.Series(["", " a", "a"]), ["", " a", "a"]),
        (pd.Series([dt.time(9, 30), None]), ["09:30:00", None]),
        (pd.Series(["\ud800"], dtype=object), ["?"]),
    ],
)
def test_categories(values, wanted):
    column = column_of("x", values)
    series = column.parts["x"]
    assert column.kind == "category"
    assert list(series.cat.categories) == sorted({level for level in wanted if level is not None})
    assert series.astype(object).where(series.notna(), None).tolist() == wanted


def test_levels_that_no_row_has_are_gone():
    values = pd.Series(pd.Categorical(["b", None], categories=["c", "b", "a"]))
    assert list(column_of("x", values).parts["x"].cat.categories) == ["b"]


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["1969-12-31T18:00", "2024-02-29T00:00", None]),
        pd.Series(["1969-12-31 18:00:00.000000000", " 2024-02-29", None]),
        pd.Series(["1969-12-31T18:00:00+05:30", "2024-02-29Z", None]),
        pd.to_datetime(pd.Series(["1969-12-31T18:00", "2024-02-29T00:00", None])),
        pd.to_datetime(pd.Series(["1969-12-31T18:00", "2024-02-29T00:00", None])).dt.tz_localize("Asia/Tokyo"),
        pd.Series([dt.datetime(1969, 12, 31, 18), dt.date(2024, 2, 29), None], dtype=object),
        pd.Series([dt.datetime(1969, 12, 31, 18, tzinfo=dt.UTC), dt.date(2024, 2, 29), None], dtype=object),
        pd.Series([dt.datetime(1969, 12, 31, 18), dt.datetime(2024, 2, 29), None], dtype="timestamp[us][pyarrow]"),
        pd.Series(pd.PeriodIndex(["1969-12-31 18:00", "2024-02-29 00:00", None], freq="h")),
    ],
)
def test_dates(values):
    column = column_of("x", values)
    assert column.kind == "date"
    parts = {name: series.tolist() for name, series in column.parts.items()}
    wanted = {"x:days": [-1, 19782], "x:month": [12, 2], "x:weekday": [2, 3], "x:hour": [18, 0]}
    assert {name: numbers[:2] for name, numbers in parts.items()} == wanted
    assert all(np.isnan(numbers[2]) for numbers in parts.values())


def test_the_hour_is_left_out_where_no_row_has_a_time_of_day():
    column = column_of("x", pd.Series([dt.date(1, 1, 1), dt.date(9999, 12, 31)]))
    assert list(column.parts) == ["x:days", "x:month", "x:weekday"]
    assert column.parts["x:days"].tolist() == [-719162, 2932896]


@pytest.mark.parametrize("cell", ["2023-02-29", "2024-13-01", "29.02.2024", "2024-02", "2024-02-29T25:00"])
def test_text_that_is_no_iso_date_is_a_category(cell):
    assert column_of("x", pd.Series(["2024-02-29", cell])).kind == "category"


@pytest.mark.parametrize(
    "cell",
    [
        [1],
        (1, 2),
        {"a": 1},
        {1},
        np.array([1, 2]),
        b"bytes",
        1 + 2j,
        type("Odd", (), {"__eq__": lambda *_: True})(),
    ],
)
def test_cells_that_are_no_values(cell):
    values = pd.Series([None, None], dtype=object)
    values[0] = cell
    with pytest.raises(InputError) as caught:
        column_of("x", values)
    kind = type(cell).__name__
    assert str(caught.value).startswith(
        f"Column 'x' has cells of type {kind}, such as {str(cell)[:40]}; posology takes"
    )
    assert str(caught.value).endswith(
        "numbers, text, booleans and dates. Turn it into columns of these, "
        "or leave it out: --drop x (in Python: X.drop(columns=['x']))."
    )


@pytest.mark.parametrize("column_like", [as_numbers, as_levels, as_date_parts])
def test_nested_cells_of_new_rows(column_like):
    with pytest.raises(InputError, match="Column 'x' has cells of type list"):
        column_like("x", pd.Series([[1]]))


def test_complex_numbers():
    with pytest.raises(InputError, match="Column 'x' has cells of type complex"):
        column_of("x", pd.Series([1j]))


def test_numbers_with_stray_text_are_categories_with_a_note():
    column = column_of("x", pd.Series([*map(str, range(1, 20)), "n/a?"]))
    assert column.kind == "category"
    assert column.note == (
        "Column 'x' has numbers in 95.0% of its cells but also text, 'n/a?'; it is taken as categories. "
        "If it should be numbers, mend these cells or leave them empty."
    )


def test_the_share_of_numbers_is_of_rows_not_of_levels():
    assert column_of("x", pd.Series(["5"] * 95 + list("abcde"))).note.startswith("Column 'x' has numbers in 95.0%")
    assert column_of("x", pd.Series(["a"] * 95 + list("12345"))).note == ""


def test_text_that_is_all_numbers_is_noted():
    assert column_of("x", pd.Series(["1", "2"])).note == (
        "Column 'x' has numbers that are stored as text; they are taken as numbers."
    )


def test_codes_stay_text():
    column = column_of("zip", pd.Series(["00501", "10001"]))
    assert column.kind == "category"
    assert column.note == (
        "Column 'zip' has codes such as '00501'; they are taken as categories, not as numbers. "
        "If they are numbers, write them without leading zeros."
    )


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["01-02-2018", "11-12-2018"], ": which number is the month cannot be seen."),
        (["31.08.2023", "08.31.2023"], ": which number is the month cannot be seen."),
        (["2018/12/31 10:00", "2018/1/1"], "."),
    ],
)
def test_dates_that_are_not_year_first_are_noted(cells, why):
    column = column_of("day", pd.Series(cells))
    assert column.kind == "category"
    assert column.note == (
        f"Column 'day' has text such as '{cells[0]}', taken as categories. If these are dates, write them year first, "
        f"as 2018-12-31 (pandas.to_datetime with a format){why}"
    )


@pytest.mark.parametrize("cells", [["1-2", "3-4"], ["1.2.3", "10.4.7"], ["01-02-2018", "soon"], ["12/34", "1/2"]])
def test_what_is_like_no_date_is_not_called_one(cells):
    assert "dates" not in column_of("x", pd.Series(cells)).note


def test_thousands_are_noted():
    column = column_of("x", pd.Series(["1,234", "999"]))
    assert column.kind == "category"
    assert column.note == (
        "Column 'x' has text such as '1,234', taken as categories. If these are numbers, "
        "write them without a thousands separator and with a decimal point."
    )


def test_new_numbers():
    np.testing.assert_array_equal(as_numbers("x", pd.Series(["007", None, "2.5"])), [7, NAN, 2.5])
    np.testing.assert_array_equal(as_numbers("x", pd.Series([3, 4], dtype="category")), [3, 4])
    np.testing.assert_array_equal(as_numbers("x", pd.Series([None], dtype=object)), [NAN])
    with pytest.raises(InputError) as caught:
        as_numbers("x", pd.Series(["1", "two", "three"]))
    assert str(caught.value) == (
        "Column 'x' must hold numbers, as in the table that was studied, but here it has 'two', 'three'. "
        "Mend these cells or leave them empty."
    )


def test_new_dates():
    parts = as_date_parts("x", pd.Series([None, None], dtype=object))
    assert set(parts) == {"x:days", "x:month", "x:weekday", "x:hour"}
    assert all(series.isna().all() for series in parts.values())
    assert as_date_parts("x", pd.Series(["2024-02-29", None]))["x:hour"].tolist()[0] == 0
    with pytest.raises(InputError) as caught:
        as_date_parts("x", pd.Series(["2024-02-29", "29.2.2024"]))
    assert str(caught.value) == (
        "Column 'x' must hold dates, as in the table that was studied, but here it has '29.2.2024'. "
        "Write them as 2024-02-29 or 2024-02-29T13:45."
    )


@pytest.mark.parametrize(
    ("cells", "order", "shown"),
    [
        (["07.07.2021", "31.08.2023"], "day", "31.08.2023"),
        (["31.12.2018", "1.1.2019 10:00"], "day", "31.12.2018"),
        (["7/4/21", "12/31/21"], "month", "12/31/21"),
    ],
)
def test_the_one_order_that_all_dates_of_a_column_allow_is_told(cells, order, shown):
    assert column_of("sold", pd.Series(cells)).note == (
        f"Column 'sold' has dates with the {order} first, as '{shown}' shows, taken as categories. To have them as "
        f"dates, write them year first, as 2018-12-31 (pandas.to_datetime with dayfirst={order == 'day'})."
    )
