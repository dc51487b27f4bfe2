"""Whether two networks are the same: layers, wiring, strengths, penalties and predictions."""

import itertools
from typing import Any

import keras
import numpy as np

from posology.network.choice import Choice
from posology.network.graph import INPUT, Graph, graph_of
from posology.network.packed_normalization import is_adapted
from posology.network.sites import Site, dropout_sites, is_dropout, kernel_sites, leaves, noise_shape_of

_CLOSE = 1e-5
"""Numbers in code are written with six digits."""


def is_same(model: Any, other: Any) -> bool:
    """Tell whether two networks compute and penalize the same, whatever their layers are called.

    Parameters
    ----------
    model, other : keras.Model
        Built; the weights of both are overwritten.
    """
    graphs = [graph_of(m) for m in (model, other)]
    wirings = [_wiring(m, graph) for m, graph in zip((model, other), graphs, strict=True)]
    sites = [_sites(m, graph) for m, graph in zip((model, other), graphs, strict=True)]
    if wirings[0] != wirings[1] or not _have_same_strengths(*sites) or not _share_weights(model, other):
        return False
    penalties = [[float(loss) for loss in m.losses] for m in (model, other)]
    outputs = [_outputs(m) for m in (model, other)]
    return _is_close(*penalties) and all(itertools.starmap(_agree, zip(*outputs, strict=True)))


def _outputs(model: Any) -> list[np.ndarray]:
    """Run a network on rows between 0 and 1, which also number a first category."""
    random = np.random.default_rng(0)

    def rows(tensor: Any) -> np.ndarray:
        return random.uniform(0, 1, (8, *(side or 1 for side in tensor.shape[1:]))).astype(tensor.dtype)

    given = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    out = model(keras.tree.map_structure(rows, given), training=False)
    return [np.asarray(part) for part in keras.tree.flatten(out)]


def _agree(wanted: np.ndarray, got: np.ndarray) -> bool:
    return np.allclose(wanted, got, rtol=_CLOSE, atol=_CLOSE * float(np.abs(wanted).max()))


def _is_close(wanted: list[float], got: list[float]) -> bool:
    """Compare each number by its own size: strengths are orders of magnitude apart."""
    return len(wanted) == len(got) and np.allclose(wanted, got, rtol=_CLOSE, atol=0)


def _wiring(model: Any, graph: Graph) -> list[Any]:
    """List the layers in order: class, shape, and the places of those that they read."""
    place = {path: i for i, path in enumerate(graph.nodes)}
    place |= {f"{INPUT}{tensor.name}": -1 - i for i, tensor in enumerate(model.inputs)}
    nodes = [(*_kind(n.layer), n.shape, [place[p] for p in n.reads]) for n in graph.nodes.values()]
    return [*nodes, [place[path] for path in graph.outputs], [(t.shape, t.dtype) for t in model.inputs]]


def _kind(layer: Any) -> tuple[Any, ...]:
    """Give a layer's class, and of a Dropout the shape of its mask, which no prediction shows."""
    return type(layer).__name__, noise_shape_of(layer) if is_dropout(layer) else None


def _sites(model: Any, graph: Graph) -> list[Site]:
    every = Choice(every=True)
    return [*kernel_sites(model, every, graph), *dropout_sites(model, every, graph)]


def _have_same_strengths(sites: list[Site], others: list[Site]) -> bool:
    kinds = [[(s.kind, s.shape, s.argument, *s.present) for s in found] for found in (sites, others)]
    strengths = [[v for s in found for v in s.present.values()] for found in (sites, others)]
    return kinds[0] == kinds[1] and _is_close(*strengths)


def _share_weights(model: Any, other: Any) -> bool:
    """Give both networks the same weights and state; tell whether they fit."""
    random = np.random.default_rng(0)
    weights, twins = ([v for _, layer in leaves(m) for v in layer.weights] for m in (model, other))
    if [(v.shape, v.trainable) for v in weights] != [(v.shape, v.trainable) for v in twins]:
        return False
    for variable, twin in zip(weights, twins, strict=True):
        least = -1.0 if variable.trainable else 0.1  # a variance is positive
        value = random.uniform(least, 1, variable.shape).astype(variable.dtype)
        variable.assign(value)
        twin.assign(value)
    for layer in (layer for m in (model, other) for _, layer in leaves(m) if is_adapted(layer)):
        layer.finalize_state()  # it computes with constants that it takes from its variables when told to
    return True
