"""Small compiled networks, and rows for them."""

import keras
import numpy as np
from sklearn.datasets import load_digits

L = keras.layers
Input, Model, Sequential = keras.Input, keras.Model, keras.Sequential
WIDTH = 6


def compiled(model, loss="mse", **options):
    model.compile(optimizer="adam", loss=loss, **options)
    return model


def functional(inputs, outputs, loss="mse", **options):
    return compiled(Model(inputs, outputs), loss, **options)


def sequential(shape, *layers, dtype="float32"):
    return compiled(Sequential([Input(shape, dtype=dtype), *layers]))


def widths_of(model):
    """Columns of each input."""
    return [int(np.prod(t.shape[1:])) for t in model.inputs]


def rows_for(model, rows=8, seed=0):
    """A matrix with the columns of all inputs side by side: digits for images, whole numbers where asked for."""
    random = np.random.default_rng(seed)
    return np.concatenate([_columns(tensor, rows, random) for tensor in model.inputs], axis=1).astype("float32")


def _columns(tensor, rows, random):
    size = (rows, int(np.prod(tensor.shape[1:])))
    if tensor.shape[1:] == (8, 8, 1):
        return load_digits().data[:rows] / 16
    return random.normal(size=size) if "float" in tensor.dtype else random.integers(0, 5, size)
