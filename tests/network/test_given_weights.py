"""Weights that a network comes with: said where they are not used."""

import keras
import numpy as np
import pytest

from posology.network.given_weights import notes_on_seeds, notes_on_weights
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


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (lambda: L.Dense(4, name="seeded", kernel_initializer=keras.initializers.HeNormal(seed=42)), True),
        (lambda: L.Dense(4, name="seeded", bias_initializer=keras.initializers.RandomUniform(seed=0)), True),
        (lambda: L.Dense(4, name="seeded", kernel_initializer="he_normal"), False),
        (lambda: L.Dense(4, name="seeded", kernel_initializer=keras.initializers.HeNormal()), False),
    ],
)
def test_seeds_of_initializers_are_said(layer, said):
    model = sequential((3,), layer(), L.Dense(1))
    notes = notes_on_seeds(model)
    assert [note.startswith("Initializers of 'seeded' have a seed of their own") for note in notes] == [True] * said
    drawn = [PackedNetwork(model).first_weights(seed)[0] for seed in (0, 1)]
    assert any(np.std(one) and np.array_equal(one, other) for one, other in zip(*drawn, strict=True)) == said


def test_a_seed_in_a_cell_is_said():
    cell = L.LSTMCell(4, recurrent_initializer=keras.initializers.Orthogonal(seed=1))
    model = sequential((5, 3), L.RNN(cell), L.Dense(1))
    assert len(notes_on_seeds(model)) == 1
