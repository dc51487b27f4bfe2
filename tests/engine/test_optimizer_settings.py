"""Whatever a user's optimizer is set to do, a member in a pack does as Keras' own loop does."""

from functools import cache

import keras
import numpy as np
import pytest

from posology.errors import InputError
from posology.network.checks import check_model
from posology.network.packed import PackedNetwork
from tests.engine.packs import COLUMNS, members, table
from tests.engine.test_versus_keras import EPOCHS, STRENGTHS, assert_same, distance, in_a_pack, in_keras, mlp

optimizers, schedules = keras.optimizers, keras.optimizers.schedules
PENALIZED = STRENGTHS[1]


def finished(stock, *args):
    """The weights with which `fit` ends, which `train_on_batch` leaves undone."""
    in_keras(stock, *args)
    stock.optimizer.finalize_variable_values(stock.trainable_weights)
    return [np.asarray(v) for v in stock.trainable_variables]


def without_decay_of(optimizer, **variables):
    optimizer.exclude_from_weight_decay(**variables)
    return optimizer


class Halving(schedules.LearningRateSchedule):
    """A user's own, with its configuration."""

    def __init__(self, rate, every):
        self.rate, self.every = rate, every

    def __call__(self, step):
        return self.rate * 0.5 ** keras.ops.cast(step // self.every, "float32")

    def get_config(self):
        return {"rate": self.rate, "every": self.every}


class Unnamed(schedules.LearningRateSchedule):
    """A user's own, without its configuration."""

    def __call__(self, _step):
        return 0.01


def adam(rate=0.01, **settings):
    return optimizers.Adam(rate, **settings)


def sgd(rate=0.05, **settings):
    return optimizers.SGD(rate, momentum=0.5, **settings)


def adamw(**settings):
    return optimizers.AdamW(0.01, weight_decay=0.5, **settings)


def told(rate):
    """A rate as a function; named, for Keras warns of a `lambda` when it gives a configuration."""

    def constant():
        return rate

    return constant


# each beside the same optimizer without the setting, from which it must differ
SETTINGS = {
    "clipnorm": (lambda: sgd(clipnorm=0.05), sgd),
    "clipvalue": (lambda: sgd(clipvalue=0.01), sgd),
    "global_clipnorm": (lambda: sgd(global_clipnorm=0.05), sgd),
    "weight_decay": (adamw, adam),
    "exclude_from_weight_decay by name": (lambda: without_decay_of(adamw(), var_names=["bias"]), adamw),
    "use_ema": (lambda: adam(use_ema=True, ema_momentum=0.9), adam),
    "ema_overwrite_frequency": (
        lambda: adam(use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=7),
        lambda: adam(use_ema=True, ema_momentum=0.9),
    ),
    "accumulation": (lambda: adam(gradient_accumulation_steps=3), adam),
    "accumulation, with the rest": (
        lambda: adamw(gradient_accumulation_steps=2, use_ema=True, ema_momentum=0.8, global_clipnorm=0.1),
        lambda: adamw(gradient_accumulation_steps=2, use_ema=True, ema_momentum=0.8),
    ),
    "exponential decay": (lambda: adam(schedules.ExponentialDecay(0.01, 5, 0.8)), adam),
    "piecewise constant": (lambda: sgd(schedules.PiecewiseConstantDecay([9, 30], [0.05, 0.01, 0.002])), sgd),
    "accumulation, with a schedule": (
        lambda: sgd(schedules.PiecewiseConstantDecay([9, 30], [0.05, 0.01, 0.002]), gradient_accumulation_steps=2),
        lambda: sgd(gradient_accumulation_steps=2),
    ),
    "a user's schedule": (lambda: sgd(Halving(0.05, 8)), sgd),
    "a callable rate": (lambda: sgd(told(0.02)), sgd),
}


def one_member(optimizer):
    """A network, its table and a pack of one penalized member."""
    network, data = PackedNetwork(mlp(PENALIZED, optimizer)), table()
    return network, data, members(network, [PENALIZED], epochs=EPOCHS, seeds=[1])


@cache
def plainly(optimizer):
    """Keras' loop without the setting, which many settings share."""
    network, data = PackedNetwork(mlp(PENALIZED)), table()
    pack = members(network, [PENALIZED], epochs=EPOCHS, seeds=[1])
    return finished(mlp(PENALIZED, optimizer()), network, data, pack, 0)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_does_what_it_does_in_keras(name):
    optimizer, without = SETTINGS[name]
    network, data, pack = one_member(optimizer())
    weights, _ = in_a_pack(network, data, pack)
    theirs = finished(mlp(PENALIZED, optimizer()), network, data, pack, 0)
    assert_same([a[0] for a in weights], theirs)
    assert max(distance(a, b) for a, b in zip(theirs, plainly(without), strict=True)) > 1e-2


def test_variables_left_out_of_decay_one_by_one():
    def build():
        model = mlp(PENALIZED, adamw())
        model.optimizer.exclude_from_weight_decay(var_list=[model.layers[0].kernel])
        return model

    model = build()
    network, data = PackedNetwork(model), table()
    pack = members(network, [PENALIZED], epochs=EPOCHS, seeds=[1])
    weights, _ = in_a_pack(network, data, pack)
    theirs = finished(build(), network, data, pack, 0)
    assert_same([a[0] for a in weights], theirs)
    assert distance(plainly(adamw)[0], theirs[0]) > 1e-2


def test_a_scaled_loss_is_the_loss():
    """Keras scales the loss and divides the gradients again; clipping in between must see the unscaled ones."""
    optimizer = lambda: sgd(loss_scale_factor=1000.0, clipnorm=0.05)  # noqa: E731
    network, data, pack = one_member(optimizer())
    weights, _ = in_a_pack(network, data, pack)
    assert_same([a[0] for a in weights], finished(mlp(PENALIZED, optimizer()), network, data, pack, 0))
    unscaled = finished(mlp(PENALIZED, sgd(clipnorm=0.05)), network, data, pack, 0)
    assert_same([a[0] for a in weights], unscaled)
    assert distance(plainly(sgd)[0], unscaled[0]) > 1e-2


RATES = {
    "number": (lambda f: optimizers.AdamW(0.01 * f, weight_decay=0.1)),
    "schedule": (lambda f: sgd(schedules.ExponentialDecay(0.05 * f, 5, 0.8))),
    "callable": (lambda f: sgd(told(0.05 * f))),
}


@pytest.mark.parametrize("rate", RATES)
def test_a_members_factor_multiplies_the_learning_rate(rate):
    factors = [0.5, 2.0]
    network, data = PackedNetwork(mlp(PENALIZED, RATES[rate](1.0))), table()
    pack = members(network, [PENALIZED] * 2, EPOCHS, learning_rate=np.array(factors, "float32"))
    weights, _ = in_a_pack(network, data, pack)
    for i, by in enumerate(factors):
        assert_same([a[i] for a in weights], finished(mlp(PENALIZED, RATES[rate](by)), network, data, pack, i))
    assert distance(weights[0][0], weights[0][1]) > 1e-2


def test_the_rate_that_a_network_tells_is_keras_own():
    for rate, at in ((schedules.ExponentialDecay(0.05, 5, 0.8), 0.05 * 0.8), (told(0.02), 0.02), (0.3, 0.3)):
        model = mlp(PENALIZED, sgd(rate))
        network = PackedNetwork(model)
        model.optimizer.iterations.assign(5)
        # Keras counts in the optimizer's first variable
        state = (np.int32(5), *network.start_optimizer(tuple(v.value for v in model.trainable_variables))[1:])
        assert float(network.learning_rate(state)) == pytest.approx(at, rel=1e-6)
        assert float(model.optimizer.learning_rate) == pytest.approx(at, rel=1e-6)


def test_a_schedule_that_cannot_be_copied_is_refused():
    model = mlp(PENALIZED, sgd(Unnamed()))
    with pytest.raises(InputError, match="get_config"):
        check_model(model, "build", [COLUMNS])
    check_model(mlp(PENALIZED, sgd(Halving(0.05, 8))), "build", [COLUMNS])
