"""Weights that a network comes with: said where they are not used."""

import keras
import numpy as np
import pytest

from posology.network.given_weights import notes_on_weights
from posology.network.packed import PackedNetwork
from posology.network.source import NetworkSource

from .building import L, sequential

FILE = NetworkSource("file", "net.py", "build")


def net(initializer="glorot_uniform"):
    return sequential((3,), L.Dense(4, activation="relu", kernel_initializer=initializer), L.Dense(1))


def loaded():
    model = net()
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 0.5))
    return model


def trained():
    model = net()
    model.fit(np.ones((4, 3)), np.ones(4), verbose=0)
    return model


@pytest.mark.parametrize(
    ("build", "source", "said"),
    [
        (net, FILE, False),
        (lambda: net(keras.initializers.GlorotUniform(seed=1)), FILE, False),
        (lambda: net("ones"), FILE, False),
        (loaded, FILE, True),
        (trained, FILE, True),
        (net, NetworkSource("config", config="{}", trained=True), True),
    ],
)
def test_weights_that_are_not_used_are_said(build, source, said):
    model = build()
    drawn, _ = PackedNetwork(model).first_weights(0, build())
    notes = notes_on_weights(source, model, build(), drawn)
    assert [n.startswith("Every training starts from weights that the network's initializers") for n in notes] == (
        [True] if said else []
    )
