"""Surgery is faithful: at zero strengths the packed network is the original without penalties; every site is live."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from posology.network.export import export_model, keras_lines, set_weights
from posology.network.packed import PackedNetwork
from posology.network.sites import dropout_sites, kernel_sites, notes_on

from .conftest import ZOO, doses_of

X = np.random.default_rng(0).normal(size=(12, 6)).astype("float32")
Y = X[:, :1] * X[:, 1:2]


def start(network, seed=3):
    weights, state = network.first_weights(seed)
    return tuple(map(jnp.asarray, weights)), tuple(map(jnp.asarray, state))


def loss(network, rates=None, key=0):
    weights, state = start(network)
    rates = np.zeros(len(network.dropout_sites), "float32") if rates is None else rates
    graded = jax.value_and_grad(network.loss, has_aux=True)
    (total, _), gradient = graded(weights, state, X, Y, None, {"dropout": rates}, jnp.uint32(key))
    return float(total), gradient


def test_at_zero_strengths_the_network_predicts_as_the_original(model):
    network = PackedNetwork(model)
    weights, state = start(network)
    set_weights(model, weights, network.computed(state))
    np.testing.assert_allclose(network.predict(weights, state, X), model.predict(X, verbose=0), atol=1e-6)


def test_every_dropout_site_is_live_and_zero_is_off(model):
    network = PackedNetwork(model)
    sites = len(network.dropout_sites)
    still, _ = loss(network, key=1)
    for site in range(sites):
        rates = np.zeros(sites, "float32")
        rates[site] = 0.5
        assert loss(network, rates, key=1)[0] != still
        assert loss(network, rates, key=1)[0] != loss(network, rates, key=2)[0]


def test_penalties_of_the_sites_are_taken_off(model):
    network = PackedNetwork(model)
    stripped = {v.path for v in network._model.trainable_variables if v.regularizer is not None}
    assert not {p for p in stripped if p.endswith("kernel")}


def test_kernels_are_the_sites_kernels(model):
    network = PackedNetwork(model)
    weights, _ = start(network)
    assert [tuple(weights[i].shape) for (i, *_) in network.kernels] == [s.shape for s in network.kernel_sites]


def test_the_original_is_left_alone(model):
    before = model.to_json()
    weights = [w.copy() for w in model.get_weights()]
    PackedNetwork(model).first_weights(1)
    kernels, drops = len(kernel_sites(model)), len(dropout_sites(model))
    export_model(model, doses_of(model, [0.1] * kernels, [0.1] * kernels, [0.1] * drops))
    assert model.to_json() == before
    for ours, theirs in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_first_weights_follow_the_seed_alone(model):
    network = PackedNetwork(model)
    for ours, theirs in zip(network.first_weights(5)[0], network.first_weights(5)[0], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    kernels = network.kernels[0][0]
    assert (network.first_weights(5)[0][kernels] != network.first_weights(6)[0][kernels]).any()


def test_the_exported_model_is_stock_and_has_the_numbers(model, tmp_path):
    kernels, drops = kernel_sites(model), dropout_sites(model)
    l1 = [0.001 * (i + 1) for i in range(len(kernels))]
    l2 = [0.002 * (i + 1) for i in range(len(kernels))]
    rates = [0.1 * (i + 1) for i in range(len(drops))]
    out = export_model(model, doses_of(model, l1, l2, rates))
    network = PackedNetwork(model)
    weights, state = start(network)
    set_weights(out, weights, network.computed(state))
    np.testing.assert_allclose(out.predict(X, verbose=0), network.predict(weights, state, X), atol=1e-6)
    penalty = sum(
        a * np.abs(weights[i]).sum() + b * (weights[i] ** 2).sum()
        for group, a, b in zip(network.kernels, l1, l2, strict=True)
        for i in group
    )
    others = sum(float(v.regularizer(v.value)) for v in network._model.trainable_variables if v.regularizer)
    assert float(sum(out.losses)) == pytest.approx(float(penalty) + others, rel=1e-4)
    assert [s.present["rate"] for s in dropout_sites(out)] == pytest.approx(rates)
    out.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(again.predict(X, verbose=0), out.predict(X, verbose=0), atol=1e-6)
    assert all(layer.__class__.__module__.startswith("keras") for layer in again.layers)


def test_an_exported_network_without_strengths_has_no_penalty_and_no_new_dropout():
    model = ZOO["question bare"]()
    out = export_model(model, doses_of(model, [0, 0], [0, 0], [0, 0]))
    assert [type(layer) for layer in out.layers] == [type(layer) for layer in model.layers]
    assert out.losses == []


SITES = {
    "question": (["dense", "dense_1"], ["dropout", "dropout_1"]),
    "question without dropout": (["dense", "dense_1"], ["dense", "dense_1"]),
    "question without penalty": (["dense", "dense_1"], ["dropout", "dropout_1"]),
    "question bare": (["dense", "dense_1"], ["dense", "dense_1"]),
    "separate activations": (["dense", "dense_1"], ["re_lu", "activation"]),
    "residual": (["first", "second"], ["first", "second"]),
    "shared layer": (["twice"], ["dropout"]),
    "nested": (["block/inner", "dense"], ["block/inner", "dense"]),
    "noisy": (["dense"], ["dense"]),
    "gated": (["dense"], ["dense"]),
    "linear": (["dense"], []),
}


@pytest.mark.parametrize("name", ZOO)
def test_sites(name):
    keras.backend.clear_session()
    model = ZOO[name]()
    kernels, drops = SITES[name]
    assert [s.layer for s in kernel_sites(model)] == kernels
    assert [s.layer for s in dropout_sites(model)] == drops


def test_present_strengths_are_read():
    first, second = kernel_sites(ZOO["question"]())
    assert first.present == pytest.approx({"l1": 0.01, "l2": 0.0})
    assert second.present == {"l1": 0.0, "l2": 0.0}
    assert [s.present["rate"] for s in dropout_sites(ZOO["question"]())] == [0.08, 0.05]


def test_what_stays_in_every_arm_is_said():
    keras.backend.clear_session()
    gated = ("The penalty on 'dense_1/bias' stays as it is in every arm, 'none' included.",)
    assert notes_on(ZOO["gated"]()) == gated
    assert notes_on(ZOO["noisy"]()) == ("GaussianNoise 'gaussian_noise' stays as it is in every arm, 'none' included.",)


def test_keras_lines():
    keras.backend.clear_session()
    model = ZOO["question"]()
    assert keras_lines(doses_of(model, [1e-4, 0], [1e-3, 0], [0.2, 0.0])) == [
        "dense: kernel_regularizer=keras.regularizers.L1L2(l1=0.0001, l2=0.001)",
        "dense_1: no kernel_regularizer",
        "dropout: keras.layers.Dropout(0.2)",
        "dropout_1: remove this Dropout",
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
    weights, state = start(network)
    assert [w.shape for w in weights] == [(6 - 1, 4), (4,), (4, 1), (1,)]
    assert len(state) == 2
    assert not frozen.trainable
    assert model.get_layer("free").trainable
