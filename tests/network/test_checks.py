"""What a network must be: every refusal names the builder, says what is wrong and what to write."""
# ruff: noqa: ARG005  losses have two arguments

import keras
import numpy as np
import pytest

from posology.errors import InputError
from posology.network.checks import check_model

from .conftest import ZOO

L = keras.layers
NAME = "net.py:model_build"
WIDTH = 6


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = L.Dense(1)

    def call(self, x):
        return self.dense(x)


class Functional(keras.Model):
    """Made of inputs and outputs: its layers can be seen."""


class OwnWithDropout(L.Layer):
    def __init__(self):
        super().__init__()
        self.drop = L.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


def sequential(*layers, width=WIDTH, loss="mse", **options):
    model = keras.Sequential([*([keras.Input((width,))] if width else []), *layers])
    model.compile(loss=loss, optimizer="adam", **options)
    return model


def functional(inputs, outputs, loss="mse"):
    model = keras.Model(inputs, outputs)
    model.compile(loss=loss, optimizer="adam")
    return model


def two_outputs():
    inputs = keras.Input((WIDTH,))
    return functional(inputs, [L.Dense(1)(inputs), L.Dense(1)(inputs)])


def two_inputs():
    inputs = [keras.Input((WIDTH,)), keras.Input((WIDTH,))]
    return functional(inputs, L.Dense(1)(L.Concatenate()(inputs)))


def subclassed():
    model = Subclassed()
    model.compile(loss="mse", optimizer="adam")
    return model


def not_compiled():
    return keras.Sequential([keras.Input((WIDTH,)), L.Dense(1)])


def no_loss():
    model = not_compiled()
    model.compile(optimizer="adam")
    return model


@pytest.mark.parametrize("name", ZOO)
def test_networks_that_can_be_studied(name):
    check_model(ZOO[name](WIDTH), NAME, WIDTH)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", keras.losses.LogCosh(), keras.losses.mean_squared_error])
def test_losses_that_can_be_studied(loss):
    check_model(sequential(L.Dense(1), loss=loss), NAME, WIDTH)


def test_a_network_without_an_input_is_built_for_the_table():
    model = sequential(L.Dense(4), L.Dense(1), width=None)
    check_model(model, NAME, WIDTH)
    assert model.inputs[0].shape == (None, WIDTH)


def test_a_class_of_ones_own_made_of_inputs_and_outputs_is_functional():
    inputs = keras.Input((WIDTH,))
    model = Functional(inputs, L.Dense(1)(inputs))
    model.compile(loss="mse", optimizer="adam")
    check_model(model, NAME, WIDTH)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: None, "gave nothing: it returns None. End it with 'return model'."),
        (lambda: 3, "gave a value of type int, not a Keras model. Return a compiled keras.Sequential or"),
        (lambda: (not_compiled(), 1), "gave a value of type tuple, not a Keras model."),
        (not_compiled, "is not compiled, so its loss and optimizer are unknown. Add model.compile(loss='mse'"),
        (no_loss, "is compiled without a loss. Write model.compile(loss='mse', ...) in it."),
        (subclassed, "gave a subclassed model (Subclassed): its layers are hidden in Python code"),
        (lambda: sequential(L.Dense(1), width=5), "for inputs of shape (5,), but the prepared table has 6 columns"),
        (lambda: sequential(L.Dense(1), width=5), "Take the width from the rows: Input(shape=(x_train.shape[1],))."),
        (lambda: sequential(L.Dense(3)), "with outputs of shape (3,); a regression needs one number a row. End it"),
        (
            lambda: sequential(OwnWithDropout(), L.Dense(1)),
            "(OwnWithDropout), that has a Dropout inside, which posology cannot set",
        ),
        (lambda: sequential(L.Dense(1), loss=lambda y, p: 1 / 0), "fails on three rows: ZeroDivisionError"),
        (
            lambda: sequential(L.Dense(1), loss=lambda y, p: keras.ops.mean((y - p) ** 2)),
            "gives shape () for three rows; it must give one number a row. Average over the last axis only",
        ),
    ],
)
def test_networks_that_cannot_be_studied(make, message):
    with pytest.raises(InputError) as caught:
        check_model(make(), NAME, WIDTH)
    assert message in str(caught.value)
    assert NAME in str(caught.value)


def test_a_network_that_cannot_be_built_for_the_table():
    model = sequential(L.Reshape((5, 5)), L.Flatten(), L.Dense(1), width=None)
    with pytest.raises(InputError, match="gave a model that cannot be built for 6 columns"):
        check_model(model, NAME, WIDTH)


def test_checking_leaves_the_network_as_it_is():
    model = ZOO["question"](WIDTH)
    before = [np.asarray(v) for v in model.variables]
    check_model(model, NAME, WIDTH)
    for old, new in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, np.asarray(new))
