"""A network with its preparation inside predicts as the two do one after the other."""

from importlib.util import find_spec

import keras
import numpy as np
import pandas as pd
import pytest

from posology.errors import InputError
from posology.handback.embedded import embed, input_columns
from posology.network.inputs import split_columns
from posology.table import Classes, Layout, Preparation, Slot, features_of, make_table, slot_of

ROWS = 120


def frame(**columns):
    rng = np.random.default_rng(1)
    area = rng.normal(100, 20, ROWS)
    return pd.DataFrame({"area": area, **columns, "price": area * 3 + rng.normal(0, 20, ROWS)})


def letters(weights, rows=ROWS, missing=0):
    rng = np.random.default_rng(2)
    drawn = rng.choice(list(weights), rows, p=np.array(list(weights.values())) / sum(weights.values())).astype(object)
    drawn[:missing] = None
    return drawn


def holes(numbers, every):
    out = np.array(numbers, float)
    out[::every] = np.nan
    return out


RNG = np.random.default_rng(4)
YEARS = RNG.integers(1990, 2025, ROWS).astype(float)
TABLES = {
    "a number": frame(),
    "numbers with holes": frame(rooms=holes(RNG.integers(1, 9, ROWS), 5), other=holes(RNG.normal(size=ROWS), 11)),
    "years and days": frame(year=YEARS, sold=pd.date_range("2024-01-01", periods=ROWS, freq="19h")),
    "skewed": frame(income=np.exp(RNG.normal(8, 2, ROWS))),
    "levels": frame(region=letters({"n": 3, "s": 3, "w": 3})),
    "rare levels": frame(region=letters({"n": 30, "s": 30, "w": 1, "o": 1})),
    "missing level": frame(region=letters({"n": 3, "s": 3}, missing=20)),
    "rare missing": frame(region=letters({"n": 3, "s": 3}, missing=4)),
    "many levels": frame(city=letters(dict.fromkeys([f"c{n}" for n in range(90)], 1))),
    "a constant and a truth": frame(same=np.full(ROWS, 2024.0), sure=RNG.choice([True, False], ROWS)),
    "odd names": frame(
        **{"a/b": RNG.normal(size=ROWS), "a_b": RNG.normal(size=ROWS), "<b>я</b> :x:": letters({"n": 1, "s": 1})}
    ),
    "a category alone": frame(region=letters({"n": 3, "s": 3, "w": 3})).drop(columns="area"),
}  # fmt: skip


def network(width, extra=2):
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Dense(8, activation="relu"), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    return keras.Sequential([keras.Input((width + extra,)), *layers])


def fitted(table_frame):
    table = make_table(table_frame, "price")
    return Preparation.fit(table.features, table.target)


def strange(table_frame):
    """New rows: some with every number missing, every level missing or never seen."""
    new = table_frame.copy()
    for name in new.columns.drop("price"):
        if new[name].dtype == object or isinstance(new[name].dtype, pd.StringDtype):
            new.loc[3, name], new.loc[4, name] = None, "never seen"
        elif new[name].dtype == float:
            new.loc[5, name] = np.nan
    return new


def laid_out(preparation, net):
    return Layout((Slot("", preparation.columns, net.inputs[0].shape[1]),))


def as_inputs(features, preparation):
    """Give the dict of arrays that the model takes, as docs say it."""
    out = {}
    for one in input_columns(preparation):
        column = features[one.column]
        if one.kind == "category":
            codes = {level: code for code, level in enumerate(one.levels, 1)}
            column = np.array([0 if pd.isna(cell) else codes.get(cell, -1) for cell in column], "int32")
        out[one.input] = np.asarray(column, "int32" if one.kind == "category" else "float32")[:, None]
    return out


@pytest.mark.parametrize("name", TABLES)
def test_equal_to_preparation_and_network_one_after_the_other(name, tmp_path):
    preparation = fitted(TABLES[name])
    net = network(len(preparation.names))
    layout = laid_out(preparation, net)
    embed(net, preparation, layout).save(tmp_path / "m.keras")
    model = keras.models.load_model(tmp_path / "m.keras")  # safe mode
    features, _ = features_of(strange(TABLES[name]), preparation)
    rows = layout.matrix(preparation, features)
    expected = preparation.target_from_network(net.predict(rows, verbose=0)[:, 0])
    got = model.predict(as_inputs(features, preparation), verbose=0)
    assert got.shape == (ROWS, 1)
    assert np.abs(got[:, 0] - expected).max() < 1e-5 * preparation.target_sd


@pytest.mark.skipif(
    not (find_spec("jax2onnx") and find_spec("onnxruntime")), reason="needs pip install 'posology[onnx]'"
)
@pytest.mark.parametrize("name", TABLES)
def test_it_is_written_as_onnx(name, tmp_path):
    from posology.handback.onnx_file import write_onnx

    preparation = fitted(TABLES[name])
    net = network(len(preparation.names))
    # refuses a file that predicts otherwise in onnxruntime
    write_onnx(embed(net, preparation, laid_out(preparation, net)), tmp_path / "m.onnx")


@pytest.mark.parametrize(("units", "activation"), [(1, "sigmoid"), (1, None), (3, "softmax"), (3, None)])
def test_classes_come_out_as_probabilities(units, activation, tmp_path):
    table = TABLES["levels"].rename(columns={"area": "softmax", "region": "sigmoid"})
    preparation = fitted(table)
    net = keras.Sequential([keras.Input((len(preparation.names),)), keras.layers.Dense(units, activation=activation)])
    names = ("a", "b", "c")[: max(2, units)]
    layout = laid_out(preparation, net)
    embed(net, preparation, layout, Classes(names, logits=activation is None)).save(tmp_path / "m.keras")
    model = keras.models.load_model(tmp_path / "m.keras")
    features, _ = features_of(table, preparation)
    got = model.predict(as_inputs(features, preparation), verbose=0)
    outputs = net.predict(layout.matrix(preparation, features), verbose=0).astype(float)
    if units == 1:
        second = outputs if activation else 1 / (1 + np.exp(-outputs))
        expected = np.hstack([1 - second, second])
    else:
        expected = outputs if activation else np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_a_column_without_any_number():
    """A training fold may have none; the preparation then fills in zeros."""
    features = pd.DataFrame({"x": RNG.normal(size=30), "empty": np.full(30, np.nan)})
    preparation = Preparation.fit(features, RNG.normal(size=30))
    net = network(len(preparation.names))
    features.loc[0, "empty"] = 2.0
    layout = laid_out(preparation, net)
    rows = layout.matrix(preparation, features)
    expected = preparation.target_from_network(net.predict(rows, verbose=0)[:, 0])
    got = embed(net, preparation, layout).predict(as_inputs(features, preparation), verbose=0)[:, 0]
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_no_layer_but_keras_own():
    net, preparation = network(5, extra=0), fitted(TABLES["levels"].assign(x=1.0))
    model = embed(net, preparation, laid_out(preparation, net))
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}
    assert "Lambda" not in {type(layer).__name__ for layer in model.layers}


def test_columns_named_like_operations():
    """Keras names every operation by its kind: each of them as a column's name, and all the others as well."""
    categories = {"region": letters({"n": 3, "s": 3}, missing=20), "x": holes(RNG.normal(size=ROWS), 5)}
    plain = fitted(frame(**categories))
    net = network(len(plain.names))
    operations = [layer.name.rstrip("_0123456789") for layer in embed(net, plain, laid_out(plain, net)).operations]
    names = {name for name in operations if name not in categories and name != "area"}
    assert {"isnan", "take", "target", "network"} <= names
    preparation = fitted(frame(**categories, **{name: RNG.normal(size=ROWS) for name in names}))
    keras.backend.clear_session()  # operations are counted anew, so that their names have no number
    net = network(len(preparation.names))
    model = embed(net, preparation, laid_out(preparation, net))
    assert len(model.inputs) == len(preparation.columns)


def test_names_that_keras_does_not_take():
    inputs = input_columns(fitted(TABLES["odd names"]))
    assert [one.input for one in inputs] == ["area", "a_b_", "a_b", "<b>я<_b> :x:"]
    assert [one.column for one in inputs] == ["area", "a/b", "a_b", "<b>я</b> :x:"]


@pytest.mark.parametrize(
    ("table_frame", "message"),
    [
        (
            frame(id=1e9 + RNG.normal(0, 1e5, ROWS)),
            "Column 'id' has the mean 9.99997e+08 and the standard deviation 103064",
        ),
        (frame(id=RNG.normal(0, 1e-45, ROWS)), "Column 'id' has the mean"),
        (frame(id=RNG.normal(0, 1e60, ROWS)), "Column 'id' has the mean"),
        (frame().assign(price=lambda f: 1e6 + f["price"]), "The target has the mean 1.00"),
    ],
)
def test_what_float32_cannot_hold_is_refused(table_frame, message):
    preparation = fitted(table_frame)
    with pytest.raises(InputError) as caught:
        embed(net := network(len(preparation.names)), preparation, laid_out(preparation, net))
    assert message in str(caught.value)
    assert "without --embed-preprocessing" in str(caught.value)


def test_the_stated_limit_is_that_of_float32():
    """Just within the limit, a prepared number is off by no more than was promised."""
    drawn = np.random.default_rng(5).normal(size=ROWS)
    numbers = 7.0 * (1600 + (drawn - drawn.mean()) / drawn.std())
    preparation = fitted(frame(id=numbers))
    identity = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    identity.set_weights([np.array([[0.0], [1.0]], "float32")])
    features, _ = features_of(frame(id=numbers), preparation)
    model = embed(identity, preparation, laid_out(preparation, identity))
    z = model.predict(as_inputs(features, preparation), verbose=0)[:, 0]
    off = (z - preparation.target_mean) / preparation.target_sd - preparation.transform(features)[:, 1]
    assert 1e-5 < np.abs(off).max() < 1e-4 + 1e-5


def branches():
    body, city = keras.Input((2, 1), name="body"), keras.Input((1,), name="city", dtype="int32")
    x = keras.layers.Flatten()(keras.layers.Conv1D(2, 2)(body))
    e = keras.layers.Flatten()(keras.layers.Embedding(4, 2)(city))
    return keras.Model({"city": city, "body": body}, keras.layers.Dense(1)(keras.layers.Concatenate()([x, e])))


def test_several_inputs_codes_and_shapes(tmp_path):
    rng = np.random.default_rng(2)
    table_frame = frame(height=rng.normal(size=ROWS)).assign(town=rng.choice(["bath", "ely", "york"], ROWS))
    table = make_table(table_frame[["area", "height", "town", "price"]], "price")
    slots = slot_of(table, "body", ["area", "height"]), slot_of(table, "city", ["town"], coded=True)
    layout = Layout(slots)
    rows = np.flatnonzero(table.features["town"] != "ely")  # a level that no training row has
    preparation = Preparation.fit(table.features.iloc[rows], table.target[rows])
    net = branches()
    embed(net, preparation, layout).save(tmp_path / "m.keras")
    expected = net.predict(split_columns(net, layout.matrix(preparation, table.features)), verbose=0)[:, 0]
    got = keras.models.load_model(tmp_path / "m.keras").predict(as_inputs(table.features, preparation), verbose=0)
    want = preparation.target_from_network(expected)
    assert np.abs(got[:, 0] - want).max() < 1e-5 * preparation.target_sd
