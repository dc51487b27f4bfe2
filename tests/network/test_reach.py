"""A standardized target has negative numbers, and none that an output cannot give."""

import keras
import pytest

from posology.errors import InputError
from posology.network.reach import check_reach

from .building import L, functional, sequential

ops = keras.ops


def ended(*end, loss="mse"):
    model = sequential((3,), L.Dense(4, activation="relu"), *end)
    model.compile("adam", loss)
    return model


def by_operation(operation):
    x = keras.Input((3,))
    return functional(x, operation(L.Dense(1)(L.Dense(4, activation="relu")(x))))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ended(L.Dense(1)),
        lambda: ended(L.Dense(1, activation="linear")),
        lambda: ended(L.Dense(1), L.LeakyReLU(negative_slope=0.01)),
        lambda: ended(L.Dense(1, activation="relu"), L.BatchNormalization()),
        lambda: ended(L.Dense(1, activation="relu"), L.Dense(1)),
        lambda: ended(L.Dense(2), L.Flatten(), L.Dense(1)),
        lambda: by_operation(lambda x: 2 * x + 1),
        lambda: by_operation(lambda x: x + ops.tanh(x)),
        lambda: ended(L.Dense(1), loss=keras.losses.Huber(0.5)),
        lambda: ended(L.Dense(1), loss="mae"),
        lambda: ended(L.Dense(1), loss=lambda y, p: ops.mean(ops.maximum(0.9 * (y - p), 0.1 * (p - y)), axis=-1)),
    ],
)
def test_outputs_and_losses_of_any_number(make):
    check_reach(make(), "net.py:build")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ended(L.Dense(1, activation="relu", name="end")), "made by 'end', gives no number below 0. posology"),
        (lambda: ended(L.Dense(1, activation="exponential", name="end")), "made by 'end', gives no number below 0."),
        (lambda: ended(L.Dense(1, activation="sigmoid", name="end")), "made by 'end', gives from 0 to 1. posology"),
        (lambda: ended(L.Dense(1), L.Activation("tanh"), L.Rescaling(2.0, name="end")), "'end', gives from -2 to 2."),
        (lambda: ended(L.Dense(1), L.ReLU(name="end"), L.Reshape((1,))), "gives no number below 0."),
        (lambda: by_operation(ops.softplus), "gives no number below 0."),
        (lambda: ended(L.Dense(1), loss="mape"), "The loss of net.py:build is mean_absolute_percentage_error, which"),
        (lambda: ended(L.Dense(1), loss=keras.losses.Poisson()), "The loss of net.py:build is poisson, which asks"),
        (lambda: ended(L.Dense(1), loss="binary_crossentropy"), "is binary_crossentropy, which asks for positive"),
    ],
)
def test_outputs_and_losses_that_cannot_learn_a_standardized_target(make, message):
    with pytest.raises(InputError) as caught:
        check_reach(make(), "net.py:build")
    assert message in str(caught.value)
