import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest

from posology.errors import LeakWarning
from posology.table import make_table, read_frame
from posology.table.columns import Column
from posology.table.leaks import sum_in

ROWS = 200
RNG = np.random.default_rng(3)
PRICE = RNG.normal(100, 20, ROWS).round(2)


def make(feature, price=PRICE):
    return make_table(pd.DataFrame({"other": RNG.normal(size=len(price)), "f": feature, "price": price}), "price")


GIVEN_AWAY = (
    "Column 'f' gives the target 'price' away: {}. "
    "If it is not known when predicting, use --drop f (in Python: X.drop(columns=['f']))."
)
ROW_NAME = (
    "Column 'f' looks like a row number or a name of the row: {}. "
    "If so, use --drop f (in Python: X.drop(columns=['f']))."
)
ROUND = PRICE.round(-1)
SCRAMBLED = pd.Series(ROUND).map({value: (7 * n) % 23 for n, value in enumerate(sorted(set(ROUND)))}).to_numpy(float)


@pytest.mark.parametrize(
    ("feature", "reason"),
    [
        (PRICE, "they are equal"),
        (PRICE * 2 + 1, "they correlate by more than 0.9999"),
        (-PRICE, "they correlate by more than 0.9999"),
        (np.exp(PRICE / 10), "their ranks correlate by more than 0.9999"),
        (1 / PRICE, "their ranks correlate by more than 0.9999"),
        (np.where(np.arange(ROWS) < 20, PRICE, np.nan), "they are equal"),
    ],
)
def test_features_that_are_the_target(feature, reason):
    with pytest.warns(LeakWarning) as caught:
        table = make(feature)
    assert [str(warning.message) for warning in caught] == [GIVEN_AWAY.format(reason)]
    assert table.notes == (GIVEN_AWAY.format(reason),)
    assert "f" in table.features  # told, not removed


@pytest.mark.parametrize(
    ("feature", "reason"),
    [
        (SCRAMBLED, "each of its values stands for one value of the target"),
        (
            [f"class {number}" for number in SCRAMBLED],
            "each of its levels stands for one value of the target",
        ),
    ],
)
def test_one_to_one_transforms_of_a_target_with_repeated_values(feature, reason):
    with pytest.warns(LeakWarning) as caught:
        make(feature, ROUND)
    assert str(caught[0].message) == GIVEN_AWAY.format(reason)


@pytest.mark.parametrize(
    ("feature", "reason"),
    [
        (np.arange(ROWS), "its whole numbers are consecutive, one for each row"),
        (RNG.permutation(ROWS) + 1000, "its whole numbers are consecutive, one for each row"),
        (np.cumsum(RNG.integers(1, 9, ROWS)), "its whole numbers only rise or only fall"),
        (-np.cumsum(RNG.integers(1, 9, ROWS)), "its whole numbers only rise or only fall"),
        ([f"house {n}" for n in range(ROWS)], "its text is another in every row"),
    ],
)
def test_features_that_number_the_rows(feature, reason):
    with pytest.warns(LeakWarning) as caught:
        table = make(feature)
    assert [str(warning.message) for warning in caught] == [ROW_NAME.format(reason)]
    assert table.notes[-1] == ROW_NAME.format(reason)


@pytest.mark.parametrize(
    "feature",
    [
        PRICE + RNG.normal(0, 2, ROWS),
        RNG.normal(size=ROWS),
        RNG.integers(0, 10**6, ROWS),
        pd.date_range("2020-01-01", periods=ROWS),
        pd.date_range("2020-01-01", periods=ROWS).strftime("%d.%m.%Y"),
        np.arange(ROWS) + 0.5,
        [f"site {n // 2}" for n in range(ROWS)],
        np.where(np.arange(ROWS) < 9, PRICE, np.nan),
        np.zeros(ROWS),
    ],
)
def test_features_that_are_not_suspicious(feature):
    make(feature)  # warnings are errors in these tests


def test_short_tables_are_not_suspected():
    make_table(pd.DataFrame({"x": range(9), "y": range(9)}), "y")


def test_long_tables_are_compared_in_full():
    price = np.random.default_rng(0).normal(size=50_001)
    with pytest.warns(LeakWarning, match="correlate"):
        make(np.exp(price), price)
    noisy = np.exp(price)
    noisy[1::25] = 0  # unseen by every 25th row, from the first on
    make(noisy, price)


def test_the_row_number_of_a_real_table_is_found(data_folder):
    with pytest.warns(LeakWarning, match="'GameID' looks like a row number"):
        make_table(read_frame(data_folder / "skillcraft.csv"), "LeagueIndex")


def test_real_tables_are_not_suspected(real_table):
    assert not [note for note in real_table.notes if "away" in note or "row number" in note]


PARTS = RNG.integers(0, 900, (2, ROWS)).astype(float)


def made_of(target, **columns):
    frame = pd.DataFrame({"other": RNG.normal(size=ROWS), "casual": PARTS[0], "member": PARTS[1], **columns})
    return make_table(frame.assign(rides=target), "rides")


@pytest.mark.parametrize("target", [PARTS[0] + PARTS[1], 0.1 * PARTS[0] - 3 * PARTS[1] + 7])
def test_a_target_that_is_a_sum_of_columns(target):
    with pytest.warns(LeakWarning) as caught:
        table = made_of(target)
    (warning,) = caught
    assert str(warning.message) == (
        "Columns 'casual' and 'member' give the target 'rides' away together: it is a sum of them, each with a factor. "
        "If they are not known when predicting, use --drop casual,member (in Python: X.drop(columns=['casual', "
        "'member']))."
    )
    assert table.notes == (str(caught[0].message),)


def test_a_sum_is_seen_beside_missing_cells_and_columns_that_never_change():
    casual = np.where(np.arange(ROWS) % 9, PARTS[0], np.nan)
    with pytest.warns(LeakWarning, match="'casual' and 'member' give the target"):
        made_of(PARTS.sum(axis=0), casual=casual, still=np.where(np.arange(ROWS), 1.0, 2.0))


@pytest.mark.parametrize(
    "target",
    [
        PARTS.sum(axis=0) + np.where(np.arange(ROWS) == 5, 1.0, 0.0),  # but for one row
        PARTS[0] * PARTS[1],
        RNG.normal(size=ROWS),
    ],
)
def test_what_is_no_sum_is_not_called_one(target):
    assert made_of(target).notes == ()


LONG = 40_000


@pytest.fixture(scope="module")
def long_parts():
    rng = np.random.default_rng(5)
    return [*rng.integers(0, 900, (2, LONG)).astype(float), rng.normal(size=LONG)]


def numbered(parts):
    return [Column(f"x{i}", "number", {f"x{i}": pd.Series(part)}) for i, part in enumerate(parts)]


def sums_in(target, parts):
    return [sentence.split(" give")[0] for sentence in sum_in(numbered(parts), target, "y")]


def test_a_sum_of_a_long_table_is_asked_of_every_row(long_parts):
    target = long_parts[0] - 0.25 * long_parts[1]
    assert sums_in(target, long_parts) == ["Columns 'x0' and 'x1'"]
    for wrong in (LONG // 2 + 1, LONG - 1):  # in none of the rows that the factors are of
        assert sums_in(target + (np.arange(LONG) == wrong), long_parts) == []


def test_a_sum_is_exact_as_far_as_its_largest_numbers_are(long_parts):
    long_parts = [np.where(np.arange(LONG) == LONG - 1, 1e9 * part, part) for part in long_parts]
    assert sums_in(long_parts[0] + long_parts[1] / 3, long_parts) == ["Columns 'x0' and 'x1'"]


def test_a_sum_that_some_rows_refute_costs_little_memory(long_parts):
    noise = long_parts[2]
    many, target = numbered([noise + i for i in range(50)]), noise**2
    tracemalloc.start()
    try:
        assert list(sum_in(many, target, "y")) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 0.5 * 8 * LONG * len(many)  # of the table


@pytest.mark.parametrize(("columns", "found"), [(300, 1), (301, 0)])
def test_no_sum_is_sought_among_very_many_columns(columns, found):
    parts = np.random.default_rng(0).normal(size=(columns, 1600))
    assert len(sums_in(parts[:2].sum(axis=0), parts)) == found


def test_an_exact_sum_of_few_rows_is_no_surprise():
    rows = 20
    frame = pd.DataFrame(RNG.normal(size=(rows, 18)), columns=[f"x{i}" for i in range(18)])
    assert make_table(frame.assign(y=RNG.normal(size=rows)), "y").notes == ()


def test_copies_of_rows_make_no_column_a_leak():
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=["a", "b", "y"])
    told = make_table(pd.concat([rows] * 3), "y").notes
    assert len(told) == 1
    assert told[0].startswith("80 rows repeat an earlier row, target included.")
    numbered = pd.concat([rows.assign(id=range(40))] * 2)
    with pytest.warns(LeakWarning, match="Column 'id' looks like a row number"):
        make_table(numbered, "y")


@pytest.mark.parametrize(
    ("name", "numbers", "a_name"),
    [
        ("time", range(1875, 1895), False),  # the levels of a lake, year by year
        ("Year", range(1894, 1874, -1), False),
        ("sold (date)", [19740103 + 7 * n for n in range(20)], False),
        ("time", [1890, 1875, *range(1876, 1890), *range(1891, 1895)], True),  # not in the order of the rows
        ("timer", range(20), True),
        ("site", range(20), True),
    ],
)
def test_the_time_of_the_rows_is_no_name_of_them(name, numbers, a_name):
    frame = pd.DataFrame({name: list(numbers), "area": RNG.normal(size=20), "y": RNG.normal(size=20)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakWarning)
        notes = make_table(frame, "y").notes
    assert any("looks like a row number" in note for note in notes) == a_name


def test_a_sum_of_many_columns_names_some_of_them():
    parts = np.random.default_rng(0).integers(0, 999, (11, 70)).astype(float)
    (note,) = sum_in([Column(f"x{i}", "number", {f"x{i}": pd.Series(x)}) for i, x in enumerate(parts)], sum(parts), "y")
    assert note.startswith("Columns 'x0', 'x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7' and 3 more give the target 'y' away")
