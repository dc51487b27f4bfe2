"""Which prepared columns each input reads."""

import json

import numpy as np
import pandas as pd
import pytest

from posology.errors import InputError
from posology.table import Layout, Preparation, assign, columns_by_input, make_table, one_input, slot_of
from posology.table.layout import Slot

ROWS = 60


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.normal(size=ROWS), "city": rng.choice(["a", "b", "c"], ROWS)})
    frame["hour"] = rng.integers(0, 24, ROWS)
    frame["bmi"] = np.where(rng.random(ROWS) < 0.2, np.nan, rng.normal(size=ROWS))
    frame["sold"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), "D")
    return make_table(frame.assign(y=rng.normal(size=ROWS)), "y")


def prepared(table, layout, rows=slice(None)):
    preparation = Preparation.fit(table.features.iloc[rows], table.target[rows])
    return layout.matrix(preparation, table.features)


def test_one_input_reads_all_columns_in_the_order_of_the_preparation(table):
    preparation = Preparation.fit(table.features, table.target)
    layout = one_input(table)
    np.testing.assert_array_equal(layout.matrix(preparation, table.features), preparation.transform(table.features))
    assert layout.by_input(np.ones((2, 3))).shape == (2, 3)


def test_inputs_stand_side_by_side(table):
    layout = Layout((slot_of(table, "right", ["bmi", "age"]), slot_of(table, "left", ["city"])), by_name=True)
    assert [slot.columns for slot in layout.slots] == [("age", "bmi"), ("city",)]
    preparation = Preparation.fit(table.features, table.target)
    whole = dict(zip(preparation.names, preparation.transform(table.features).T, strict=True))
    matrix = layout.matrix(preparation, table.features)
    np.testing.assert_array_equal(matrix[:, :3].T, [whole["age"], whole["bmi"], whole["bmi:missing"]])
    parts = layout.by_input(matrix)
    np.testing.assert_array_equal(parts["right"], matrix[:, :3])
    np.testing.assert_array_equal(parts["left"].T, [whole[f"city={c}"] for c in "abc"])


def test_a_fold_without_a_level_keeps_the_shape_and_its_own_place(table):
    layout = Layout((slot_of(table, "city", ["city"]), slot_of(table, "age", ["age"])))
    without = np.flatnonzero(table.features["city"] != "b")
    matrix = prepared(table, layout, without)
    assert matrix.shape == (ROWS, 4)
    age = table.features["age"].to_numpy()
    np.testing.assert_allclose(matrix[:, 3], (age - age[without].mean()) / age[without].std(), rtol=1e-5)


def test_codes_number_the_levels_of_the_table_and_0_is_for_what_training_rows_lack(table):
    slot = slot_of(table, "codes", ["city", "hour"], coded=True)
    assert (slot.width, slot.largest, slot.levels) == (2, 23, {"city": ("a", "b", "c")})
    number = {"a": 1, "b": 2, "c": 3}
    want = [number[c] for c in table.features["city"]]
    codes = prepared(table, Layout((slot,)))
    assert codes[:, 0].tolist() == want
    assert codes[:, 1].tolist() == table.features["hour"].tolist()
    without = np.flatnonzero(table.features["city"] != "b")
    assert prepared(table, Layout((slot,)), without)[:, 0].tolist() == [0 if n == 2 else n for n in want]


@pytest.mark.parametrize(("column", "got"), [("bmi", "a missing cell"), ("age", "has "), ("sold:days", None)])
def test_numbers_for_an_embedding_are_codes_already(table, column, got):
    if got is None:
        assert slot_of(table, "codes", [column], coded=True).largest > 18_000
    else:
        with pytest.raises(InputError, match=got):
            slot_of(table, "codes", [column], coded=True)


def test_a_new_code_beyond_the_studied_ones_is_refused(table):
    layout = Layout((slot_of(table, "codes", ["hour"], coded=True),))
    preparation = Preparation.fit(table.features, table.target)
    with pytest.raises(InputError, match=r"'hour' goes to an input of codes .* but has 24. .* from 0 to 23"):
        layout.matrix(preparation, table.features.assign(hour=24.0))


def test_a_layout_is_kept_in_a_file(table, tmp_path):
    layout = Layout((slot_of(table, "codes", ["city"], coded=True), slot_of(table, "rest", ["age", "sold:days"])))
    layout.save(tmp_path)
    assert Layout.load(tmp_path) == layout
    (tmp_path / "layout.json").write_text("[{")
    with pytest.raises(InputError, match=r"layout\.json' is cut off or damaged"):
        Layout.load(tmp_path)


COLUMNS = ["age", "city", "sold:days", "sold:month"]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("name", None),
        ("columns", "size"),
        ("columns", ["size", 1]),
        ("width", "3"),
        ("width", True),
        ("coded", 1),
        ("levels", []),
        ("levels", {"site": [1]}),
        ("largest", 2.5),
    ],
)
def test_a_slot_that_is_something_else_is_refused(tmp_path, part, value):
    Layout((Slot("", ("size",), 3),)).save(tmp_path)
    written = json.loads((tmp_path / "layout.json").read_text())
    written["slots"][0][part] = value
    (tmp_path / "layout.json").write_text(json.dumps(written))
    with pytest.raises(InputError, match=r"layout\.json' is missing or damaged \(TypeError\)"):
        Layout.load(tmp_path)


@pytest.mark.parametrize(
    ("inputs", "given", "found"),
    [
        (["x"], {}, {"x": COLUMNS}),
        (["city", "rest"], {}, {"city": ["city"], "rest": ["age", "sold:days", "sold:month"]}),
        (["sold", "age"], {}, {"sold": COLUMNS[2:], "age": ["age"]}),
        (["a", "b"], {"a": ["sold", "age"]}, {"a": ["sold:days", "sold:month", "age"], "b": ["city"]}),
    ],
)
def test_columns_are_handed_out(inputs, given, found):
    assert assign(inputs, COLUMNS, given) == found


@pytest.mark.parametrize(
    ("inputs", "given", "message"),
    [
        (["a", "b"], {}, "The network has 2 inputs, 'a', 'b', and no column is known for 'a', 'b'"),
        (["left", "b"], {"lefd": ["age"]}, "The network has no input 'lefd'. Did you mean 'left'?"),
        (["a"], {"a": ["agee"]}, "The table has no column 'agee' for the input 'a'. Did you mean 'age'?"),
        (["a", "age"], {"a": COLUMNS}, None),
    ],
)
def test_inputs_without_columns_are_refused(inputs, given, message):
    if message is None:  # a column may be read by two inputs
        assert assign(inputs, COLUMNS, given)["age"] == ["age"]
    else:
        with pytest.raises(InputError) as caught:
            assign(inputs, COLUMNS, given)
        assert message in str(caught.value)


def test_tables_by_input_are_joined():
    frame, given = columns_by_input({"a": pd.DataFrame({"u": [1], "v": [2]}), "b": np.array([[3.0]])}, None)
    assert frame.to_dict("list") == {"u": [1], "v": [2], "x0": [3.0]}
    assert given == {"a": ("u", "v"), "b": ("x0",)}
    with pytest.raises(InputError, match="different numbers of rows: 'a' 1, 'b' 2"):
        columns_by_input({"a": [[1]], "b": [[1], [2]]}, None)
    with pytest.raises(InputError, match="Give one of them"):
        columns_by_input({"a": [[1]]}, {"a": ["x0"]})
