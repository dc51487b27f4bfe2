"""What two networks must share to be the same."""

import keras
import pytest
from keras import layers

from posology.handback.same_network import is_same


def network(small=1e-6, rate=0.5, units=4, swapped=False, after=False):
    a = keras.Input((3,))
    x = layers.Dense(units, "relu", kernel_regularizer=keras.regularizers.L2(1.0))(a)
    y = layers.Dense(units, "relu", kernel_regularizer=keras.regularizers.L1(small))(x)
    x, y = (y, x) if swapped else (x, y)
    out = layers.Add()([layers.Dropout(rate)(x), y])
    return keras.Model(a, layers.Dense(1, activation="tanh" if after else None)(out))


def test_the_same():
    assert is_same(network(), network())
    assert is_same(network(), network(small=1.000004e-6))


@pytest.mark.parametrize(
    "other",
    [{"small": 1.1e-6}, {"small": 0.0}, {"rate": 0.4}, {"swapped": True}, {"after": True}, {"units": 5}],
)
def test_what_differs(other):
    assert not is_same(network(), network(**other))
