"""The regularizers of an activation, with strengths and key that the engine passes in at every step."""

from typing import Any

import keras

from posology.engine.randomness import derive, named, random_bits
from posology.regularizers import REGULARIZERS, Place


class PackedDropout(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """Stand-in for `keras.layers.Dropout` and its like inside the workers (JAX only).

    Keras' own layers need Python numbers for their rates and test them with `if`; here strengths and key are scalar
    non-trainable variables, which `stateless_call` maps to traced numbers. It is never exported.
    """

    acting: tuple[str, ...] = ("dropout",)
    """Regularizers of activations, in the order in which they act; to be set before it is first called."""

    noise_shape: Any = None
    """As in Keras' layer: shape of dropout's mask, None for a side of the activation's own size."""

    turned: bool = False
    """Whether it is at the second of a pair of branches, which gets the complement of what is drawn for the first."""

    def build(self, input_shape: Any) -> None:  # noqa: ARG002
        """Make the numbers."""
        # what an Embedding masks stays masked behind it, as behind Keras' own
        self.supports_masking = True
        own = {"shape": (), "initializer": "zeros", "trainable": False}
        self.strengths = [self.add_weight(name=name, **own) for name in self.acting]
        self.key = self.add_weight(dtype="uint32", name="key", **own)

    def call(self, x: Any, training: bool = False) -> Any:
        """Act while training, pass through when predicting."""
        if not training:
            return x
        key = self.key.value
        # a layer that is called twice draws two masks
        self.key.assign(derive(key, 0))
        for name, strength in zip(self.acting, self.strengths, strict=True):
            regularizer: Any = REGULARIZERS[name]
            if regularizer.place is Place.ACTIVITY:
                self.add_loss(regularizer.penalty(x, strength.value))
            else:
                # dropout has the layer's own key, so that a study of it alone is what it always was
                own = key if name == "dropout" else named(key, name)
                bits = random_bits(own, self._shape_of_bits(x, regularizer))
                x = regularizer.apply(x, strength.value, ~bits if self.turned else bits)
        return x

    def _shape_of_bits(self, x: Any, regularizer: Any) -> tuple[int, ...]:
        """Give one number a cell, or a row where whole branches are left out; dropout's mask is as the layer has it."""
        if regularizer.place in (Place.BRANCHES, Place.PAIRS):
            return (x.shape[0], *(1,) * (len(x.shape) - 1))
        noise = (self.noise_shape if regularizer.name == "dropout" else None) or (None,) * len(x.shape)
        return tuple(side if given is None else given for given, side in zip(noise, x.shape, strict=True))
