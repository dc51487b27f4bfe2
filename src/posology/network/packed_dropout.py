"""Dropout whose rate and key are numbers that the engine passes in at every step."""

from typing import Any

import keras

from posology.engine.randomness import derive, random_bits
from posology.regularizers import Dropout


class PackedDropout(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """Stand-in for `keras.layers.Dropout` inside the workers (JAX only).

    Keras' own layer needs a Python number for its rate and tests it with `if`; here rate and key are scalar
    non-trainable variables, which `stateless_call` maps to traced numbers. It is never exported.
    """

    noise_shape: Any = None
    """As in Keras' layer: shape of the mask, None for a side of the activation's own size."""

    def build(self, input_shape: Any) -> None:  # noqa: ARG002
        """Make the two numbers."""
        # what an Embedding masks stays masked behind it, as behind Keras' own
        self.supports_masking = True
        self.rate = self.add_weight(shape=(), initializer="zeros", trainable=False, name="rate")
        self.key = self.add_weight(shape=(), initializer="zeros", trainable=False, dtype="uint32", name="key")

    def call(self, x: Any, training: bool = False) -> Any:
        """Drop while training, pass through when predicting."""
        if not training:
            return x
        noise = self.noise_shape or (None,) * len(x.shape)
        shape = tuple(side if given is None else given for given, side in zip(noise, x.shape, strict=True))
        key = self.key.value
        # a layer that is called twice draws two masks
        self.key.assign(derive(key, 0))
        return Dropout().apply(x, self.rate.value, random_bits(key, shape))
