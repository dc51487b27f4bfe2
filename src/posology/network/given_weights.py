"""Weights that a network comes with and that no training starts from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from posology.network.source import NetworkSource, is_trained

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


def _equal(one: Any, other: Any) -> bool:
    return np.array_equal(np.asarray(one), np.asarray(other))
