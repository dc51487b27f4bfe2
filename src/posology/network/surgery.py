"""Rebuild a Keras model with some layers replaced and some added, by public means only.

A layer's place in the network is kept; its name too, so that weights can be carried over by order and paths agree.
"""

from collections.abc import Callable
from typing import Any

import keras

LayerMap = Callable[[str, Any], Any]
"""From (path, layer) to the layer that takes its place."""


def inserted_name(path: str) -> str:
    """Name the Dropout that is inserted after a layer."""
    return f"dropout_after_{path.replace('/', '_')}"


def copy_layer(layer: Any) -> Any:
    """Make a fresh layer of the same configuration."""
    return layer.__class__.from_config(layer.get_config())


def rebuild(model: Any, replace: LayerMap, after: dict[str, Callable[[], Any]], prefix: str = "") -> Any:
    """Rebuild a Sequential or Functional model, models inside it included.

    Parameters
    ----------
    model : keras.Model
        Built; left untouched.
    replace : callable
        Gives the new layer for each layer that is not itself a model.
    after : dict
        From the path of a layer to a function that makes the layer to insert after it.

    Returns
    -------
    keras.Model
        Built, not compiled, with freshly drawn weights.
    """

    def renew(layer: Any) -> Any:
        path = f"{prefix}{layer.name}"
        if isinstance(layer, keras.Model):
            return rebuild(layer, replace, after, f"{path}/")
        return replace(path, layer)

    if isinstance(model, keras.Sequential):
        return _rebuild_sequential(model, renew, after, prefix)
    return _rebuild_functional(model, renew, after, prefix)


def _rebuild_sequential(model: Any, renew: Callable[[Any], Any], after: Any, prefix: str) -> Any:
    shape = model.inputs[0].shape[1:]
    layers = [keras.Input(shape, dtype=model.inputs[0].dtype)]
    for layer in model.layers:
        layers.append(renew(layer))
        if (path := f"{prefix}{layer.name}") in after:
            layers.append(after[path]())
    return keras.Sequential(layers, name=model.name, trainable=model.trainable)


def _rebuild_functional(model: Any, renew: Callable[[Any], Any], after: Any, prefix: str) -> Any:
    added: dict[str, Any] = {}

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        out = layer(*args, **kwargs)
        path = f"{prefix}{layer.name}"
        if path in after:
            # a layer that is called twice gets one Dropout, called twice
            added.setdefault(path, after[path]())
            out = added[path](out)
        return out

    return keras.models.clone_model(model, clone_function=renew, call_function=call)
