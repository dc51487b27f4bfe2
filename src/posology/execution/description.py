"""What a worker says of the network before it trains: its sites, its arrays, and how much memory it needs."""

import contextlib
from typing import Any

import numpy as np

from posology.engine.program import BLOCK
from posology.execution.job import Job
from posology.execution.sizing import WORKER_MEMORY, pack_size
from posology.network.heads import loss_name
from posology.network.losses import losses_of
from posology.network.outputs import scored_output
from posology.network.packed import PackedNetwork
from posology.network.sites import leaves
from posology.regularizers import REGULARIZERS, Place


class Description:
    """Describes the network of a study.

    Parameters
    ----------
    job : Job
        The study's constants.
    model : keras.Model
        The user's network.
    network : PackedNetwork
        The same with all regularizers of the study.
    width : int
        Prepared columns.
    """

    def __init__(self, job: Job, model: Any, network: PackedNetwork, width: int) -> None:
        self._job, self._model, self._network, self._width = job, model, network, width
        self.pack_size = pack_size(self._state_bytes(), model.count_params(), job.rows, job.design.epochs)
        """Members of a pack."""

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON types."""
        network, model = self._network, self._model
        return {
            "kernels": [s.to_dict() for s in network.kernel_sites],
            "dropouts": [s.to_dict() for s in network.dropout_sites],
            "branches": [s.to_dict() for s in network.branch_sites],
            "pairs": [s.to_dict() for s in network.pair_sites],
            "norms": [s.to_dict() for s in network.norm_sites],
            "width": self._width,
            "parameters": int(model.count_params()),
            "optimizer": type(model.optimizer).__name__,
            "loss": loss_name(losses_of(model)[scored_output(model)].loss),
            "arrays": [name for name, a in self._arrays() if len(a.shape) > 1],
            "pack_size": self.pack_size,
            "memory": WORKER_MEMORY + 2 * self.pack_size * self._state_bytes() + self._activations(),
        }

    def _arrays(self) -> list[tuple[str, Any]]:
        """Name the trainable arrays, in their order."""
        paths = {id(v): f"{path}/{v.name}" for path, layer in leaves(self._model) for v in layer.trainable_variables}
        return [(paths.get(id(v), v.path), v) for v in self._model.trainable_variables]

    def _state_bytes(self) -> int:
        weights = [np.asarray(v.value) for v in self._model.trainable_variables]
        remembering = sum(REGULARIZERS[name].place is Place.MEMORY for name in self._job.regularizers)
        arrays = [*self._model.variables, *self._network.start_optimizer(tuple(weights)), *weights * remembering]
        return sum(4 * int(np.prod(a.shape)) for a in arrays)

    def _activations(self) -> int:
        """Bytes of the layers' outputs, and of their gradients, for the rows that are predicted at once."""
        widths = sum(_width_of(layer) for _, layer in leaves(self._model))
        return 2 * 4 * widths * min(BLOCK, self._job.rows)


def _width_of(layer: Any) -> int:
    """Count the numbers of a layer's output for one row; a shared layer has no single one, and counts its input."""
    for name in ("output", "input"):
        with contextlib.suppress(AttributeError, ValueError):
            return int(np.prod([side or 1 for side in getattr(layer, name).shape]))
    return 0
