"""Are two builds of a network the same? One program trains the networks of all folds."""

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import keras
import numpy as np

from posology.errors import InputError
from posology.network.sites import leaves

_NONE = np.empty((0, 0))
"""In place of an array that one of two graphs lacks."""


def check_alike(model: Any, other: Any) -> None:
    """Check that a builder gave the same network, state that `adapt` computes aside, for other training rows.

    Raises
    ------
    InputError
        A layer has other settings.
    """
    ours, theirs = list(leaves(model)), list(leaves(other))
    differing = next((path for (path, a), (_, b) in zip(ours, theirs, strict=False) if not _same(a, b)), None)
    what = f"other settings of layer '{differing}'" if differing is not None else ""
    if not what and len(ours) != len(theirs):
        what = "another number of layers"
    if what:
        raise InputError(
            f"Your function builds another network from other training rows: {what}. posology trains one network on "
            "all folds. Take nothing but the number of columns from x_train, draw nothing at random while building, or "
            "let a keras.layers.Normalization take its numbers by adapt(x_train)."
        )
    _check_numbers(model, other)


def _check_numbers(model: Any, other: Any) -> None:
    """Check that two graphs compute with the same arrays: what a function takes from rows or draws would be kept."""
    for (one, ours), (two, theirs) in zip_longest(_numbers_of(model), _numbers_of(other), fillvalue=("", _NONE)):
        if not np.array_equal(ours, theirs, equal_nan=True):
            raise InputError(
                f"Your function builds another network each time: its operation '{one or two}' computes with other "
                "numbers, and posology trains one network on all folds. Where they are taken from rows, let a "
                "keras.layers.Normalization take them by adapt(x_train); draw none at random. Where they are what a "
                "layer gave for numbers, as Embedding(n, d)(keras.ops.arange(n)) does, Keras called it once, and it "
                "would never learn: call it on what is made of the inputs, such as "
                "keras.ops.zeros_like(inputs[:, :1], 'int32') + keras.ops.arange(n)."
            )


def written(model: Any) -> Any:
    """Give the configuration of a model's layers and operations, as it is saved.

    A class of the user's own may write another: a plain one of the same graph is asked.
    """
    return (model if isinstance(model, keras.Sequential) else keras.Model(model.input, model.output)).get_config()


def _numbers_of(model: Any) -> Iterator[tuple[str, np.ndarray]]:
    return _numbers(written(model), "", called=False)


def _numbers(config: Any, operation: str, *, called: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Find the numbers and arrays that a graph's calls have as arguments, each with the name of what is called."""
    if called and isinstance(config, int | float):
        yield operation, np.asarray(config)
    elif isinstance(config, dict) and config.get("class_name") in ("__numpy__", "__tensor__"):
        yield operation, np.asarray(config["config"]["value"])
    elif isinstance(config, dict):
        operation = config.get("name", operation) if "inbound_nodes" in config else operation
        for name, part in config.items():
            yield from _numbers(part, operation, called=called or name == "inbound_nodes")
    elif isinstance(config, list | tuple):
        for part in config:
            yield from _numbers(part, operation, called=called)


def _same(layer: Any, other: Any) -> bool:
    return _class_of(layer) == _class_of(other) and _settings(layer.get_config()) == _settings(other.get_config())


def _class_of(layer: Any) -> tuple[str, str]:
    """Name a layer's class: one that is defined inside the builder is another object in every build."""
    return type(layer).__module__, type(layer).__qualname__


def _settings(value: Any) -> Any:
    """Make a configuration comparable; the numbers that Keras puts behind names count builds, not layers."""
    if isinstance(value, dict):
        return {key: _settings(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_settings(part) for part in value]
    if isinstance(value, str):
        return re.sub(r"_\d+$", "", value)
    return value.tolist() if isinstance(value, np.ndarray) else value
