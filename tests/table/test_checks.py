import numpy as np
import pandas as pd
import pytest

from posology.errors import InputError
from posology.table import check_rows, make_table

ROWS = 24


def frame_with(**columns):
    rng = np.random.default_rng(1)
    return pd.DataFrame({"age": rng.normal(size=ROWS), "price": rng.normal(size=ROWS), **columns})


def refusal(frame, target="price", drop=()):
    with pytest.raises(InputError) as caught:
        make_table(frame, target, drop)
    return str(caught.value)


@pytest.mark.parametrize(("rows", "folds"), [(20, 5), (20, 10), (30, 15), (1030, 5)])
def test_enough_rows(rows, folds):
    check_rows(rows, folds)


@pytest.mark.parametrize(
    ("rows", "folds", "got", "needed", "do"),
    [
        (1, 5, "1 row", 20, "Give more rows."),
        (19, 2, "19 rows", 20, "Give more rows."),
        (29, 15, "29 rows", 30, "Give more rows or use fewer folds."),
    ],
)
def test_too_few_rows(rows, folds, got, needed, do):
    with pytest.raises(InputError) as caught:
        check_rows(rows, folds)
    assert str(caught.value) == (
        f"The table has {got} with a known target; {folds} folds need at least {needed}: "
        f"two to score in every fold and 20 in all. {do}"
    )


def test_a_target_that_is_not_there():
    assert refusal(frame_with(), "Prices") == (
        "There is no target column 'Prices'. Did you mean 'price'? The columns are 'age', 'price'."
    )
    assert refusal(frame_with(), "price, age") == (
        "No feature is left beside the targets 'price', 'age': the table has 'age', 'price'. Give a table with at "
        "least one feature."
    )
    assert refusal(frame_with(), "zzz") == "There is no target column 'zzz'. The columns are 'age', 'price'."


def test_a_column_to_leave_out_that_is_not_there():
    assert refusal(frame_with(), drop=["aeg"]) == (
        "There is no column to leave out, 'aeg'. Did you mean 'age'? The columns are 'age', 'price'."
    )


def test_the_target_left_out():
    assert refusal(frame_with(), drop=["price"]) == (
        "'price' is the target and also among the columns to leave out. Choose one."
    )


def test_no_feature_left():
    assert refusal(frame_with(), drop=["age"]) == (
        "No feature is left beside the target 'price' and without 'age': the table has 'age', 'price'. "
        "Give a table with at least one feature."
    )
    assert refusal(frame_with()[["price"]]) == (
        "No feature is left beside the target 'price': the table has 'price'. Give a table with at least one feature."
    )


def test_names_that_stand_twice():
    frame = frame_with(x=1).set_axis(["age", "price", "age"], axis="columns")
    wanted = "The table names 'age' more than once. Give every column a name of its own."
    assert refusal(frame) == wanted
    assert refusal(frame_with(**{"1": 1}).set_axis([1, "price", "1"], axis="columns")) == wanted.replace("age", "1")


def test_names_of_several_levels():
    frame = frame_with()
    frame.columns = pd.MultiIndex.from_tuples([("a", "age"), ("b", "price")])
    assert refusal(frame) == (
        "The columns have names of several levels, such as ('a', 'age'). Give each column one name: "
        "frame.columns = ['_'.join(map(str, name)) for name in frame.columns]."
    )


def test_no_rows():
    assert refusal(frame_with().iloc[:0]) == (
        "The table has column names but no rows. Give a table with one row per observation."
    )


def test_a_target_that_is_all_missing():
    assert refusal(frame_with(price=np.nan)) == (
        "The target 'price' is missing in all 24 rows. Give rows in which it is known."
    )


def test_a_target_of_dates():
    assert refusal(frame_with(price=["2024-02-29", "2024-03-01"] * 12)) == (
        "The target 'price' has dates such as '2024-02-29', '2024-03-01'; posology studies numbers and classes. Choose "
        "another column, or a number made of this one, such as days."
    )


def test_an_infinite_target():
    price = np.arange(ROWS, dtype=float)
    price[[2, 3]] = np.inf, -np.inf
    assert refusal(frame_with(price=price)) == "The target 'price' is infinite in 2 rows. Mend or remove these rows."


def test_a_target_that_is_too_large():
    price = np.arange(ROWS, dtype=float)
    price[2] = 1e200
    assert refusal(frame_with(price=price)) == (
        "The target 'price' has numbers beyond 1e+100 in 1 row, such as 1e+200. Mend or remove these rows."
    )


def test_a_constant_target():
    assert refusal(frame_with(price=7.5)) == (
        "The target 'price' is 7.5 in all 24 rows: there is nothing to predict. Choose a target that varies."
    )


def test_a_target_known_once():
    price = np.full(ROWS, np.nan)
    price[3] = 1.0
    assert refusal(frame_with(price=price)) == (
        "The target 'price' is known in 1 row only; a study needs at least 20. Give more rows."
    )


def test_features_without_a_known_cell():
    assert refusal(frame_with(a=np.nan)) == (
        "'a' is missing in all 24 rows with a known target. Fill it, or use --drop a "
        "(in Python: X.drop(columns=['a']))."
    )
    assert refusal(frame_with(a=np.nan, b=None)) == (
        "'a', 'b' are missing in all 24 rows with a known target. "
        "Fill them, or use --drop a,b (in Python: X.drop(columns=['a', 'b']))."
    )


def test_a_feature_known_only_where_the_target_is_not():
    frame = frame_with(a=[1.0] + [None] * 23)
    frame.loc[0, "price"] = np.nan
    assert refusal(frame).startswith("'a' is missing in all 23 rows with a known target.")


def test_infinite_features():
    area = np.arange(ROWS, dtype=float)
    area[5:8] = np.inf
    assert refusal(frame_with(area=area)) == (
        "Column 'area' is infinite in 3 rows. "
        "Mend or empty these cells, or use --drop area (in Python: X.drop(columns=['area']))."
    )
    assert refusal(frame_with(area=pd.Series([10**400, *range(23)], dtype=object))) == (
        "Column 'area' is infinite in 1 row. "
        "Mend or empty these cells, or use --drop area (in Python: X.drop(columns=['area']))."
    )


def test_features_that_are_too_large():
    assert refusal(frame_with(area=[-1e101, *range(23)])) == (
        "Column 'area' has numbers beyond 1e+100 in 1 row, such as -1e+101. "
        "Mend or empty these cells, or use --drop area (in Python: X.drop(columns=['area']))."
    )


def test_a_dropped_column_is_not_checked():
    make_table(frame_with(bad=[[1]] * ROWS, empty=np.nan), "price", drop=["bad", "empty"])


def test_notes():
    frame = frame_with(site="here", name=[f"p{n // 2}" for n in range(ROWS)], code=["07", "08"] * 12)
    frame = pd.concat([frame, frame.iloc[:2]])
    frame.loc[5, "price"] = None
    frame["street"] = [f"s{n % 13}" for n in range(26)]
    assert make_table(frame, "price").notes == (
        "1 row without a value of the target 'price' was left out.",
        "Column 'site' is constant, so it tells a network nothing.",
        (
            "2 columns have no level in 10 rows or more, so each becomes one column, which tells a network nothing: "
            "'name', 'street'. Join levels, or write numbers for them, such as columns of 0 and 1, which are read "
            "however rare."
        ),
        (
            "Column 'code' has codes such as '07'; they are taken as categories, not as numbers. "
            "If they are numbers, write them without leading zeros."
        ),
    )
    assert make_table(frame.drop(columns="street"), "price").notes[-1] == (
        "2 rows repeat an earlier row, target included. A network is then scored on rows it has seen; "
        "--groups COLUMN keeps those that belong together."
    )


def test_constant_and_equal_columns_are_told_in_a_sentence_each():
    rows = np.random.default_rng(0).normal(size=(ROWS, 3))
    names = [f"x{i}" for i in range(9)]
    frame = pd.DataFrame({name: rows[:, i % 3] for i, name in enumerate(names)}).assign(price=rows.sum(axis=1))
    frame = frame.assign(site="here", also=3.0, again=None).fillna({"again": "x"})
    assert make_table(frame, "price").notes == (
        "3 columns are constant, so they tell a network nothing: 'site', 'also', 'again'.",
        "6 columns equal an earlier one: 'x3 = x0', 'x4 = x1', 'x5 = x2', 'x6 = x0', 'x7 = x1', 'x8 = x2'.",
    )
