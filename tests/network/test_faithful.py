"""What would be rebuilt otherwise than it is, is found by numbers and refused."""

import keras
import numpy as np
import pytest
from keras import ops

from posology.errors import InputError
from posology.network.checks import check_model
from posology.network.faithful import check_faithful

from .building import functional, sequential, widths_of
from .zoo import ZOO

L = keras.layers
NAME = "net.py:model_build"


class LeftOut(L.Layer):
    """Its configuration has no factor."""

    def __init__(self, factor=2.0, **settings):
        super().__init__(**settings)
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return super().get_config()


class LeftOutInTraining(LeftOut):
    def call(self, x, training=False):
        return x * self.factor if training else x


class Drawn(L.Layer):
    """Draws numbers when it is made."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.numbers = np.random.default_rng().normal(size=6).astype("float32")

    def call(self, x):
        return x * self.numbers


class Random(L.Layer):
    """Random in predictions too."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.generator = np.random.default_rng()

    def call(self, x):
        return x * float(self.generator.normal())


class Sampled(L.Layer):
    """Random in predictions too, by Keras' own generator."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.seed = keras.random.SeedGenerator(1)

    def call(self, x):
        return x + keras.random.normal(ops.shape(x), seed=self.seed)


class Unseeded(L.Layer):
    """Draws without a generator of its own, which JAX cannot trace."""

    def call(self, x, training=False):
        return x + keras.random.normal(ops.shape(x)) if training else x


class Deaf(L.Layer):
    """Takes a penalty and does nothing with it."""

    def __init__(self, kernel_regularizer=None, **settings):
        super().__init__(**settings)
        self.kernel_regularizer = kernel_regularizer

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 3), name="kernel")

    def call(self, x):
        return ops.relu(x @ self.kernel)


def checked(model):
    check_model(model, NAME, widths_of(model))
    check_faithful(model, NAME, sum(widths_of(model)))


def message(model):
    with pytest.raises(InputError) as caught:
        checked(model)
    assert NAME in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("layer", [LeftOut(3.0), LeftOutInTraining(3.0), Drawn()])
def test_a_layer_that_is_rebuilt_as_another(layer):
    text = message(sequential((6,), layer, L.Dense(1)))
    assert "with the same weights, it predicts otherwise" in text
    assert f"Look at the layers of your own: {layer.name}. A get_config() that leaves an argument out" in text


@pytest.mark.parametrize("layer", [Sampled(name="sampled"), Random(name="sampled")])
def test_a_layer_that_draws_while_predicting(layer):
    text = message(sequential((6,), layer, L.Dense(1)))
    assert "draws at random while predicting too, so that no two predictions agree. Look at the layers of your" in text
    assert "own: sampled. Let a layer draw while training only" in text


def test_dropout_that_is_always_on():
    class Always(L.Dropout):
        def call(self, x):
            return super().call(x, training=True)

    text = message(sequential((6,), L.Dense(8), Always(0.5), L.Dense(1)))
    assert "In place of a Dropout that is always on write keras.layers.Dropout, and model(x, training=True)" in text


def test_a_layer_that_jax_cannot_trace():
    text = message(sequential((6,), Unseeded(name="unseeded"), L.Dense(1)))
    assert "gave a model that JAX cannot train: ValueError: Exception encountered when calling Unseeded.call()." in text
    assert "Give the layer a generator of its own: self.seed = keras.random.SeedGenerator() in __init__" in text


@pytest.mark.parametrize("where", ["kernel_regularizer", "kernel"])
def test_a_penalty_that_is_set_too_late(where):
    model = sequential((6,), L.Dense(3), L.Dense(1))
    if where == "kernel":
        model.layers[0].kernel.regularizer = keras.regularizers.L2(0.1)
    else:
        model.layers[0].kernel_regularizer = keras.regularizers.L2(0.1)
    text = message(model)
    assert "gave a model whose penalties are " in text
    assert "give it to the layer when it is made, Dense(64, kernel_regularizer='l2')." in text


def test_a_variable_in_an_operation():
    inputs = keras.Input((4,))
    text = message(functional(inputs, L.Dense(1)(inputs * keras.Variable(0.5, name="alpha"))))
    assert "gave a model that Keras cannot save: TypeError: Cannot serialize object <Variable path=alpha" in text
    assert "make it a weight of a layer of your own, by add_weight()." in text


def test_weights_that_are_not_finite():
    nothing = keras.initializers.Constant(float("nan"))
    text = message(sequential((6,), L.Dense(3, kernel_initializer=nothing, name="lost"), L.Dense(1)))
    assert "gave a model whose weights are not finite before any training, such as those of " in text
    assert "lost/kernel'. Look at their initializer" in text


def test_a_layer_whose_configuration_is_whole():
    checked(sequential((6,), LeftOut(2.0), L.Dense(1)))


def test_a_weight_that_an_operation_takes_from_another_layer():
    inputs = keras.Input((4,))
    dense = L.Dense(4, use_bias=False)
    x = dense(inputs)
    assert "a weight of one layer used by another" in message(
        functional(inputs, L.Dense(1)(ops.matmul(x, dense.kernel)))
    )


def test_penalties_that_do_not_act():
    text = message(sequential((6,), Deaf(name="deaf"), L.Dense(4), L.Dense(1)))
    assert "gave a model on which penalties do not act: with 2 of them set" in text
    assert "Look at the layers of your own: deaf. A layer that takes kernel_regularizer must pass it" in text


@pytest.mark.parametrize("name", ["adapted", "own loss", "mixed penalties", "siamese", "dict of inputs", "masked"])
def test_networks_that_are_faithful(name):
    checked(ZOO[name]())
