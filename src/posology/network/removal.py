"""The user's network with hidden units taken out: set to zero, without scaling up those that are left."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from posology.engine.member import Arrays
from posology.engine.randomness import random_bits
from posology.network.graph import Graph, graph_of
from posology.network.packed import PackedNetwork
from posology.network.packed_dropout import PackedDropout
from posology.network.sites import has_kernel


class UnitRemoval(PackedDropout):
    """Sets a share of the units to zero, anew for every row; a unit of a convolution is a whole channel."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Give the shape of what comes in: masks need the number of rows, which Keras does not know beforehand."""
        return input_shape

    def call(self, x: Any, training: bool = False) -> Any:  # noqa: ARG002
        """Take units out, also when predicting."""
        shape = (x.shape[0], *(1,) * (len(x.shape) - 2), x.shape[-1])
        kept = random_bits(self.key.value, shape).astype(jnp.float32) >= self.strengths[0].value * jnp.float32(2**32)
        return jnp.where(kept, x, 0)


class UnitRemover(PackedNetwork):
    """A network whose hidden units can be taken out: at Dropout layers behind a kernel, or after hidden activations.

    Parameters
    ----------
    model : keras.Model
        The user's; left untouched.
    classes : int
        Of the target; 0 where it is a number.
    targets : int
        That it predicts.
    """

    dropout_layer = UnitRemoval

    def __init__(self, model: Any, classes: int = 0, targets: int = 1) -> None:
        super().__init__(model, ("dropout",), classes=classes, targets=targets)
        graph = graph_of(model)
        self._behind = np.array([_is_behind_kernel(graph, site.layer) for site in self.dropout_sites], "float32")
        self._own_seeds = tuple(np.asarray(v.value) for v in self._seeds)

    @property
    def removes(self) -> bool:
        """Whether there is a place to take units out."""
        return bool(self._behind.any())

    def predict_without(self, weights: Arrays, computed: Arrays, x: Any, share: Any, key: Any) -> Any:
        """Predict rows without a share of the hidden units.

        Parameters
        ----------
        weights : tuple of arrays
        computed : tuple of arrays
            `PackedNetwork.computed` of a state.
        x : array (row, column)
        share : float scalar
        key : uint32 scalar
        """
        return self._predicted(weights, (*computed, *self._own_seeds), {"dropout": share * self._behind}, key, x)


def _is_behind_kernel(graph: Graph, path: str) -> bool:
    """Tell a hidden place from one that reads the inputs of the network with nothing learned between."""
    seen: set[str] = set()
    waiting = [path]
    while waiting:
        path = waiting.pop()
        if path in seen or path not in graph.nodes:
            continue
        if has_kernel(graph.nodes[path]):
            return True
        seen.add(path)
        waiting += graph.nodes[path].reads
    return False
