"""`EarlyStopping`, `ReduceLROnPlateau` and learning-rate schedules are Keras' own."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from posology.engine.member import Member, Plateau, Schedule, Stopping
from posology.engine.schedule import factor
from posology.engine.stopping import first_watch, look
from posology.network.packed import PackedNetwork
from tests.engine.packs import BATCH, COLUMNS, ROWS, members, plateau, run, schedule, stopping, table
from tests.engine.test_versus_keras import assert_same, computed, in_a_pack, in_keras, mlp

LENGTH = 24
STEPS = -(-ROWS // BATCH)


@jax.jit
def looks(stop_rule, plateau_rule, losses):
    """What `look` says after each epoch of a member that goes on whatever it says."""
    member = Member((), (), {}, *[jnp.int32(0)] * 5, SimpleNamespace(), stop_rule, plateau_rule)

    def epoch(watch, seen):
        watch, better, stops = look(member, watch, *seen)
        return watch, (watch.best_epoch, watch.best_loss, better, stops, watch.reduced)

    return jax.lax.scan(epoch, first_watch(), (jnp.arange(LENGTH), losses))[1]


class Stub:
    """What the callbacks ask of a model."""

    def __init__(self, rate=1.0):
        self.stop_training = False
        self.optimizer = keras.optimizers.SGD(rate)
        self.weights = None

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


# steps of 1/16 make ties and improvements of exactly min_delta; any float32 besides
SIXTEENTHS = st.integers(-8, 24).map(lambda n: n / 16)
ANY = st.floats(-1e3, 1e3, width=32)
LOSSES = st.lists(st.one_of(SIXTEENTHS, ANY) | SIXTEENTHS, min_size=LENGTH, max_size=LENGTH)
FALLING = [1 - e / 16 for e in range(LENGTH)]
DELTA = st.sampled_from([0.0, 1 / 16, 0.25])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(LOSSES, st.integers(0, 4), DELTA, st.integers(0, LENGTH + 2))
@example(FALLING, 0, 1 / 16, 0)
@example(FALLING, 2, 0.0, 0)
@example([0.5] * LENGTH, 0, 0.0, 3)
@example([0.5] * LENGTH, 4, 0.0, LENGTH + 1)
def test_early_stopping_is_keras_own(losses, patience, min_delta, start_from_epoch):
    callback = keras.callbacks.EarlyStopping(
        monitor="val_loss",
        patience=patience,
        min_delta=min_delta,
        start_from_epoch=start_from_epoch,
        restore_best_weights=True,
    )
    model = Stub()
    callback.set_model(model)
    callback.on_train_begin()
    end = None
    for epoch, loss in enumerate(losses):
        model.weights = epoch
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            end = epoch
            break
    callback.on_train_end()

    rule = Stopping(jnp.int32(patience), jnp.float32(min_delta), jnp.int32(start_from_epoch))
    off = Plateau(jnp.float32(1), jnp.int32(99), jnp.float32(0), jnp.int32(0), jnp.float32(0))
    best_epoch, best_loss, better, stops, _ = looks(rule, off, jnp.array(losses, jnp.float32))
    assert (int(np.argmax(stops)) if np.any(stops) else None) == end
    last = LENGTH - 1 if end is None else end
    kept = np.flatnonzero(better[: last + 1])
    if start_from_epoch > last:  # Keras has looked at nothing
        assert callback.best is None
        assert int(best_epoch[last]) == 0
        assert not kept.size
    else:
        assert int(best_epoch[last]) == callback.best_epoch + 1
        assert float(best_loss[last]) == np.float32(callback.best)
        assert kept[-1] == model.weights  # restored


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    LOSSES,
    st.integers(0, 4),
    DELTA,
    st.integers(0, 4),
    st.sampled_from([0.5, 0.1, 0.7]),
    st.sampled_from([0.0, 0.125, 0.3, 1.0]),
)
@example([0.5] * LENGTH, 0, 0.0, 0, 0.5, 0.0)
@example([0.5] * LENGTH, 2, 0.0, 3, 0.5, 0.125)
@example(FALLING, 1, 1 / 16, 2, 0.5, 0.0)
def test_reduce_on_plateau_is_keras_own(losses, patience, min_delta, cooldown, share, least):
    callback = keras.callbacks.ReduceLROnPlateau(
        monitor="val_loss", factor=share, patience=patience, min_delta=min_delta, cooldown=cooldown, min_lr=least
    )
    model = Stub()
    callback.set_model(model)
    callback.on_train_begin()
    theirs = []
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        theirs.append(float(model.optimizer.learning_rate))

    rule = Plateau(
        jnp.float32(share), jnp.int32(patience), jnp.float32(min_delta), jnp.int32(cooldown), jnp.float32(least)
    )
    off = Stopping(jnp.int32(99), jnp.float32(0), jnp.int32(0))
    reduced = looks(off, rule, jnp.array(losses, jnp.float32))[4]
    np.testing.assert_allclose(reduced, theirs, rtol=1e-6)


RATE = 0.05
STOP = {"patience": 4, "min_delta": 1 / 1024, "start_from_epoch": 2}
REDUCE = {"factor": 0.5, "patience": 1, "min_delta": 1 / 1024, "cooldown": 1}


def normalized():
    """A network with state, which is restored with the weights."""
    dense = keras.layers.Dense
    model = keras.Sequential(
        [keras.Input((COLUMNS,)), keras.layers.BatchNormalization(momentum=0.9), dense(6, activation="tanh"), dense(1)]
    )
    model.compile(keras.optimizers.Adam(RATE), "mse")
    return model


def with_callbacks(stock, network, data, pack, i, epochs):
    """Keras' loop in the engine's order with Keras' callbacks, which a model calls at an epoch's end."""
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", restore_best_weights=True, **STOP)
    reduce = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", min_lr=RATE / 8, **REDUCE)
    callbacks = keras.callbacks.CallbackList([stop, reduce], model=stock)
    losses, rates = [], []

    def after(epoch):
        losses.append(stock.test_on_batch(data.watched_x[0], data.watched_y[0]))
        callbacks.on_epoch_end(epoch, {"val_loss": losses[-1]})
        rates.append(float(stock.optimizer.learning_rate))
        return stock.stop_training

    callbacks.on_train_begin()
    stock.stop_training = False
    in_keras(stock, network, data, pack, i, epochs, after=after)
    callbacks.on_train_end({})
    end = [np.asarray(v) for v in stock.trainable_variables] + computed(stock)
    return end, stop, np.array(losses), np.array(rates)


def test_a_training_with_both_callbacks_is_keras_own():
    epochs, strengths = 30, [(0.0, 0.0, 0.0)] * 2
    network, data = PackedNetwork(normalized()), table()
    pack = members(network, strengths, epochs, seeds=[1, 2], keys=[3, 4], stopping=stopping(2, **STOP))
    pack = pack._replace(plateau=plateau(2, least=1 / 8, **REDUCE))
    outcome = run(network, data, pack, epochs, restore=True)
    for i in range(2):
        theirs, stop, losses, rates = with_callbacks(normalized(), network, data, pack, i, epochs)
        assert 4 < stop.stopped_epoch < epochs - 1
        assert rates.min() < RATE / 2  # reduced more than once
        assert outcome.epochs[i] == stop.stopped_epoch + 1 == len(losses)
        assert outcome.best_epoch[i] == stop.best_epoch + 1
        assert outcome.best_loss[i] == pytest.approx(stop.best, rel=1e-5)
        assert outcome.last_loss[i] == pytest.approx(stop.best, rel=1e-5)
        assert len(theirs) == 8
        assert_same([a[i] for a in (*outcome.weights, *network.computed(outcome.state))], theirs)


def test_a_training_that_ends_before_it_is_judged_ends_with_its_last_weights():
    epochs = 2
    network, data = PackedNetwork(mlp((0, 0))), table()
    pack = members(network, [(0, 0, 0)], epochs, stopping=stopping(1, 3, start_from_epoch=9))
    stock = mlp((0, 0))
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=3, start_from_epoch=9, restore_best_weights=True)
    stop.set_model(stock)
    stop.on_train_begin()
    in_keras(stock, network, data, pack, 0, epochs, after=lambda epoch: stop.on_epoch_end(epoch, {"loss": 1.0}))
    stop.on_train_end()
    outcome = run(network, data, pack, epochs, restore=True)
    assert outcome.epochs[0] == epochs
    assert_same([a[0] for a in outcome.weights], [np.asarray(v) for v in stock.trainable_variables])


def factors(horizon, warmup, flat, progress):
    return np.asarray(factor(Schedule(*(jnp.float32(v) for v in (horizon, warmup, flat))), jnp.float32(progress)))


def of_keras(rule, steps):
    return np.array([float(rule(int(s))) for s in steps])


AT = np.arange(0, 12 * STEPS + 1)  # a horizon of 10 epochs, and beyond


def test_a_constant_factor_is_one_for_ever():
    np.testing.assert_array_equal(factors(10, 0, 1, AT / STEPS), 1)


def test_the_cosine_factor_is_keras_cosine_decay():
    theirs = of_keras(keras.optimizers.schedules.CosineDecay(1.0, 10 * STEPS), AT)
    np.testing.assert_allclose(factors(10, 0, 0, AT / STEPS), theirs, atol=1e-6)


@pytest.mark.parametrize("flat", [0.5, 0.8])
def test_the_flat_cosine_factor_is_one_and_then_keras_cosine_decay(flat):
    begin = int(flat * 10 * STEPS)
    decay = keras.optimizers.schedules.CosineDecay(1.0, 10 * STEPS - begin)
    theirs = np.concatenate([np.ones(begin), of_keras(decay, AT[begin:] - begin)])
    np.testing.assert_allclose(factors(10, 0, flat, AT / STEPS), theirs, atol=1e-6)


@pytest.mark.parametrize("flat", [0, 0.5, 1])
def test_warm_up_is_a_line_to_one_times_the_rest(flat):
    climb = keras.optimizers.schedules.PolynomialDecay(0.0, 2 * STEPS, end_learning_rate=1.0)
    climbing = of_keras(climb, AT)
    assert climbing[STEPS] == pytest.approx(0.5)
    theirs = climbing * factors(10, 0, flat, AT / STEPS)
    np.testing.assert_allclose(factors(10, 0.2, flat, AT / STEPS), theirs, atol=1e-6)


class FlatCosine(keras.optimizers.schedules.LearningRateSchedule):
    """One fifth of the way up, one flat to the half, then down."""

    def __init__(self, rate, steps):
        self.rate, self.steps = rate, steps

    def __call__(self, step):
        t = keras.ops.cast(step, "float32") / self.steps
        down = 0.5 * (1 + keras.ops.cos(np.pi * keras.ops.clip((t - 0.5) / 0.5, 0.0, 1.0)))
        return self.rate * keras.ops.minimum(t / 0.2, 1.0) * down

    def get_config(self):
        return {"rate": self.rate, "steps": self.steps}


def test_members_with_schedules_are_keras_loops_with_schedules():
    epochs, rate = 10, 0.02
    network, data = PackedNetwork(mlp((1e-3, 1e-2), keras.optimizers.Adam(rate))), table()
    pack = members(network, [(1e-3, 1e-2, 0)] * 3, epochs, seeds=[1, 2, 3], keys=[4, 5, 6])
    pack = pack._replace(schedule=schedule(3, horizon=epochs, warmup=[0, 0, 0.2], flat=[1, 0, 0.5]))
    weights, _ = in_a_pack(network, data, pack, epochs, scheduled=True)
    rates = [
        rate,
        keras.optimizers.schedules.CosineDecay(rate, epochs * STEPS),
        FlatCosine(rate, epochs * STEPS),
    ]
    for i, own in enumerate(rates):
        theirs, _ = in_keras(mlp((1e-3, 1e-2), keras.optimizers.Adam(own)), network, data, pack, i, epochs)
        assert_same([a[i] for a in weights], theirs)
