"""A member in a pack is the member alone, and is what Keras' own training loop gives."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from posology.engine.curve import curve_epochs
from posology.engine.program import advance, finish, start
from posology.engine.randomness import derive, random_bits
from posology.network.export import export_model, set_weights
from posology.network.packed import PackedNetwork
from tests.engine.packs import (
    COLUMNS,
    ROWS,
    WATCHED,
    batches,
    doses,
    members,
    pick,
    recipe,
    run,
    stopping,
    table,
)


def question(optimizer=None, loss="mse"):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((COLUMNS,)),
            layers.BatchNormalization(),
            layers.Dense(16, activation="relu", kernel_regularizer="l1"),
            layers.Dropout(0.1),
            layers.Dense(16, activation="relu", kernel_regularizer="l2"),
            layers.Dropout(0.1),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer=optimizer or keras.optimizers.Adam(0.01), loss=loss)
    return model


def keras_loop(model, network, data, member, epochs):
    """Train the stock model by `train_on_batch`, with the engine's first weights, batches and strengths."""
    l1, l2, rate = (member.strengths[name][0] for name in ("l1", "l2", "dropout"))
    stock = export_model(model, doses(network, l1, l2, rate))
    set_weights(stock, [a[0] for a in member.weights], [a[0] for a in network.computed(member.state)])
    for epoch in range(epochs):
        for rows in batches(member.key[0], epoch):
            stock.train_on_batch(data.x[0][rows], data.y[0][rows])
    return stock


OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.01),
    "sgd with momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "adamw with clipping": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.01, clipnorm=0.5),
    "rmsprop with a schedule": lambda: keras.optimizers.RMSprop(keras.optimizers.schedules.CosineDecay(0.01, 40)),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", ["mse", "huber", "log_cosh"])
@pytest.mark.parametrize("strengths", [(0.0, 0.0, 0.0), (1e-3, 1e-2, 0.0)])
def test_a_member_equals_keras_own_loop(optimizer, loss, strengths):
    model = question(OPTIMIZERS[optimizer](), loss)
    network, data = PackedNetwork(model), table()
    pack = members(network, [strengths], epochs=10)
    outcome = run(network, data, pack, 10)  # 50 steps
    stock = keras_loop(model, network, data, pack, 10)
    for ours, theirs in zip(outcome.weights, stock.trainable_variables, strict=True):
        np.testing.assert_allclose(ours[0], np.asarray(theirs), rtol=1e-4, atol=2e-5)
    prediction = stock.predict(data.watched_x[0], verbose=0)
    np.testing.assert_allclose(outcome.prediction[0], prediction, rtol=1e-4, atol=2e-5)


def test_dropout_in_a_member_is_the_mask_field_at_its_key():
    model = question(keras.optimizers.SGD(0.1))
    network, data = PackedNetwork(model), table()
    pack = members(network, [(0.0, 0.0, 0.4)], epochs=1)
    key = jnp.uint32(11)
    weights = tuple(a[0] for a in pack.weights)
    state = tuple(a[0] for a in pack.state)
    strengths = {name: values[0] for name, values in pack.strengths.items()}
    got, _ = network.loss(weights, state, data.x[0], data.y[0], None, strengths, key)

    def layer(x, kernel, bias):
        return np.maximum(x @ kernel + bias, 0)

    gamma, beta, k1, b1, k2, b2, k3, b3 = weights
    x = (data.x[0] - data.x[0].mean(0)) / np.sqrt(data.x[0].var(0) + 1e-3) * gamma + beta
    for site, (kernel, bias) in enumerate([(k1, b1), (k2, b2)]):
        x = layer(x, kernel, bias)
        bits = np.asarray(random_bits(derive(key, site), x.shape)) >> 8
        x = np.where(bits >= int(0.4 * 2**24), x / 0.6, 0)
    want = np.mean((data.y[0] - (x @ k3 + b3)) ** 2)
    assert got == pytest.approx(want, rel=1e-4)


def test_a_member_in_a_pack_equals_the_member_alone():
    network, data = PackedNetwork(question()), table()
    strengths = [(0.0, 0.0, 0.0), (1e-3, 0.0, 0.3), (0.0, 1e-2, 0.1), (1e-2, 1e-3, 0.5)]
    pack = members(network, strengths, seeds=[1, 2, 3, 4], keys=[5, 6, 7, 8])
    together = run(network, data, pack)
    for i in range(len(strengths)):
        whole, member = jax.tree.map(jnp.asarray, data), jax.tree.map(lambda a, i=i: a[i], pack)
        run_ = advance(network, recipe(), whole, member, start(network, recipe(), member), 5)
        alone = finish(network, recipe(), whole, member, run_)
        np.testing.assert_allclose(together.prediction[i], alone.prediction, rtol=1e-4, atol=1e-5)
        assert together.best_epoch[i] == alone.best_epoch


def test_permuting_members_permutes_results_bit_for_bit():
    network, data = PackedNetwork(question()), table()
    pack = members(network, [(0.0, 0.0, 0.0), (1e-3, 0.0, 0.3), (0.0, 1e-2, 0.1)], seeds=[1, 2, 3], keys=[5, 6, 7])
    order = np.array([2, 0, 1])
    straight = run(network, data, pack)
    permuted = run(network, data, pick(pack, order))
    np.testing.assert_array_equal(straight.prediction[order], permuted.prediction)


def test_early_stopping_stops_after_patience_and_costs_nothing_in_the_result():
    network, data = PackedNetwork(question(keras.optimizers.Adam(0.05))), table()
    long = run(network, data, members(network, [(0, 0, 0)], epochs=60), 60)
    short = run(network, data, members(network, [(0, 0, 0)], epochs=60, stopping=stopping(1, 5)), 60)
    epochs = int(short.epochs[0])
    assert epochs < 60
    assert epochs == short.best_epoch[0] + 5
    reached = curve_epochs(60) <= epochs
    np.testing.assert_array_equal(short.curve[0, reached], long.curve[0, reached])
    assert np.isnan(short.curve[0, ~reached]).all()
    assert short.best_loss[0] <= np.nanmin(short.curve[0, :, 1])
    assert short.best_loss[0] == long.best_loss[0] or long.best_epoch[0] > epochs


def test_a_member_without_epochs_keeps_its_first_weights():
    network, data = PackedNetwork(question()), table()
    pack = members(network, [(0, 0, 0), (0, 0, 0)], epochs=[0, 3])
    outcome = run(network, data, pack)
    np.testing.assert_array_equal(outcome.weights[2][0], pack.weights[2][0])
    assert (outcome.weights[2][1] != pack.weights[2][1]).any()


def test_a_member_that_diverges_stops_and_leaves_its_neighbours_alone():
    network, data = PackedNetwork(question(keras.optimizers.SGD(0.1))), table()
    calm = members(network, [(0, 0, 0), (0, 0, 0)])
    wild = calm._replace(strengths={**calm.strengths, "l2": np.array([[0, 0], [1e30, 1e30]], "float32")})
    outcome, alone = run(network, data, wild), run(network, data, calm)
    assert outcome.failed.tolist() == [False, True]
    assert not np.isfinite(outcome.last_loss[1])
    assert outcome.epochs[1] == 1
    np.testing.assert_array_equal(outcome.prediction[0], alone.prediction[0])


def test_rows_beyond_the_count_are_never_seen():
    network, data = PackedNetwork(question()), table()
    shorter = data._replace(
        rows=np.array([50], "int32"), steps=np.asarray(4, "int32"), watched_rows=np.array([10], "int32")
    )
    poisoned = shorter._replace(
        x=np.where(np.arange(ROWS)[:, None] < 50, data.x, np.nan).astype("float32"),
        watched_x=np.where(np.arange(WATCHED)[:, None] < 10, data.watched_x, np.nan).astype("float32"),
    )
    pack = members(network, [(0, 0, 0.2)])
    clean, dirty = run(network, shorter, pack), run(network, poisoned, pack)
    np.testing.assert_array_equal(clean.prediction[0, :10], dirty.prediction[0, :10])
    assert clean.train_error[0] == dirty.train_error[0]
    assert clean.best_loss[0] == dirty.best_loss[0]
