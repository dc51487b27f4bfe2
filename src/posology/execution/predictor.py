"""A trained network that predicts prepared rows, in a worker: whatever Keras the user's own process runs, or none."""

from typing import Any

import jax
import keras
import numpy as np
from jaxtyping import Float32, Float64

from posology.network.heads import bounded, head_of_names
from posology.network.inputs import split_columns
from posology.network.outputs import scored_output
from posology.network.source import NetworkSource, defined_in
from posology.scratch import scratch_folder

BLOCK = 256
"""Rows predicted at once, always: a row's prediction then does not depend on the rows beside it."""


class Predictor:
    """A network, loaded once.

    Parameters
    ----------
    model : bytes
        A `.keras` file; it is loaded in Keras' safe mode, which runs no code of the file's.
    source : NetworkSource
        Where layers of the user's own are defined.
    classes : int
        Of the target; 0 for a number.
    logits : bool
        Whether the outputs of classes are logits.
    labels : bool
        Whether they are labels, of which a row has any.
    """

    def __init__(
        self, model: bytes, source: NetworkSource, classes: int, *, logits: bool, labels: bool = False
    ) -> None:
        with scratch_folder() as folder:
            path = folder / "model.keras"
            path.write_bytes(model)
            self._model = keras.models.load_model(path, defined_in(source) or None, compile=False)
        self._head = head_of_names(classes, logits=logits, labels=labels)
        self._scored = scored_output(self._model)
        self._trained = [v.value for v in self._model.trainable_variables]
        self._others = [v.value for v in self._model.non_trainable_variables]
        self._forward = jax.jit(self._of_block)

    def predict(self, x: Float32[np.ndarray, "row column"]) -> Float64[np.ndarray, "row output"]:
        """Give the scored output of each row: numbers on the network's scale, or the probability of each class."""
        blocks = [self._padded(x[i : i + BLOCK]) for i in range(0, len(x), BLOCK)]
        if not blocks:
            alone = self._head.labels or not self._head.classes
            return np.zeros((0, self._model.outputs[self._scored].shape[-1] if alone else self._head.classes))
        found = np.concatenate([np.asarray(self._forward(block), float) for block in blocks])[: len(x)]
        if not self._head.classes:
            return found
        within = bounded(found)
        return within if self._head.labels else within / within.sum(axis=1, keepdims=True)

    def _padded(self, x: Float32[np.ndarray, "row column"]) -> Float32[np.ndarray, "block column"]:
        out = np.zeros((BLOCK, x.shape[1]), np.float32)
        out[: len(x)] = x
        return out

    def _of_block(self, x: Any) -> Any:
        inputs = split_columns(self._model, x)
        with jax.default_matmul_precision("highest"):
            outputs, _ = self._model.stateless_call(self._trained, self._others, inputs, training=False)
        scored = keras.tree.flatten(outputs)[self._scored]
        return self._head.probabilities(scored) if self._head.classes else scored
