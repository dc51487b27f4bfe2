"""The average of several trained networks as one stock Keras model."""

from collections.abc import Sequence
from typing import Any

import keras

from posology.network.heads import Head
from posology.network.outputs import scored_output


def average_of(models: Sequence[Any], head: Head) -> Any:
    """Put copies of a network side by side on shared inputs, and average what they predict.

    Parameters
    ----------
    models : sequence of keras.Model
        Copies of one network, each with weights of its own; one alone is given back as it is.
    head : Head
        What the scored output is to the target: the outputs of networks that give logits become probabilities first,
        for probabilities are what a study averages.

    Returns
    -------
    keras.Model
        With the inputs of a copy, and its scored output or the probability of each class. Stock layers only, not
        compiled: it is not the network that is trained.

    Examples
    --------
    >>> copies = [keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]) for _ in range(2)]
    >>> [layer.name for layer in average_of(copies, Head()).layers[1:]]
    ['network_0', 'network_1', 'average']
    """
    first = models[0]
    if len(models) == 1:
        return first
    inputs = [keras.Input(tuple(t.shape[1:]), dtype=t.dtype, name=t.name) for t in first.inputs]
    given = inputs[0] if isinstance(first, keras.Sequential) else keras.tree.pack_sequence_as(first.input, inputs)
    outputs = [_copy(model, head, f"network_{i}")(given) for i, model in enumerate(models)]
    return keras.Model(given, keras.layers.Average(name="average")(outputs), name="ensemble")


def _copy(model: Any, head: Head, name: str) -> Any:
    """Give a copy under a name of its own, with nothing but its scored output."""
    own = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    scored = keras.tree.flatten(model.outputs)[scored_output(model)]
    return keras.Model(own, head.probabilities(scored) if head.logits else scored, name=name)
