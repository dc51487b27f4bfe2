"""Normalization by numbers that the engine passes in, as every fit has adapted its own."""

from typing import Any

import keras


class PackedNormalization(keras.layers.Normalization):  # type: ignore[misc]  # keras has no types
    """Stand-in for an adapted `keras.layers.Normalization` inside the workers.

    Keras' own layer reads its variables once, when it is adapted or loaded, and keeps constants; here they are read at
    every call. It is never exported.
    """

    def call(self, x: Any) -> Any:
        """Scale the rows by the present mean and variance."""
        self.finalize_state()
        return super().call(x)


def is_adapted(layer: Any) -> bool:
    """Tell a Normalization that computes its numbers from rows from one that was given them."""
    return type(layer) is keras.layers.Normalization and layer.input_mean is None
