"""The inputs of a network, and the columns of the prepared table that each of them reads.

The engine holds one matrix of rows and columns. The inputs take their columns from it side by side, in the order of
the model's inputs, and each as the shape that the model asks for: 64 columns become an image of 8 by 8.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import keras


@dataclass(frozen=True)
class NetworkInput:
    """One input of a network.

    Parameters
    ----------
    name : str
    shape : tuple of int or None
        Without rows.
    dtype : str
    codes : bool
        Whether it takes the numbers of categories, not measurements: of an integer type, or read by an Embedding.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    codes: bool

    @property
    def width(self) -> int | None:
        """Columns that it reads; None where it takes any number of them."""
        return None if None in self.shape else prod(side or 0 for side in self.shape)


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
