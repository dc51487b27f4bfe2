"""Rebuilding networks: first weights, what is said of them, the lines to write; test_zoo.py has the rest."""

import keras
import numpy as np
import pytest

from posology.errors import InputError
from posology.network.alike import check_alike
from posology.network.export import export_model
from posology.network.faithful import check_faithful
from posology.network.lines import keras_lines
from posology.network.packed import PackedNetwork
from posology.network.sites import dropout_sites, kernel_sites, notes_on

from .building import compiled, functional, sequential
from .conftest import doses_of
from .zoo import ZOO

L = keras.layers


def test_first_weights_follow_the_seed_alone():
    network = PackedNetwork(ZOO["nested functional"]())
    for ours, theirs in zip(network.first_weights(5)[0], network.first_weights(5)[0], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    kernels = network.kernels[0][0]
    assert (network.first_weights(5)[0][kernels] != network.first_weights(6)[0][kernels]).any()


def test_layers_that_share_an_initializer_draw_each_their_own_as_in_a_clone():
    """Keras draws the same numbers twice from one instance; copies, and what is saved and loaded, have one each."""

    def kernels(init):
        layers = [L.Dense(6, kernel_initializer=init) for _ in range(2)]
        model = sequential((6,), *layers, L.Dense(1))
        ours = PackedNetwork(model).first_weights(5)[0]
        drawn = ours, model.get_weights(), keras.models.clone_model(model).get_weights()
        return [np.array_equal(weights[0], weights[2]) for weights in drawn]

    assert kernels(keras.initializers.GlorotUniform()) == [False, True, False]
    assert kernels(keras.initializers.GlorotUniform(seed=3)) == [True, True, True]


def test_an_exported_network_without_strengths_has_no_penalty_and_no_new_dropout():
    model = ZOO["question bare"]()
    out = export_model(model, doses_of(model, [0, 0], [0, 0], [0, 0]))
    assert [type(layer) for layer in out.layers] == [type(layer) for layer in model.layers]
    assert out.losses == []


class Falling(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1 / (1.0 + keras.ops.cast(step, "float32"))

    def get_config(self):
        return {}


@pytest.mark.parametrize(
    ("rate", "known"),
    [(keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.9), True), (Falling(), False), (lambda: 0.1, False)],
)
def test_an_exported_network_is_compiled_where_every_keras_knows_its_learning_rate(rate, known):
    model = ZOO["linear"]()
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse")
    assert export_model(model, ()).compiled is known


def test_present_strengths_are_read():
    first, second = kernel_sites(ZOO["question"]())
    assert first.present == pytest.approx({"l1": 0.01, "l2": 0.0})
    assert second.present == {"l1": 0.0, "l2": 0.0}
    assert [s.present["rate"] for s in dropout_sites(ZOO["question"]())] == [0.08, 0.05]


def test_what_stays_in_every_arm_is_said():
    keras.backend.clear_session()
    gated = ("The penalty on 'dense_1/bias' stays as it is in every arm, 'none' included.",)
    assert notes_on(ZOO["gated"]()) == gated
    assert notes_on(ZOO["with states"]()) == ()
    beyond = [note for note in notes_on(ZOO["recurrent"]()) if note.startswith("No penalty is studied on the weights")]
    assert len(beyond) == 1
    assert " of 'bidirectional' (Bidirectional): those of a layer inside another, or of one that takes no" in beyond[0]
    assert notes_on(ZOO["noisy"]()) == ("GaussianNoise 'gaussian_noise' stays as it is in every arm, 'none' included.",)


def test_keras_lines():
    keras.backend.clear_session()
    model = ZOO["question"]()
    assert keras_lines(doses_of(model, [1e-4, 0], [1e-3, 0], [0.2, 0.0])) == [
        "dense: kernel_regularizer=keras.regularizers.L1L2(l1=0.0001, l2=0.001)",
        "dense_1: no kernel_regularizer",
        "dropout: keras.layers.Dropout(0.2)",
        "dropout_1: keras.layers.Dropout(0.0), that is, none",
    ]
    bare = ZOO["question bare"]()
    assert keras_lines(doses_of(bare, [0, 0], [0.5, 0], [0.2, 0.0]))[2:] == [
        "after dense_3: add keras.layers.Dropout(0.2)"
    ]


def test_a_functional_model_with_a_frozen_layer_and_a_loss_of_the_users_own():
    def fourth(y, p):
        return keras.ops.mean((y - p) ** 4, axis=-1)

    x = keras.Input((6,))
    frozen = keras.layers.Dense(5, activation="relu", name="frozen")
    frozen.trainable = False
    model = keras.Model(x, keras.layers.Dense(1, name="out")(keras.layers.Dense(4, name="free")(frozen(x))))
    model.compile("sgd", fourth)
    network = PackedNetwork(model)
    assert [s.layer for s in network.kernel_sites] == ["free"]
    weights, state = network.first_weights(3)
    assert [w.shape for w in weights] == [(6 - 1, 4), (4,), (4, 1), (1,)]
    assert len(state) == 2
    assert not frozen.trainable
    assert model.get_layer("free").trainable


@pytest.mark.parametrize(
    "layer",
    [
        L.LSTM(3, dropout=0.2),
        L.GRU(3, recurrent_dropout=0.2),
        L.Bidirectional(L.LSTM(3, dropout=0.2)),
        L.RNN([L.LSTMCell(3, dropout=0.2), L.GRUCell(3)]),
    ],
)
def test_dropout_that_is_a_layers_own_argument_is_said_to_stay(layer):
    note = notes_on(sequential((4, 2), layer, L.Dense(1)))[0]
    assert note.startswith(f"The randomness of {type(layer).__name__} '{layer.name}' stays as it is in every arm")


def test_a_name_or_weight_like_a_generators_is_none():
    network = PackedNetwork(sequential((6,), L.BatchNormalization(name="seed_generator"), L.Dense(1)))
    assert len(network.computed(network.first_weights(1)[1])) == 2


def test_a_frozen_weight_of_a_layer_that_is_not_frozen_stays_frozen():
    model = sequential((6,), L.Dense(4, activation="relu"), L.Dense(1))
    model.layers[0].bias.trainable = False
    weights, state = PackedNetwork(model).first_weights(1)
    assert [w.shape for w in weights] == [(6, 4), (4, 1), (1,)]
    assert [s.shape for s in state] == [(4,)]


def test_the_input_keeps_its_name():
    model = compiled(keras.Sequential([keras.Input((6,), name="measured"), L.Dense(1)]))
    assert export_model(model, []).inputs[0].name == "measured"


def scaled_by(rows):
    layer = L.Normalization()
    layer.adapt(rows)
    return sequential((6,), layer, L.Dense(1))


def test_each_fold_has_its_own_normalization():
    near, far = (np.random.default_rng(0).normal(mean, 2.0, size=(40, 6)).astype("float32") for mean in (0.0, 5.0))
    network = PackedNetwork(scaled_by(near))
    like = scaled_by(far)
    weights, state = map(tuple, network.first_weights(1, like))
    for variable, value in zip(like.trainable_variables, weights, strict=True):
        variable.assign(value)
    np.testing.assert_allclose(network.predict(weights, state, far), like.predict(far, verbose=0), atol=1e-5)


def test_a_layer_class_of_the_builders_own_is_the_same_in_every_build():
    def build():
        class Doubled(L.Layer):
            def call(self, x):
                return 2 * x

        return sequential((6,), Doubled(), L.Dense(1))

    PackedNetwork(build()).first_weights(1, build())


@pytest.mark.parametrize(
    "make",
    [
        lambda rows: L.Normalization(mean=rows.mean(axis=0), variance=rows.var(axis=0)),
        lambda rows: L.Rescaling(1 / float(rows.std())),
        lambda rows: L.Dense(len(rows)),
        lambda rows: lambda x: x - rows.mean(axis=0),
        lambda rows: lambda x: x / float(rows.std()),
        lambda _: lambda x: keras.ops.matmul(x, L.Embedding(6, 3)(keras.ops.arange(6))),
    ],
)
def test_a_network_that_another_fold_builds_otherwise_is_refused(make):
    def build(rows):
        inputs = keras.Input((6,))
        return functional(inputs, L.Dense(1)(make(np.asarray(rows))(inputs)))

    rows = np.random.default_rng(0).normal(size=(20, 6))
    network = PackedNetwork(build(rows))
    with pytest.raises(
        InputError, match=r"builds another network (from other training rows|each time):.*adapt\(x_train\)"
    ):
        network.first_weights(1, build(3 * rows[:10]))


def test_a_table_of_an_embedding_that_is_read_at_fixed_places_is_called_on_the_inputs():
    def build(places):
        inputs = keras.Input((6,))
        table = L.Embedding(6, 3, name="table")(places(inputs))
        return functional(inputs, L.Dense(1)(L.Flatten()(keras.ops.expand_dims(inputs, -1) * table)))

    fixed = [build(lambda _: keras.ops.arange(6)) for _ in range(2)]
    with pytest.raises(InputError) as caught:
        check_alike(*fixed)
    said = str(caught.value)
    assert "its operation 'multiply" in said
    assert "as Embedding(n, d)(keras.ops.arange(n)) does, Keras called it once, and it would never learn" in said
    assert "call it on what is made of the inputs, such as keras.ops.zeros_like(inputs[:, :1], 'int32') +" in said
    written = [build(lambda x: keras.ops.zeros_like(x[:, :1], "int32") + keras.ops.arange(6)) for _ in range(2)]
    check_alike(*written)
    check_faithful(written[0], "net", 6)
    assert "table/embeddings" in [v.path for v in written[0].trainable_variables]
