"""A table meets a network at its inputs."""

import sys

import keras
import numpy as np
import pandas as pd
import pytest

from posology.errors import InputError
from posology.execution.inlets import lay_out
from posology.network.packed import PackedNetwork
from posology.network.source import open_source, parse_source
from posology.table import Preparation, make_table

L, ROWS = keras.layers, 40
NAME = "build of 'net.py'"


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.normal(size=ROWS), "city": rng.choice(["a", "b", "c"], ROWS)})
    frame["hour"] = rng.integers(0, 5, ROWS)
    frame["bmi"] = rng.normal(size=ROWS)
    return make_table(frame.assign(y=rng.normal(size=ROWS)), "y")


def compiled(inputs, outputs):
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    return model


def embedded(vocabulary=4, hours=5):
    city = keras.Input((1,), name="city", dtype="int32")
    hour = keras.Input((1,), name="hour")  # float, as Keras has it by default: an Embedding makes it one of codes
    rest = keras.Input((2,), name="rest")
    parts = [L.Flatten()(L.Embedding(vocabulary, 2)(city)), L.Flatten()(L.Embedding(hours, 2)(hour)), rest]
    return compiled([city, hour, rest], L.Dense(1)(L.Concatenate()(parts)))


def doubled(x):
    return 2 * x


def rows_of(layout, table):
    return layout.matrix(Preparation.fit(table.features, table.target), table.features)


def test_of_a_large_table_some_rows_are_prepared_at_first(table, monkeypatch):
    monkeypatch.setattr("posology.execution.inlets.MOST_ROWS", 16)
    seen = []

    def build(x_train):
        seen.append(x_train)
        return compiled(x := keras.Input((x_train.shape[1],)), L.Dense(1)(x))

    layout, _, _ = lay_out(build, NAME, table, {})
    some = np.arange(16) * ROWS // 16
    features = table.features.iloc[some]
    np.testing.assert_array_equal(seen[0], layout.matrix(Preparation.fit(features, table.target[some]), features))


NAMED_BY_KERAS = """
import keras
from keras.layers import Concatenate, Dense, Embedding, Flatten

OWN = {own}


def build(x_train):
    city, rest = keras.Input((1,), name="city", dtype="int32"), keras.Input((3,), name="rest")
    hidden = Concatenate()([Flatten()(Embedding(4, 2)(city)), rest])
    hidden = (OWN or Dense(2))(hidden)
    model = keras.Model([city, rest], Dense(1)(hidden))
    model.compile("sgd", "mse")
    return model
"""


@pytest.mark.parametrize(("own", "embedding"), [("None", "embedding"), ("Dense(2)", "embedding_1")])
def test_layers_of_a_network_that_is_built_twice_have_the_names_of_a_first_build(
    table, tmp_path, monkeypatch, own, embedding
):
    monkeypatch.setattr("sys.path", [*sys.path])
    keras.utils.clear_session()
    (tmp_path / "named.py").write_text(NAMED_BY_KERAS.format(own=own))
    build = open_source(parse_source(f"{tmp_path / 'named.py'}:build"))
    layout, model, _ = lay_out(build, NAME, table, {"rest": ["age", "hour", "bmi"]})
    assert layout.codes == ("city",)
    # a layer made as the file is imported keeps its name, and then all others count on
    assert [layer.name for layer in model.layers if isinstance(layer, L.Embedding)] == [embedding]


def test_one_input_of_measurements_gets_the_prepared_rows(table):
    seen = []

    def build(x_train):
        seen.append(x_train)
        return compiled(x := keras.Input((x_train.shape[1],)), L.Dense(1)(x))

    layout, _, notes = lay_out(build, NAME, table, {})
    (rows,) = seen
    np.testing.assert_array_equal(rows, rows_of(layout, table))
    assert notes == ()


def test_a_normalization_adapts_to_rows_that_mean_something(table):
    def build(x_train):
        adapted = L.Normalization(name="adapted")
        adapted.adapt(x_train)
        return compiled(x := keras.Input((x_train.shape[1],)), L.Dense(1)(adapted(x)))

    layout, model, _ = lay_out(build, NAME, table, {})
    variance = np.ravel(model.get_layer("adapted").variance)
    np.testing.assert_allclose(variance, rows_of(layout, table).var(axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (L.Lambda(doubled, name="own"), "has a Lambda layer, 'own'"),
        (L.Dense(3, activation=doubled, name="own"), "a layer, 'own' (Dense), that cannot be made again"),
    ],
)
def test_what_cannot_be_studied_is_said_before_the_graph_is_read(table, layer, message):
    def build(x_train):
        return compiled(x := keras.Input(x_train.shape[1:]), L.Dense(1)(layer(x)))

    with pytest.raises(InputError) as caught:
        lay_out(build, NAME, table, {})
    assert message in str(caught.value)


def test_embeddings_get_codes_and_the_rest_measurements(table):
    layout, model, notes = lay_out(lambda _: embedded(), NAME, table, {})
    assert [(s.name, s.columns, s.coded) for s in layout.slots] == [
        ("city", ("city",), True),
        ("hour", ("hour",), True),
        ("rest", ("age", "bmi"), False),
    ]
    assert notes == ()
    matrix = rows_of(layout, table)
    network = PackedNetwork(model)
    weights, state = network.first_weights(0)
    parts = {"city": matrix[:, :1], "hour": matrix[:, 1:2], "rest": matrix[:, 2:]}
    model.set_weights(weights)
    want = model.predict(parts, verbose=0)
    np.testing.assert_allclose(network.predict(tuple(weights), tuple(state), matrix), want, atol=1e-6)


def test_a_sequential_embedding_without_an_input_gets_codes(table):
    def build(x_train):
        model = keras.Sequential([L.Embedding(int(np.max(x_train)) + 1, 2), L.Flatten(), L.Dense(1)])
        model.compile("sgd", "mse")
        return model

    codes = make_table(table.features[["city", "hour"]].assign(y=table.target), "y")
    layout, model, _ = lay_out(build, NAME, codes, {})
    assert layout.slots[0].coded
    assert model.layers[0].input_dim == 5


def test_a_builder_that_takes_rows_by_input(table):
    def build(x_train):
        inputs = {name: keras.Input((rows.shape[1],), name=name) for name, rows in x_train.items()}
        return compiled(inputs, L.Dense(1)(L.Concatenate()([L.Dense(3)(i) for i in inputs.values()])))

    given = {"who": ("age", "city"), "when": ("hour",)}
    layout, model, notes = lay_out(build, NAME, table, given)
    # a dictionary of inputs is read in the order of its keys
    assert [(s.name, s.width) for s in layout.slots] == [("when", 1), ("who", 4)]
    assert sorted(model.input) == ["when", "who"]
    assert notes == ("Not read by any input of the network: 'bmi'.",)


def test_columns_become_the_shape_of_the_input(table):
    numbers = make_table(table.features[["age", "hour", "bmi"]].assign(z=1.5, zz=2.5, zzz=-1.0, y=table.target), "y")

    def build():
        x = keras.Input((2, 3))
        return compiled(x, L.Dense(1)(L.Flatten()(L.Conv1D(2, 2)(x))))

    layout, model, _ = lay_out(lambda _: build(), NAME, numbers, {})
    network = PackedNetwork(model)
    weights, state = network.first_weights(0)
    matrix = rows_of(layout, numbers)
    model.set_weights(weights)
    want = model.predict(matrix.reshape(-1, 2, 3), verbose=0)
    np.testing.assert_allclose(network.predict(tuple(weights), tuple(state), matrix), want, atol=1e-6)


@pytest.mark.parametrize(
    ("build", "given", "message"),
    [
        (lambda _: embedded(vocabulary=3), {}, "an Embedding of 3 codes for 'city', but codes go up to 3"),
        (lambda _: embedded(vocabulary=3), {}, "Write Embedding(4, ...)."),
        (lambda _: embedded(hours=4), {}, "an Embedding of 4 codes for 'hour', but codes go up to 4"),
        (
            lambda _: embedded(),
            {"rest": ("bmi",)},
            "the input 'rest' of shape (2,), but the prepared table has 1 columns",
        ),
        (lambda _: embedded(), {"hour": ("age",)}, "Column 'age' goes to an input of codes"),
        (lambda _: embedded(), {"none": ("age",)}, "The network has no input 'none'."),
    ],
)
def test_networks_that_do_not_fit_the_table(build, given, message, table):
    with pytest.raises(InputError) as caught:
        lay_out(build, NAME, table, given)
    assert message in str(caught.value)


def test_inputs_that_change_their_names_are_refused(table):
    def build(x_train):
        a, b = keras.Input((2,)), keras.Input((5,))
        return compiled([a, b], L.Dense(1)(L.Concatenate()([a, b])))

    with pytest.raises(InputError, match=r"The network has 2 inputs, .* Say which columns each reads"):
        lay_out(build, NAME, table, {})


def test_a_builder_reads_the_rows_of_the_inputs_that_are_not_named(table):
    def build(x_train):
        inputs = [keras.Input((x_train[name].shape[1],), name=name) for name in ("place", "age", "rest")]
        return compiled(inputs, L.Dense(1)(L.Concatenate()(inputs)))

    layout, model, _ = lay_out(build, NAME, table, {"place": ["city"]})
    read = {slot.name: slot.columns for slot in layout.slots}
    # "rest" is all that is not named until the network is known, and then what no input reads
    assert read == {"place": ("city",), "age": ("age",), "rest": ("hour", "bmi")}
    assert [tensor.shape[1] for tensor in model.inputs] == [slot.width for slot in layout.slots]


def test_a_builder_asks_for_an_input_that_nothing_is_left_for(table):
    with pytest.raises(KeyError, match="rest"):
        lay_out(lambda x_train: x_train["rest"], NAME, table, {"all": ["age", "city", "hour", "bmi"]})
