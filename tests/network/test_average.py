"""The average of several networks as one model: it is the plain mean of their predictions, and stock Keras."""

import keras
import numpy as np
import pytest

from posology.network.average import average_of
from posology.network.heads import Head

RNG = np.random.default_rng(0)


def sequential(width=1, activation=None):
    layers = [keras.layers.Dense(4, activation="relu"), keras.layers.Dense(width, activation=activation)]
    return keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), *layers])


def two_inputs():
    left, right = keras.Input((2,), name="left"), keras.Input((1,), name="right")
    joined = keras.layers.Concatenate()([left, right])
    # named so that the scored output is not the first of Keras' own order
    outputs = {"price": keras.layers.Dense(1)(joined), "aside": keras.layers.Dense(2)(joined)}
    return keras.Model({"left": left, "right": right}, outputs)


@pytest.mark.parametrize("build", [sequential, two_inputs])
def test_it_is_the_mean_of_the_copies_and_loads_again(build, tmp_path):
    copies = [build() for _ in range(3)]
    x = {"left": RNG.normal(size=(7, 2)), "right": RNG.normal(size=(7, 1))} if build is two_inputs else None
    x = RNG.normal(size=(7, 3)) if x is None else x
    found = [copy.predict(x, verbose=0) for copy in copies]
    expected = np.mean([f["price"] if isinstance(f, dict) else f for f in found], axis=0)
    average = average_of(copies, Head())
    average.save(tmp_path / "model.keras")
    for model in (average, keras.models.load_model(tmp_path / "model.keras")):
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)
    assert all(type(layer).__module__.startswith("keras") for layer in average.layers)


@pytest.mark.parametrize(("width", "logits"), [(1, True), (1, False), (3, True)])
def test_of_classes_probabilities_are_averaged(width, logits):
    head = Head(max(2, width), logits=logits)
    copies = [sequential(width, None if logits else "sigmoid") for _ in range(2)]
    x = RNG.normal(size=(5, 3))
    expected = np.mean([np.asarray(head.probabilities(copy.predict(x, verbose=0))) for copy in copies], axis=0)
    got = average_of(copies, head).predict(x, verbose=0)
    found = np.asarray(Head(max(2, width)).probabilities(got))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_one_network_stays_what_it_is():
    copy = sequential()
    assert average_of([copy], Head()) is copy
