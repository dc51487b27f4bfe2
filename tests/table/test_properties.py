"""Arbitrary small frames: a clear refusal, or a table that is prepared without NaN, infinity or surprise."""

import datetime as dt
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posology.errors import InputError, LeakWarning
from posology.table import Preparation, features_of, make_table, one_input, read_frame, table_from_arrays

CELLS = {
    "float": st.floats(),
    "tame float": st.floats(-1e6, 1e6),
    "int": st.integers(-(2**70), 2**70),
    "small int": st.integers(0, 3),
    "bool": st.booleans(),
    "text": st.text(max_size=3),
    "level": st.sampled_from(["a", "b", "", "NA", "1", "007", "1,5"]),
    "decimal": st.decimals(allow_nan=False) | st.just(Decimal("NaN")),
    "date": st.dates(),
    "time": st.datetimes(timezones=st.none() | st.timezones()),
    "iso": st.dates().map(dt.date.isoformat),
    "duration": st.timedeltas(),
    "odd": st.sampled_from([[1], {"a": 1}, b"x", 1j, (1,), Decimal("1e999"), float("inf"), dt.time(1)]),
}


@st.composite
def columns(draw, rows, kinds=tuple(CELLS)):
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=2))
    cells = st.one_of(*(CELLS[kind] for kind in chosen))
    if draw(st.booleans()):
        cells = st.none() | cells
    values = pd.Series(draw(st.lists(cells, min_size=rows, max_size=rows)), dtype=object)
    return values.infer_objects() if draw(st.booleans()) else values


@st.composite
def frames(draw):
    rows = draw(st.integers(1, 14))
    names = draw(st.lists(st.text(max_size=3) | st.integers(0, 2), min_size=1, max_size=4))
    features = [draw(columns(rows)) for _ in names]
    target = draw(columns(rows, ("tame float", "small int", "float", "level")))
    return pd.concat([*features, target], axis=1).set_axis([*names, "target"], axis="columns")


SLOW = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(frames(), st.integers(0, 99))
def test_a_frame_is_refused_or_prepared(frame, seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakWarning)
        try:
            table = make_table(frame, "target")
        except InputError:
            return
    assert np.isfinite(table.target).all()
    train = np.random.default_rng(seed).random(table.n_rows) < 0.7
    train[0] = True
    preparation = Preparation.fit(table.features[train], table.target[train])
    matrix = preparation.transform(table.features)
    assert matrix.dtype == np.float32
    assert np.isfinite(matrix).all()
    assert matrix.shape == (table.n_rows, len(preparation.names))
    assert matrix.shape[1] <= one_input(table).width
    assert np.isfinite(preparation.target_to_network(table.target)).all()
    known = frame[pd.Series(make_known(frame["target"]), index=frame.index)]
    features, _ = features_of(known, preparation)
    np.testing.assert_array_equal(preparation.transform(features), matrix)


def make_known(target):
    return [cell == cell and cell is not None for cell in target]


@SLOW
@given(st.binary(max_size=80) | st.text("ab,;\t\n\"'1.? ", max_size=80).map(str.encode))
def test_any_bytes_are_refused_or_read(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(content)
    try:
        frame = read_frame(path)
    except InputError:
        return
    assert len(frame) > 0
    assert frame.columns.is_unique


@SLOW
@given(
    st.lists(st.lists(st.floats() | st.none() | st.text(max_size=2), max_size=3), max_size=4),
    st.lists(st.floats()),
)
def test_any_lists_are_refused_or_made_a_table(rows, target):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakWarning)
        try:
            table = table_from_arrays(rows, target)
        except InputError:
            return
    assert table.n_rows <= len(target)
