"""Warnings read from the graph: each claim held against the network's own numbers, and none where it does not hold."""

import re

import keras
import numpy as np
import pytest

from posology.network.choice import Choice
from posology.network.graph import graph_of
from posology.network.scale import cancelled_by
from posology.network.sites import Site, kernel_sites
from posology.network.structure import structure_warnings, variance_ratio

from .zoo import ZOO

L = keras.layers
RNG = np.random.default_rng(0)
BN = {"epsilon": 1e-9}


def net(*layers, shape=(6,)):
    """A network whose first layer with a kernel is called `it`."""
    return keras.Sequential([keras.Input(shape), *layers, L.Flatten(), L.Dense(1)])


def it(units=4, **how):
    return L.Dense(units, name="it", **how)


def conv(**how):
    return L.Conv2D(3, 2, name="it", **how)


def branches(second):
    """A Dense that is normalized on one way, and goes another way too."""
    x = keras.Input((6,))
    a = it()(x)
    return keras.Model(x, L.Dense(1)(second(a, L.BatchNormalization(**BN)(a))))


def called_twice():
    x = keras.Input((6,))
    dense = it(6, use_bias=False)
    return keras.Model(x, L.Dense(1)(L.BatchNormalization(**BN)(dense(dense(x)))))


def two_normalizations():
    x = keras.Input((6,))
    a = it(use_bias=False)(x)
    return keras.Model(x, L.Dense(1)(L.Add()([L.BatchNormalization(**BN)(a), L.LayerNormalization(**BN)(a)])))


def frozen():
    norm = L.BatchNormalization(**BN)
    norm.trainable = False
    return net(it(), norm)


IMAGE = (6, 6, 2)
CANCELLED = {
    "dense": lambda: net(it(), L.BatchNormalization(**BN)),
    "dense without bias": lambda: net(it(use_bias=False), L.BatchNormalization(**BN)),
    "two dense": lambda: net(it(), L.Dense(5), L.BatchNormalization(**BN)),
    "dropout, no bias": lambda: net(it(use_bias=False), L.Dropout(0.3, seed=1), L.BatchNormalization(**BN)),
    "relu, no bias": lambda: net(it(use_bias=False), L.ReLU(), L.BatchNormalization(**BN)),
    "reshape, no bias": lambda: net(it(6, use_bias=False), L.Reshape((2, 3)), L.BatchNormalization(**BN)),
    "layer norm, no bias": lambda: net(it(use_bias=False), L.LayerNormalization(**BN)),
    "group norm, no bias": lambda: net(it(use_bias=False), L.GroupNormalization(2, **BN)),
    "unit norm, no bias": lambda: net(it(use_bias=False), L.UnitNormalization()),
    "conv": lambda: net(conv(), L.BatchNormalization(**BN), shape=IMAGE),
    "conv, max pooling": lambda: net(conv(), L.MaxPooling2D(), L.BatchNormalization(**BN), shape=IMAGE),
    "conv, average": lambda: net(
        conv(), L.AveragePooling2D(2, padding="same"), L.BatchNormalization(**BN), shape=IMAGE
    ),
    "conv, global": lambda: net(conv(), L.GlobalAveragePooling2D(), L.BatchNormalization(**BN), shape=IMAGE),
    "conv, flat": lambda: net(conv(), L.Flatten(), L.BatchNormalization(**BN), shape=IMAGE),
    "conv, padded, no bias": lambda: net(
        conv(use_bias=False), L.ZeroPadding2D(), L.BatchNormalization(**BN), shape=IMAGE
    ),
    "conv, conv": lambda: net(conv(), L.Conv2D(2, 2), L.BatchNormalization(**BN), shape=IMAGE),
    "conv, channels first, no bias": lambda: net(
        conv(use_bias=False, data_format="channels_last"),
        L.Permute((3, 1, 2)),
        L.BatchNormalization(axis=1, **BN),
        shape=IMAGE,
    ),
    "two normalizations": two_normalizations,
}
SEEN = {
    "activation": lambda: net(it(activation="relu"), L.BatchNormalization(**BN)),
    "relu with bias": lambda: net(it(), L.ReLU(), L.BatchNormalization(**BN)),
    "bounded relu": lambda: net(it(use_bias=False), L.ReLU(1.0), L.BatchNormalization(**BN)),
    "dropout with bias": lambda: net(it(), L.Dropout(0.3, seed=1), L.BatchNormalization(**BN)),
    "reshape with bias": lambda: net(it(6), L.Reshape((2, 3)), L.BatchNormalization(**BN)),
    "layer norm with bias": lambda: net(it(), L.LayerNormalization(**BN)),
    "unit norm with bias": lambda: net(it(), L.UnitNormalization()),
    "conv padded with bias": lambda: net(conv(), L.ZeroPadding2D(), L.BatchNormalization(**BN), shape=IMAGE),
    "conv, padding conv": lambda: net(conv(), L.Conv2D(2, 2, padding="same"), L.BatchNormalization(**BN), shape=IMAGE),
    "conv, wrong axis": lambda: net(conv(), L.BatchNormalization(axis=1, **BN), shape=IMAGE),
    "conv, transposed conv": lambda: net(conv(), L.Conv2DTranspose(2, 2), L.BatchNormalization(**BN), shape=IMAGE),
    "frozen": frozen,
    "input": lambda: keras.Sequential([keras.Input((6,)), L.BatchNormalization(**BN), it(), L.Dense(1)]),
    "residual": lambda: branches(lambda a, b: L.Add()([a, b])),
    "called twice": called_twice,
}


def forward(model, x, factor=1.0):
    """Run in training mode with the kernel of `it` times a factor, and biases that are not zero."""
    weights = []
    for v in model.trainable_variables:
        value = np.random.default_rng(v.shape[0]).normal(size=v.shape) + 0.3
        weights.append((value * (factor if v is model.get_layer("it").kernel else 1)).astype("float32"))
    return np.asarray(
        model.stateless_call(weights, [v.value for v in model.non_trainable_variables], x, training=True)[0]
    )


def site_of(model):
    kernel = model.get_layer("it").kernel
    return Site("kernel", "it", tuple(kernel.shape), {}, "kernel_regularizer")


def rows(model):
    return RNG.normal(size=(32, *model.inputs[0].shape[1:])).astype("float32")


@pytest.mark.parametrize("name", CANCELLED)
def test_where_a_scale_is_cancelled_the_network_in_training_does_not_see_it(name):
    model = CANCELLED[name]()
    assert cancelled_by(graph_of(model), site_of(model))
    x = rows(model)
    before = forward(model, x)
    for factor in (0.25, 7.0):
        np.testing.assert_allclose(forward(model, x, factor), before, rtol=2e-3, atol=2e-3 * np.abs(before).max())


@pytest.mark.parametrize("name", SEEN)
def test_where_a_scale_is_seen_nothing_is_warned(name):
    model = SEEN[name]()
    assert cancelled_by(graph_of(model), site_of(model)) == ()
    x = rows(model)
    if name != "called twice":  # whose scale is cancelled, though not linearly: saying nothing is not wrong
        before = forward(model, x)
        assert np.abs(forward(model, x, 7.0) - before).max() > 0.02 * np.abs(before).max()


def test_the_gradient_is_orthogonal_to_a_kernel_whose_scale_is_cancelled():
    import jax

    x, y = RNG.normal(size=(64, 6)).astype("float32"), RNG.normal(size=(64, 1)).astype("float32")
    for build, zero in ((CANCELLED["dense"], True), (SEEN["activation"], False)):
        model = build()
        state = [v.value for v in model.non_trainable_variables]

        def loss(weights, model=model, state=state):
            return ((model.stateless_call(weights, state, x, training=True)[0] - y) ** 2).mean()

        # biases away from zero: a ReLU without a bias passes a scale on
        weights = [RNG.normal(size=v.shape).astype("float32") for v in model.trainable_variables]
        gradient = jax.grad(loss)(weights)
        w, g = (np.asarray(a[0], float) for a in (weights, gradient))
        cosine = (w * g).sum() / np.linalg.norm(w) / np.linalg.norm(g)
        assert (abs(cosine) < 1e-3) == zero


def test_an_activity_penalty_sees_the_scale():
    model = net(it(activity_regularizer="l2"), L.BatchNormalization())
    assert cancelled_by(graph_of(model), site_of(model)) == ()


def codes(model, choice=None):
    return {w.code: w.sites for w in structure_warnings(model, choice or Choice())}


def test_warnings_of_the_zoo():
    keras.backend.clear_session()
    assert codes(ZOO["question"]()) == {"mean-shift": ("dropout",)}
    assert codes(ZOO["question bare"]()) == {"mean-shift": ("dense_3",)}
    assert codes(ZOO["linear"]()) == {}
    assert codes(ZOO["separate activations"]()) == {"scale-cancelled": ("dense_7",)}
    assert codes(ZOO["shared layer"]()) == {}


def test_the_choice_of_sites_is_followed():
    first, second = L.Dense(4, name="a"), L.Dense(4, name="b")
    model = net(first, L.BatchNormalization(), second, L.BatchNormalization(), L.ReLU())
    assert codes(model)["scale-cancelled"] == ("a", "b")
    assert codes(model, Choice(exclude=("a",)))["scale-cancelled"] == ("b",)


def test_operations_that_are_no_layers():
    x = keras.Input((6,))
    a = L.Dense(6, activation="relu", name="a")(x) + x
    model = keras.Model(x, L.Dense(1)(L.Dense(4, activation="relu")(keras.ops.multiply(a, 2.0))))
    assert codes(model) == {"mean-shift": ("a",)}


def test_what_is_not_studied_is_not_warned_of():
    model = net(L.Dense(4), L.BatchNormalization(), L.ReLU(), L.Dense(4, activation="relu"), L.BatchNormalization())
    both = {w.code for w in structure_warnings(model)}
    assert both == {"scale-cancelled", "variance-shift", "mean-shift"}
    assert {w.code for w in structure_warnings(model, regularizers=("l1", "l2"))} == {"scale-cancelled"}
    assert {w.code for w in structure_warnings(model, regularizers=("dropout",))} == both - {"scale-cancelled"}


def test_dropout_before_a_batch_normalization():
    before = net(
        L.Dense(4, activation="relu"), L.Dropout(0.2, name="drop"), L.Dense(4), L.BatchNormalization(name="bn")
    )
    warning = next(w for w in structure_warnings(before) if w.code == "variance-shift")
    assert warning.sites == ("drop",)
    assert "'drop' comes before 'bn'" in warning.text
    after = net(L.BatchNormalization(), L.Dense(4, activation="relu"), L.Dropout(0.2))
    assert "variance-shift" not in codes(after)
    inserted = net(L.Dense(4, activation="relu", name="relu"), L.BatchNormalization())
    assert codes(inserted)["variance-shift"] == ("relu",)


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_the_variance_ratio_is_that_of_dropped_numbers(rate):
    z = np.maximum(RNG.normal(size=2_000_000), 0)
    dropped = z * (RNG.uniform(size=z.shape) >= rate) / (1 - rate)
    assert variance_ratio(float(z.mean()), float(z.var()), rate) == pytest.approx(z.var() / dropped.var(), rel=0.01)
    text = structure_warnings(net(L.Dense(4, activation="relu"), L.Dropout(0.2), L.BatchNormalization()))[0].text
    said = float(re.search(rf"([\d.]+) at rate {rate}", text)[1])
    assert said == pytest.approx(z.var() / dropped.var(), abs=0.01)


@pytest.mark.parametrize(("rate", "shift"), [(0.05, 2.5), (0.08, 4.4), (0.3, 18), (0.5, 34)])
def test_the_mean_shift_that_is_stated(rate, shift):
    x, w = RNG.normal(size=(4000, 16)), RNG.normal(size=(16, 500))
    dropped = x * (RNG.uniform(size=x.shape) >= rate) / (1 - rate)
    measured = 100 * (np.maximum(dropped @ w, 0).mean() / np.maximum(x @ w, 0).mean() - 1)
    assert measured == pytest.approx(shift, rel=0.25)


def test_the_mean_shifts_behind_weights_only():
    assert "mean-shift" in codes(net(L.Dropout(0.1), L.Flatten(), L.Dense(4), L.BatchNormalization(), L.ReLU()))
    assert "mean-shift" not in codes(net(L.Dense(4), L.Dropout(0.1), L.ReLU()))
    assert "mean-shift" not in codes(net(L.Dropout(0.1), L.Dense(4, activation="tanh")))
    assert "mean-shift" not in codes(net(L.Dense(4, activation="relu"), L.Dropout(0.1)))


@pytest.mark.parametrize(
    ("layers", "shape", "empty"),
    [
        ([L.Dense(2, activation="relu"), L.Dropout(0.2)], (6,), True),
        ([L.Dense(3, activation="relu"), L.Dropout(0.2)], (6,), False),
        ([L.Conv2D(2, 2, activation="relu"), L.SpatialDropout2D(0.2)], IMAGE, True),
        ([L.Conv2D(2, 2, activation="relu"), L.Dropout(0.2)], IMAGE, False),
        ([L.Dense(64, activation="relu"), L.Dropout(1.0)], (6,), True),
        ([L.Dense(64, activation="relu"), L.Dropout(0.1, noise_shape=(None, 1))], (6,), True),
    ],
)
def test_a_layer_that_is_emptied(layers, shape, empty):
    assert ("layer-empty" in codes(net(*layers, shape=shape))) is empty


def test_sites_of_kernels_are_found_in_nested_models():
    block = keras.Sequential([keras.Input((6,)), L.Dense(4, name="it")], name="block")
    model = keras.Sequential([keras.Input((6,)), block, L.BatchNormalization(name="bn"), L.ReLU(), L.Dense(1)])
    (site,) = kernel_sites(model)
    assert cancelled_by(graph_of(model), site) == ("bn",)
