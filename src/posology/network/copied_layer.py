"""A fresh layer of the same configuration and name."""

from typing import Any


def copy_layer(layer: Any, **changes: Any) -> Any:
    """Make a fresh layer of the same configuration, `changes` aside.

    Examples
    --------
    >>> import keras
    >>> copy_layer(keras.layers.Dense(3, name="hidden"), activation="relu").name
    'hidden'
    """
    copy = type(layer).from_config({**layer.get_config(), **changes})
    # a configuration that Keras makes up for a class without `get_config` has no name
    copy.name = layer.name
    return copy
