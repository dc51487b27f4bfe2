import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from posology.errors import InputError
from posology.table import Table, make_table


def test_every_kind_of_column(mixed_frame):
    table = make_table(mixed_frame, "price")
    assert list(table.features) == [
        "area", "rooms", "garden", "site", "sold:days", "sold:month", "sold:weekday", "sold:hour",
    ]  # fmt: skip
    assert table.kinds == ("number", "number", "number", "category", "number", "number", "number", "number")
    assert table.n_rows == 60
    assert table.target.dtype == np.float64
    np.testing.assert_array_equal(table.target, mixed_frame["price"])
    np.testing.assert_array_equal(table.features["area"], mixed_frame["area"])
    assert table.features["garden"].tolist() == mixed_frame["garden"].astype(float).tolist()


def test_rows_without_a_target_are_left_out(mixed_frame):
    mixed_frame.loc[[1, 8], "price"] = np.nan
    table = make_table(mixed_frame, "price")
    assert table.n_rows == len(table.features) == 58
    assert table.notes == ("2 rows without a value of the target 'price' were left out.",)
    np.testing.assert_array_equal(table.features["rooms"], mixed_frame["rooms"].drop([1, 8]))


def test_the_index_does_not_matter(mixed_frame):
    table = make_table(mixed_frame, "price")
    for index in (mixed_frame.index[::-1], ["same"] * 60, pd.date_range("2020", periods=60, tz="UTC")):
        assert make_table(mixed_frame.set_axis(index), "price").fingerprint() == table.fingerprint()


def test_the_users_frame_is_not_changed(mixed_frame):
    before = mixed_frame.copy(deep=True)
    table = make_table(mixed_frame, "price", ["rooms"])
    pd.testing.assert_frame_equal(mixed_frame, before)
    with pytest.raises(ValueError, match="read-only"):
        table.target[0] = 1.0


def test_names_that_are_numbers_become_text():
    table = make_table(pd.DataFrame({0: [1.0, 2.0], 1: [3.0, 4.0]}), "1", drop=())
    assert list(table.features) == ["0"]


def test_a_date_beside_a_column_with_the_name_of_a_part():
    frame = pd.DataFrame({"sold:days": [1, 2], "sold": ["2024-02-29", "2024-03-01"], "price": [1, 2]})
    with pytest.raises(InputError) as caught:
        make_table(frame, "price")
    assert str(caught.value) == (
        "The date 'sold' becomes numbers named 'sold:days', 'sold:month', 'sold:weekday', but the table has "
        "'sold:days' already. Rename one of these columns."
    )


def test_values_come_from_their_own_cells_alone(mixed_frame):
    # Kinds are decided from all rows; given the kinds, other rows cannot change a row's values.
    table = make_table(mixed_frame, "price")
    changed = mixed_frame.copy()
    held_out = changed.index >= 40
    changed.loc[held_out, "area"] = -1e99
    changed.loc[held_out, "site"] = "a level that was never seen"
    changed.loc[held_out, "sold"] = "9999-12-31T23:59"
    again = make_table(changed, "price")
    for name in table.features:
        was, now = (t.features[name][:40].astype(object) for t in (table, again))
        pd.testing.assert_series_equal(was, now)


def test_fingerprints_tell_contents_apart(mixed_frame):
    table = make_table(mixed_frame, "price")
    cell, level, target, name, order = (mixed_frame.copy() for _ in range(5))
    cell.loc[0, "area"] += 1e-9
    level.loc[0, "site"] = "east"
    target.loc[0, "price"] += 1e-9
    changed = [
        make_table(cell, "price"),
        make_table(level, "price"),
        make_table(target, "price"),
        make_table(name.rename(columns={"area": "surface"}), "price"),
        make_table(order[order.columns[::-1]], "price"),
        make_table(mixed_frame.iloc[::-1], "price"),
        make_table(mixed_frame.rename(columns={"price": "cost"}), "cost"),
        make_table(mixed_frame, "price", ["area"]),
    ]
    assert len({table.fingerprint(), *(other.fingerprint() for other in changed)}) == 9


def test_the_same_content_in_other_types_has_the_same_fingerprint(mixed_frame):
    table = make_table(mixed_frame, "price")
    other = mixed_frame.astype({"rooms": "Int64", "garden": "boolean", "site": "category", "area": "Float64"})
    other["sold"] = pd.to_datetime(other["sold"])
    assert make_table(other, "price").fingerprint() == table.fingerprint()
    nan = np.frombuffer(b"\x01\x00\x00\x00\x00\x00\xf8\x7f", "<f8")[0]  # a NaN of other bits
    other.loc[other["area"].isna(), "area"] = nan
    assert make_table(other, "price").fingerprint() == table.fingerprint()


def test_the_fingerprint_of_a_known_table():
    # Frozen: results of one version and machine are found again on another by this number.
    frame = pd.DataFrame({"bmi": [27.9, None], "site": ["é", None], "cost": [1, 2]})
    assert make_table(frame, "cost").fingerprint() == (
        "e1f148fc03991fd9f901737f8354d960c201d92b295dfd5e9061ab37c3c0cacc"
    )


def test_round_trip(tmp_path, mixed_frame):
    mixed_frame = mixed_frame.rename(columns={"area": "target"})
    mixed_frame.loc[0, "price"] = None
    table = make_table(mixed_frame, "price")
    table.save(tmp_path / "table.feather")
    again = Table.load(tmp_path / "table.feather")
    assert again.fingerprint() == table.fingerprint()
    assert (again.target_name, again.notes, again.kinds) == (table.target_name, table.notes, table.kinds)
    pd.testing.assert_frame_equal(again.features, table.features)
    assert [path.name for path in tmp_path.iterdir()] == ["table.feather"]


def test_round_trip_of_real_tables(tmp_path, real_table):
    real_table.save(tmp_path / "table.feather")
    assert Table.load(tmp_path / "table.feather").fingerprint() == real_table.fingerprint()


def test_a_long_table_is_mapped_in_one_piece(tmp_path):
    numbers = np.random.default_rng(0).normal(size=200_000)
    table = Table(pd.DataFrame({"x": numbers, "s": pd.Categorical(["a", "b"] * 100_000)}), numbers + 1.0, "y")
    table.save(tmp_path / "t")
    again = Table.load(tmp_path / "t")
    assert again.fingerprint() == table.fingerprint()
    assert not again.features["x"].to_numpy().flags.owndata  # a view of the file


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError) as caught:
        Table.load(tmp_path / "t")
    assert str(caught.value) == f"There is no file '{tmp_path / 't'}'. Start the study again from its table."


def test_a_file_that_is_cut_off(tmp_path, mixed_table):
    mixed_table.save(tmp_path / "t")
    for kept in (0, 10, 3000):
        (tmp_path / "cut").write_bytes((tmp_path / "t").read_bytes()[:kept])
        with pytest.raises(InputError) as caught:
            Table.load(tmp_path / "cut")
        assert str(caught.value) == (
            f"'{tmp_path / 'cut'}' is cut off or damaged: it is not a whole Feather file. Start the study again."
        )


def test_a_file_of_another_kind(tmp_path):
    pd.DataFrame({"x": [1]}).to_feather(tmp_path / "t")
    with pytest.raises(InputError) as caught:
        Table.load(tmp_path / "t")
    assert str(caught.value) == (
        f"'{tmp_path / 't'}' is not a table that this posology wrote: "
        "its format is None, not 'posology table 1'. Start the study again from the original table."
    )


def test_importing_the_room_is_light():
    heavy = {"keras", "jax", "sklearn", "skops", "scipy"}
    code = f"import sys, posology.table; print(*{heavy} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert found == "\n"
