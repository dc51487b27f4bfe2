"""What normalizations have in common: a layer behind hidden layers, which is there or is not."""

from typing import Any

from posology.regularizers._base import Place, Regularizer, Strength


class Norm(Regularizer):
    """A regularizer that is a stock layer of Keras between a hidden Dense and its activation."""

    place = Place.NORMS
    strength = Strength(1.0, 1.0, "switch", "on (1) or off (0)", 1.0)

    def layer(self, name: str) -> Any:
        """Make the layer; Keras is imported here, in a worker.

        Examples
        --------
        >>> from posology.regularizers import REGULARIZERS
        >>> REGULARIZERS["batch_norm"].layer("norm").momentum
        0.9
        """
        import keras

        assert self.keras is not None
        return getattr(keras.layers, self.keras.name)(**self.keras.arguments(1.0), name=name)
