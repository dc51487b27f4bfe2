"""Where Keras has a regularizer, a training by the engine is Keras' own training of the exported network."""

import keras
import numpy as np
import pytest

from posology.engine.packing import PackProgram
from posology.engine.recipe import Recipe
from posology.network.doses import doses_of
from posology.network.export import export_model, set_weights
from posology.network.packed import PackedNetwork
from posology.regularizers import PLAIN, REGULARIZERS, Batch
from tests.engine.packs import BATCH, COLUMNS, ROWS, batches, members, table

EPOCHS = 6


def build(optimizer=None, loss="mse", last="linear"):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((COLUMNS,)),
            layers.BatchNormalization(),
            layers.Dense(12, activation="relu"),
            layers.Dense(8, activation="relu"),
            layers.Dense(1, activation=last),
        ]
    )
    model.compile(optimizer=optimizer or keras.optimizers.Adam(0.01), loss=loss)
    return model


def member_with(network, strengths):
    """One member whose strengths are these, the same at every site."""
    given = {n: np.full((1, network.sites(n)), strengths.get(n, 0.0), "float32") for n in network.regularizers}
    return members(network, [(0, 0, 0)], epochs=EPOCHS)._replace(strengths=given)


def by_the_engine(network, data, member):
    recipe = Recipe(BATCH, EPOCHS, {name: REGULARIZERS[name] for name in network.regularizers})
    return PackProgram(network, recipe, data, member).train(data, member)


def by_keras(model, network, data, member):
    """Train the export by `train_on_batch`, with the engine's first weights and batches."""
    strengths = {name: values[0].tolist() for name, values in member.strengths.items()}
    stock = export_model(model, doses_of(network.places, strengths))
    first, computed = [a[0] for a in member.weights], [a[0] for a in network.computed(member.state)]
    set_weights(stock, first, computed, model)
    for epoch in range(EPOCHS):
        for rows in batches(member.key[0], epoch):
            stock.train_on_batch(data.x[0][rows], data.y[0][rows])
    stock.optimizer.finalize_variable_values(stock.trainable_variables)
    return stock


def assert_same(outcome, stock):
    for ours, theirs in zip(outcome.weights, stock.trainable_variables, strict=True):
        np.testing.assert_allclose(ours[0], np.asarray(theirs), rtol=1e-4, atol=2e-5)


EXACT = {"weight_decay": 0.5, "max_norm": 1.5, "orthogonal": 0.3, "activity_l1": 1e-2, "activity_l2": 1e-2,
         "ema": 20.0, "gradient_clipping": 5.0}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_a_training_with_one_is_keras_training_of_the_export(name):
    model, data = build(), table()
    network = PackedNetwork(model, (name,))
    member = member_with(network, {name: EXACT[name]})
    outcome, bare = by_the_engine(network, data, member), by_the_engine(network, data, member_with(network, {}))
    assert_same(outcome, by_keras(model, network, data, member))
    moved = [float(np.abs(a[0] - b[0]).max()) for a, b in zip(outcome.weights, bare.weights, strict=True)]
    assert max(moved) > 1e-3, "a comparison of what does nothing would show nothing"


def test_a_cocktail_is_keras_training_of_the_export():
    """Clipping sees the penalties, decay comes before the step and the constraint after it, as in Keras.

    A moving average is left out: Keras takes it of the weights before the constraint has acted on them.
    """
    model, data = build(), table()
    given = {
        "l1": 1e-3,
        "l2": 1e-2,
        "weight_decay": 0.3,
        "max_norm": 0.8,
        "activity_l2": 1e-3,
        "gradient_clipping": 3.0,
    }
    network = PackedNetwork(model, (*PLAIN, *(name for name in given if name not in PLAIN)))
    member = member_with(network, given)
    assert_same(by_the_engine(network, data, member), by_keras(model, network, data, member))


@pytest.mark.parametrize(
    "loss",
    ["binary_crossentropy", keras.losses.BinaryCrossentropy(from_logits=True)],
    ids=["probabilities", "logits"],  # an object's own name has its address in it, which differs by process
)
def test_label_smoothing_is_that_of_keras_losses(loss):
    last = "sigmoid" if isinstance(loss, str) else "linear"
    model, data = build(loss=loss, last=last), table()
    data = data._replace(y=(data.y > 0).astype("float32"), watched_y=(data.watched_y > 0).astype("float32"))
    network = PackedNetwork(model, ("label_smoothing",), classes=2)
    member = member_with(network, {"label_smoothing": 0.2})
    assert_same(by_the_engine(network, data, member), by_keras(model, network, data, member))


def test_label_smoothing_under_a_sparse_loss_is_that_of_the_categorical_one():
    model = keras.Sequential([keras.Input((COLUMNS,)), keras.layers.Dense(3)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), optimizer="adam")
    network = PackedNetwork(model, ("label_smoothing",), classes=3)
    weights = tuple(np.asarray(v) for v in model.trainable_variables)
    x = table().x[0]
    y = np.arange(ROWS, dtype="float32")[:, None] % 3
    smoothed = REGULARIZERS["label_smoothing"].targets(network.as_shares(y), 0.2, Batch(None, None, None))
    got, _ = network.loss(weights, (), x, smoothed, None, {}, np.uint32(0))
    hard, _ = network.loss(weights, (), x, network.as_shares(y), None, {}, np.uint32(0))
    logits = model(x)
    twin = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)
    assert float(got) == pytest.approx(float(twin(np.eye(3)[y[:, 0].astype(int)], logits)), rel=1e-6)
    assert float(hard) == float(model.loss(y, logits))


def test_learning_rate_decay_is_inverse_time_decay():
    steps = -(-ROWS // BATCH)
    rate = keras.optimizers.schedules.InverseTimeDecay(0.01, steps, 0.5)
    data = table()
    network, scheduled = (
        PackedNetwork(build(), ("learning_rate_decay",)),
        PackedNetwork(build(keras.optimizers.Adam(rate)), ()),
    )
    ours = by_the_engine(network, data, member_with(network, {"learning_rate_decay": 0.5}))
    theirs = by_the_engine(scheduled, data, member_with(scheduled, {}))
    for one, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-5)


LAYERS = {
    "dropout": (keras.layers.Dropout, 0.3),
    "gaussian_dropout": (keras.layers.GaussianDropout, 0.3),
    "gaussian_noise": (keras.layers.GaussianNoise, 0.4),
    "alpha_dropout": (keras.layers.AlphaDropout, 0.3),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("value", [-1.0, 2.0])
def test_noise_has_the_distribution_of_keras_layers(name, value):
    """Of 400,000 draws from each: two samples of one distribution, by Kolmogorov and Smirnov."""
    from scipy.stats import ks_2samp

    from posology.engine.randomness import random_bits

    layer, strength = LAYERS[name]
    x = np.full((400_000,), value, "float32")
    ours = np.asarray(REGULARIZERS[name].apply(x, np.float32(strength), random_bits(np.uint32(7), x.shape)))
    theirs = np.asarray(layer(strength, seed=1)(x[:, None], training=True))[:, 0]
    assert ks_2samp(ours.round(4), theirs.round(4)).pvalue > 1e-4
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.01)
    assert ours.std() == pytest.approx(theirs.std(), abs=0.01)
