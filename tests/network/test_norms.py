"""Normalizations as regularizers: where they go, that they are Keras' own, that others stay as they were."""

import keras
import numpy as np
import pytest
from keras import Input, Model, layers

from posology.engine.packing import PackProgram
from posology.engine.recipe import Recipe
from posology.network.choice import Choice
from posology.network.doses import doses_of
from posology.network.export import export_model, set_weights
from posology.network.lines import keras_lines
from posology.network.norms import norm_sites, normalized
from posology.network.packed import PackedNetwork
from posology.network.sites import dropout_sites
from posology.regularizers import REGULARIZERS
from tests.engine.packs import BATCH, COLUMNS, batches, members, table

NORMS = ("batch_norm", "layer_norm")
EPOCHS = 4


def compiled(model, optimizer=None):
    model.compile(loss="mse", optimizer=optimizer or keras.optimizers.Adam(0.01))
    return model


def plain(optimizer=None):
    hidden = [layers.Dense(8, "relu", name="one"), layers.Dense(6, name="two"), layers.Activation("tanh", name="bent")]
    return compiled(keras.Sequential([Input((COLUMNS,)), *hidden, layers.Dense(1, name="out")]), optimizer)


def by_hand(name, optimizer=None):
    """The same network as a user of Keras would write it with the layer."""
    norm = {
        "batch_norm": lambda: layers.BatchNormalization(momentum=0.9),
        "layer_norm": lambda: layers.LayerNormalization(),
    }[name]
    hidden = [layers.Dense(8), norm(), layers.ReLU(), layers.Dense(6), norm(), layers.Activation("tanh")]
    return compiled(keras.Sequential([Input((COLUMNS,)), *hidden, layers.Dense(1)]), optimizer)


def found(model, choice=None):
    return [site.layer for site in norm_sites(model, choice or Choice())]


def test_hidden_dense_layers_without_a_normalization_are_the_places():
    assert found(plain()) == ["one", "two"]
    assert found(plain(), Choice(exclude=("t*",))) == ["one"]


@pytest.mark.parametrize(
    "norm", [layers.BatchNormalization, layers.LayerNormalization, layers.UnitNormalization], ids=lambda n: n.__name__
)
def test_what_is_normalized_already_is_no_place(norm):
    hidden = [layers.Dense(4, name="one"), norm(), layers.ReLU(), layers.Dense(4, "relu", name="two")]
    assert found(keras.Sequential([Input((3,)), *hidden, layers.Dense(1)])) == ["two"]
    # one before the first kernel, as the question's network has, normalizes inputs
    assert found(keras.Sequential([Input((3,)), norm(), layers.Dense(4, "relu", name="two"), layers.Dense(1)])) == [
        "two"
    ]


def test_an_activation_that_is_a_layer_stays_where_it_is():
    assert found(keras.Sequential([Input((3,)), layers.Dense(4, layers.PReLU()), layers.Dense(1)])) == []


def test_a_frozen_output_is_no_place():
    model = keras.Sequential([Input((3,)), layers.Dense(4, "relu", name="hidden"), layers.Dense(1, trainable=False)])
    assert found(model) == ["hidden"]
    # nor does a frozen Dense let a normalization behind it count as its own
    frozen = [layers.Dense(4, name="frozen", trainable=False), layers.BatchNormalization()]
    assert found(keras.Sequential([Input((3,)), layers.Dense(4, name="hidden"), *frozen, layers.Dense(1)])) == [
        "hidden"
    ]


def test_an_activity_that_is_penalized_is_not_moved_behind_a_normalization():
    hidden = [layers.Dense(4, "relu", name="one", activity_regularizer="l2"), layers.Dense(4, "relu", name="two")]
    assert found(keras.Sequential([Input((3,)), *hidden, layers.Dense(1)])) == ["two"]


@pytest.mark.parametrize("name", NORMS)
def test_a_training_with_one_is_keras_training_of_the_network_that_has_it(name):
    """Of the layers written by hand, from the same first weights, in the same batches; the moving averages too."""
    model, data = plain(), table()
    network = PackedNetwork(normalized(model, name, norm_sites(model)), ())
    member = members(network, [(0, 0, 0)], epochs=EPOCHS)
    outcome = PackProgram(network, Recipe(BATCH, EPOCHS, {}), data, member).train(data, member)
    twin = by_hand(name)
    given = [*member.weights, *network.computed(member.state)]
    for variable, value in zip([*twin.trainable_variables, *twin.non_trainable_variables], given, strict=True):
        variable.assign(value[0])
    for epoch in range(EPOCHS):
        for rows in batches(member.key[0], epoch):
            twin.train_on_batch(data.x[0][rows], data.y[0][rows])
    for ours, theirs in zip(outcome.weights, twin.trainable_variables, strict=True):
        np.testing.assert_allclose(ours[0], np.asarray(theirs), rtol=1e-4, atol=2e-5)
    for ours, theirs in zip(network.computed(outcome.state), twin.non_trainable_variables, strict=True):
        np.testing.assert_allclose(ours[0], np.asarray(theirs), rtol=1e-4, atol=2e-5)
    # as it predicts: with moving averages, not with those of the rows
    predicted = network.predict(tuple(a[0] for a in outcome.weights), tuple(a[0] for a in outcome.state), data.x[0][:5])
    np.testing.assert_allclose(predicted, twin.predict(data.x[0][:5], verbose=0), rtol=1e-3, atol=1e-4)
    handed = export_model(model, doses_of(norm_sites(model), {name: (1.0, 1.0)}))
    computed = [a[0] for a in network.computed(outcome.state)]
    set_weights(handed, [a[0] for a in outcome.weights], computed, normalized(model, name, norm_sites(model)))
    np.testing.assert_allclose(handed.predict(data.x[0][:5], verbose=0), predicted, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", NORMS)
def test_first_weights_are_those_of_the_network_without_it(name):
    model = plain()
    without = PackedNetwork(model, ("dropout",))
    having = PackedNetwork(normalized(model, name, norm_sites(model)), ("dropout",))
    (bare, _), (weights, _) = without.first_weights(3), having.first_weights(3)
    kernels = [w for w in weights if w.ndim == 2]
    for a, b in zip([w for w in bare if w.ndim == 2], kernels, strict=True):
        np.testing.assert_array_equal(a, b)


def test_dropout_stands_behind_the_activation_that_was_put_in():
    model = plain()
    sites = [*norm_sites(model), *dropout_sites(model)]
    doses = doses_of(sites, {"batch_norm": (1.0, 1.0), "dropout": (0.2, 0.3)})
    assert [layer.name for layer in export_model(model, doses).layers] == [
        "one", "batch_norm_after_one", "activation_after_one", "dropout_after_one",
        "two", "batch_norm_after_two", "bent", "dropout_after_bent", "out",
    ]  # fmt: skip
    assert keras_lines(doses)[:2] == [
        f"after {name}: add keras.layers.BatchNormalization(momentum=0.9) before its activation"
        for name in ("one", "two")
    ]


def test_a_residual_network_with_shared_and_frozen_layers(tmp_path):
    given = Input((4,))
    shared = layers.Dense(4, "relu", name="shared")
    x = layers.Add()([given, layers.Dense(4, name="back")(shared(shared(given)))])
    frozen = layers.Dense(3, "relu", name="frozen", trainable=False)
    model = compiled(Model(given, layers.Dense(1, name="out")(frozen(x))))
    doses = doses_of(norm_sites(model), {"batch_norm": (1.0,) * len(norm_sites(model))})
    out = export_model(model, doses)
    assert {"batch_norm_after_shared", "batch_norm_after_back"} <= {layer.name for layer in out.layers}
    set_weights(
        out, model.trainable_variables, [v for v in model.non_trainable_variables if "seed" not in v.name], model
    )
    rows = np.ones((3, 4), "float32")
    out.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(rows, verbose=0), out.predict(rows, verbose=0), rtol=1e-6)
    assert not out.get_layer("frozen").trainable
    again.fit(rows, np.ones((3, 1)), verbose=0)  # its optimizer has a place for every weight, the new ones too


def test_weights_that_the_optimizer_spares_stay_spared():
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.1)
    model = plain(optimizer)
    optimizer.exclude_from_weight_decay(var_list=[v for v in model.trainable_variables if v.name == "bias"])
    out = normalized(model, "batch_norm", norm_sites(model))
    decayed = {v.path for v in out.trainable_variables if out.optimizer._use_weight_decay(v)}
    assert {path.rpartition("/")[2] for path in decayed} == {"kernel", "gamma", "beta"}


def test_what_is_computed_from_rows_is_that_of_the_build_for_them():
    def build(rows):
        normalization = layers.Normalization()
        normalization.adapt(rows)
        return compiled(keras.Sequential([Input((2,)), normalization, layers.Dense(3, "relu"), layers.Dense(1)]))

    rng = np.random.default_rng(0)
    first, other = (build(rng.normal(mean, 1, (50, 2)).astype("float32")) for mean in (0, 5))
    out = normalized(first, "layer_norm", norm_sites(first), other)
    given = [np.asarray(v) for v in out.non_trainable_variables]
    for ours, theirs in zip(given, other.non_trainable_variables, strict=True):
        np.testing.assert_array_equal(ours, np.asarray(theirs))


def test_it_is_on_or_off():
    assert all(REGULARIZERS[name].strength.is_switch for name in NORMS)
