"""Weights that a network comes with and that no training starts from, and those that every training starts from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from posology.network.sites import leaves
from posology.network.source import NetworkSource, is_trained
from posology.wording import quoted

_NOTE = (
    "Every training starts from weights that the network's initializers draw, not from those that it comes with "
    "(trained, loaded, or drawn with a seed of its own). Layers that are to keep theirs must be frozen."
)


def notes_on_weights(source: NetworkSource, model: Any, again: Any, drawn: Sequence[np.ndarray]) -> tuple[str, ...]:
    """Say that a network's trained or loaded weights are not used.

    Parameters
    ----------
    source : NetworkSource
    model, again : keras.Model
        Two builds of the network. Weights that both have and that its initializers do not draw were loaded.
    drawn : sequence of arrays
        Trainable weights, drawn by the initializers, in the model's order.
    """
    both = zip(model.trainable_variables, again.trainable_variables, drawn, strict=True)
    loaded = model is not again and any(_equal(a, b) and not _equal(a, c) for a, b, c in both)
    if not (loaded or source.trained or is_trained(model)):
        return ()
    return (_NOTE,)


def notes_on_seeds(model: Any) -> tuple[str, ...]:
    """Say where an initializer has a seed of its own, which fixes what a study draws again for every network."""
    seeded = [path for path, layer in leaves(model) if _is_seeded(layer.get_config())]
    if not seeded:
        return ()
    seen = "what other first weights would give is not seen. Leave the seed out to have it seen"
    begins = "every network of the study begins with the same weights there"
    return (f"Initializers of {quoted(seeded)} have a seed of their own: {begins}, and {seen}.",)


def _is_seeded(config: Any) -> bool:
    """Tell whether a layer's configuration, or that of a cell in it, has an initializer with a seed."""
    if isinstance(config, list | tuple):
        return any(map(_is_seeded, config))
    if not isinstance(config, dict):
        return False
    drawn = [part["config"] for name, part in config.items() if name.endswith("initializer") and _is_object(part)]
    return any(one.get("seed") is not None for one in drawn) or any(map(_is_seeded, config.values()))


def _is_object(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("config"), dict)


def _equal(one: Any, other: Any) -> bool:
    return np.array_equal(np.asarray(one), np.asarray(other))
