"""Are two builds of a network the same? One program trains the networks of all folds."""

import re
from typing import Any

import numpy as np

from posology.errors import InputError
from posology.network.sites import leaves


def check_alike(model: Any, other: Any) -> None:
    """Check that a builder gave the same network, state that `adapt` computes aside, for other training rows.

    Raises
    ------
    InputError
        A layer has other settings.
    """
    ours, theirs = list(leaves(model)), list(leaves(other))
    differing = next((path for (path, a), (_, b) in zip(ours, theirs, strict=False) if not _same(a, b)), None)
    if differing is not None or len(ours) != len(theirs):
        what = "another number of layers" if differing is None else f"other settings of layer '{differing}'"
        raise InputError(
            f"Your function builds another network from other training rows: {what}. posology trains one network on "
            "all folds. Take nothing but the number of columns from x_train, draw nothing at random while building, or "
            "let a keras.layers.Normalization take its numbers by adapt(x_train)."
        )


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
