"""The inputs of a network, and the columns of the prepared table that each of them reads.

The engine holds one matrix of rows and columns. The inputs take their columns from it side by side, in the order of
the model's inputs, and each as the shape that the model asks for: 64 columns become an image of 8 by 8.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import keras
import numpy as np

from posology.network.graph import INPUT, graph_of


@dataclass(frozen=True)
class NetworkInput:
    """One input of a network.

    Parameters
    ----------
    name : str
    codes : bool
        Whether it takes numbers of categories, not measurements: an Embedding reads it, or it is of an integer type.
    vocabulary : int or None
        The codes that the smallest Embedding that reads it knows.
    """

    name: str
    codes: bool
    vocabulary: int | None


def inputs_of(model: Any) -> tuple[NetworkInput, ...]:
    """Say what the inputs of a model take; of one that is not built yet, that it takes measurements."""
    if not model.built:
        first = next((layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)), None)
        return (_input("", [first], integer=False),)
    graph = graph_of(model)
    return tuple(
        _input(t.name, [n.layer for n in graph.readers(f"{INPUT}{t.name}")], integer="int" in str(t.dtype))
        for t in model.inputs
    )


def _input(name: str, readers: list[Any], *, integer: bool) -> NetworkInput:
    known = [layer.input_dim for layer in readers if isinstance(layer, keras.layers.Embedding)]
    return NetworkInput(name, integer or bool(known), min(known, default=None))


def columns_measured(model: Any, columns: int) -> np.ndarray:
    """Tell which columns of the matrix hold measurements, and which numbers of categories: bool `(column,)`.

    Examples
    --------
    >>> columns_measured(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), 2).tolist()
    [True, True]
    """
    out, begin = np.ones(columns, bool), 0
    for tensor, i in zip(model.inputs, inputs_of(model), strict=True):
        shape = tuple(tensor.shape[1:])
        width = columns - begin if None in shape else prod(shape)
        out[begin : begin + width] = not i.codes
        begin += width
    return out


def split_columns(model: Any, x: Any) -> Any:
    """Give the inputs of a model their columns of a matrix, in the structure that the model was made with.

    Parameters
    ----------
    model : keras.Model
    x : array (row, column)
        Columns of the first input, then of the second, and so on.

    Returns
    -------
    array, or list, tuple or dict of arrays
        `(row, *shape of the input)`
    """
    parts, begin = [], 0
    for tensor in model.inputs:
        shape = tuple(tensor.shape[1:])
        width = x.shape[-1] - begin if None in shape else prod(shape)
        part = x[:, begin : begin + width].reshape((x.shape[0], *(shape if None not in shape else (width,))))
        parts.append(keras.ops.cast(part, tensor.dtype))
        begin += width
    # a Sequential model has one input, and says nothing of its structure
    return parts[0] if isinstance(model, keras.Sequential) else keras.tree.pack_sequence_as(model.input, parts)
