"""A member in a pack is the member alone, and is what Keras' own training loop gives."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from posology.engine.program import Data, Member, compile_pack, train
from posology.engine.randomness import derive, random_bits, shuffled
from posology.network.export import export_model, set_weights
from posology.network.packed import PackedNetwork

ROWS, COLUMNS, WATCHED, BATCH = 70, 5, 20, 16


def table(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, COLUMNS)).astype("float32")
    y = np.tanh(x[:, 0] + x[:, 1] * x[:, 2]).astype("float32")
    watched = rng.normal(size=(WATCHED, COLUMNS)).astype("float32")
    target = np.tanh(watched[:, 0] + watched[:, 1] * watched[:, 2]).astype("float32")
    return Data(x, y, np.asarray(ROWS, "int32"), watched, target, np.asarray(WATCHED, "int32"))


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


def members(network, strengths, epochs=5, patience=99, seeds=None, keys=None):
    """`strengths`: (l1, l2, rate) a member."""
    n = len(strengths)
    first = [network.first_weights(s) for s in (seeds or [0] * n)]
    kernels, drops = len(network.kernel_sites), len(network.dropout_sites)
    return Member(
        weights=tuple(np.stack(a) for a in zip(*(w for w, _ in first), strict=True)),
        state=tuple(np.stack(a) for a in zip(*(s for _, s in first), strict=True)),
        l1=np.array([[l1] * kernels for l1, _, _ in strengths], "float32"),
        l2=np.array([[l2] * kernels for _, l2, _ in strengths], "float32"),
        rates=np.array([[rate] * drops for _, _, rate in strengths], "float32"),
        key=np.array(keys or [42] * n, "uint32"),
        epochs=np.array([epochs] * n if np.isscalar(epochs) else epochs, "int32"),
        patience=np.array([patience] * n, "int32"),
    )


def run(network, data, pack, max_epochs=5):
    return jax.tree.map(np.asarray, compile_pack(network, BATCH, max_epochs, data, pack)(data, pack))


def keras_loop(model, network, data, member, epochs):
    """Train the stock model by `train_on_batch`, with the engine's first weights, batches and strengths."""
    l1, l2, rate = member.l1[0], member.l2[0], member.rates[0]
    stock = export_model(model, l1.tolist(), l2.tolist(), rate.tolist())
    set_weights(stock, [a[0] for a in member.weights], [a[0] for a in network.computed(member.state)])
    for epoch in range(epochs):
        order = np.asarray(shuffled(derive(member.key[0], epoch), data.rows, ROWS))
        steps = -(-ROWS // BATCH)
        filled = np.concatenate([order, order])
        for step in range(steps):
            rows = filled[step * BATCH : (step + 1) * BATCH]
            stock.train_on_batch(data.x[rows], data.y[rows])
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
    prediction = stock.predict(data.watched_x, verbose=0).reshape(-1)
    np.testing.assert_allclose(outcome.prediction[0], prediction, rtol=1e-4, atol=2e-5)


def test_dropout_in_a_member_is_the_mask_field_at_its_key():
    model = question(keras.optimizers.SGD(0.1))
    network, data = PackedNetwork(model), table()
    pack = members(network, [(0.0, 0.0, 0.4)], epochs=1)
    key = jnp.uint32(11)
    weights = tuple(a[0] for a in pack.weights)
    state = tuple(a[0] for a in pack.state)
    got, _ = network.loss(weights, state, data.x, data.y, pack.rates[0], key)

    def layer(x, kernel, bias):
        return np.maximum(x @ kernel + bias, 0)

    gamma, beta, k1, b1, k2, b2, k3, b3 = weights
    x = (data.x - data.x.mean(0)) / np.sqrt(data.x.var(0) + 1e-3) * gamma + beta
    for site, (kernel, bias) in enumerate([(k1, b1), (k2, b2)]):
        x = layer(x, kernel, bias)
        bits = np.asarray(random_bits(derive(key, site), x.shape)) >> 8
        x = np.where(bits >= int(0.4 * 2**24), x / 0.6, 0)
    want = np.mean((data.y - (x @ k3 + b3)[:, 0]) ** 2)
    assert got == pytest.approx(want, rel=1e-4)


def test_a_member_in_a_pack_equals_the_member_alone():
    network, data = PackedNetwork(question()), table()
    strengths = [(0.0, 0.0, 0.0), (1e-3, 0.0, 0.3), (0.0, 1e-2, 0.1), (1e-2, 1e-3, 0.5)]
    pack = members(network, strengths, seeds=[1, 2, 3, 4], keys=[5, 6, 7, 8])
    together = run(network, data, pack)
    for i in range(len(strengths)):
        alone = train(network, BATCH, 5, jax.tree.map(jnp.asarray, data), jax.tree.map(lambda a, i=i: a[i], pack))
        np.testing.assert_allclose(together.prediction[i], alone.prediction, rtol=1e-4, atol=1e-5)
        assert together.best_epoch[i] == alone.best_epoch


def test_permuting_members_permutes_results_bit_for_bit():
    network, data = PackedNetwork(question()), table()
    pack = members(network, [(0.0, 0.0, 0.0), (1e-3, 0.0, 0.3), (0.0, 1e-2, 0.1)], seeds=[1, 2, 3], keys=[5, 6, 7])
    order = np.array([2, 0, 1])
    straight = run(network, data, pack)
    permuted = run(network, data, jax.tree.map(lambda a: a[order], pack))
    np.testing.assert_array_equal(straight.prediction[order], permuted.prediction)


def test_early_stopping_stops_after_patience_and_costs_nothing_in_the_result():
    network, data = PackedNetwork(question(keras.optimizers.Adam(0.05))), table()
    long = run(network, data, members(network, [(0, 0, 0)], epochs=60), 60)
    short = run(network, data, members(network, [(0, 0, 0)], epochs=60, patience=5), 60)
    epochs = int(short.epochs[0])
    assert epochs < 60
    assert epochs == short.best_epoch[0] + 5
    np.testing.assert_array_equal(short.curve[0, :epochs], long.curve[0, :epochs])
    assert np.isnan(short.curve[0, epochs:]).all()
    assert short.best_loss[0] == np.nanmin(short.curve[0, :, 1])


def test_a_member_without_epochs_keeps_its_first_weights():
    network, data = PackedNetwork(question()), table()
    pack = members(network, [(0, 0, 0), (0, 0, 0)], epochs=[0, 3])
    outcome = run(network, data, pack)
    np.testing.assert_array_equal(outcome.weights[2][0], pack.weights[2][0])
    assert (outcome.weights[2][1] != pack.weights[2][1]).any()


def test_a_member_that_diverges_stops_and_leaves_its_neighbours_alone():
    network, data = PackedNetwork(question(keras.optimizers.SGD(0.1))), table()
    calm = members(network, [(0, 0, 0), (0, 0, 0)])
    wild = calm._replace(l2=np.array([[0, 0], [1e30, 1e30]], "float32"))
    outcome, alone = run(network, data, wild), run(network, data, calm)
    assert not np.isfinite(outcome.last_loss[1])
    assert outcome.epochs[1] == 1
    np.testing.assert_array_equal(outcome.prediction[0], alone.prediction[0])


def test_rows_beyond_the_count_are_never_seen():
    network, data = PackedNetwork(question()), table()
    shorter = data._replace(rows=np.asarray(50, "int32"), watched_rows=np.asarray(10, "int32"))
    poisoned = shorter._replace(
        x=np.where(np.arange(ROWS)[:, None] < 50, data.x, np.nan).astype("float32"),
        watched_x=np.where(np.arange(WATCHED)[:, None] < 10, data.watched_x, np.nan).astype("float32"),
    )
    pack = members(network, [(0, 0, 0.2)])
    clean, dirty = run(network, shorter, pack), run(network, poisoned, pack)
    np.testing.assert_array_equal(clean.prediction[0, :10], dirty.prediction[0, :10])
    assert clean.train_error[0] == dirty.train_error[0]
    assert clean.best_loss[0] == dirty.best_loss[0]
