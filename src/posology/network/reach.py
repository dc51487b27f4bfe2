"""Can the network learn a standardized target? It has mean 0 and standard deviation 1: half of it is negative."""

from typing import Any

import numpy as np

from posology.errors import InputError
from posology.network.graph import Graph, Node, graph_of
from posology.network.losses import losses_of

_REACH = 5.0
"""Standard deviations of the target that an output must be able to give, on both sides."""
_LOSSES = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh")


def check_reach(model: Any, name: str) -> None:
    """Check that every output can be any number, and that the loss takes any: the target is given standardized.

    Parameters
    ----------
    model : keras.Model
        One that `check_model` passed.
    name : str
        Of the network, for messages.

    Raises
    ------
    InputError
        An activation bounds an output, or a loss of Keras asks for positive numbers or classes.
    """
    graph, width = graph_of(model), int(model.outputs[0].shape[-1])
    for path in graph.outputs:
        low, high = _range(graph, path)
        if low > -_REACH or high < _REACH:
            bounds = f"from {low:.3g} to {high:.3g}" if high < _REACH else f"no number below {low:.3g}"
            raise InputError(
                f"{name} gave a model whose output, made by '{path}', gives {bounds}. posology gives the target to "
                "the network standardized (mean 0, standard deviation 1), which such an output cannot learn. End it "
                f"with Dense({width}) and no activation; predictions come back in the target's own unit."
            )
    for loss, weight in losses_of(model):
        _check_loss(loss, name, used=bool(weight))


def _check_loss(loss: Any, name: str, *, used: bool) -> None:
    function = getattr(loss, "fn", None) or loss.call
    kept = getattr(function, "__module__", "").partition(".")[0] == "keras"
    own = getattr(function, "__name__", "")
    if used and kept and own not in _LOSSES:
        raise InputError(
            f"The loss of {name} is {own}, which asks for positive numbers or for classes, or is relative to the "
            "target's size. posology gives the target to the network standardized (mean 0, standard deviation 1). "
            "Compile with loss='mse', 'mae', 'huber' or 'log_cosh'."
        )


def _range(graph: Graph, path: str) -> tuple[float, float]:
    """Give the least and the greatest that comes out when a number of any size goes into the last weights' output."""
    values = np.array([[-1000.0], [1000.0]], "float32")
    for node in reversed(_ends(graph, path)):
        values = _through(node, values)
    return float(values.min()), float(values.max())


def _ends(graph: Graph, path: str) -> list[Node]:
    """List what makes an output, from the end back to the last layer with weights."""
    nodes = []
    while (node := graph.nodes.get(path)) is not None:
        nodes.append(node)
        if getattr(node.layer, "weights", ()) or len(node.reads) != 1:
            break
        path = node.reads[0]
    return nodes


def _through(node: Node, values: np.ndarray) -> np.ndarray:
    weighty = bool(getattr(node.layer, "weights", ()))
    step = getattr(node.layer, "activation", None) if weighty else node.layer
    if step is None or len(node.reads) != 1:
        return values
    try:
        out = np.asarray(step(values), "float32")
    except Exception:  # an operation that takes more than this number: nothing is known of its range
        return values
    return out if out.shape == values.shape and np.isfinite(out).any() else values
