"""Residual branches: where two ways through a network meet in an addition, and one of them has more layers."""

from typing import Any

import keras

from posology.network.choice import ALL, Choice
from posology.network.graph import Graph, Node, graph_of
from posology.network.sites import Site, has_kernel, is_operation


def branch_sites(model: Any, choice: Choice = ALL, graph: Graph | None = None) -> tuple[Site, ...]:
    """List the residual branches, in order: each by the last layer of the longer way into an addition of two.

    The two ways part somewhere above. A branch whose result is read elsewhere too is none: it could not be left out.

    Parameters
    ----------
    model : keras.Model
        Built, Sequential or Functional.
    choice : Choice
        Which layers may be named.
    graph : Graph, optional
        Of the model.

    Examples
    --------
    >>> from keras import Input, Model, layers
    >>> given = Input((4,))
    >>> hidden = layers.Dense(4, "relu", name="hidden")(given)
    >>> net = Model(given, layers.Dense(1)(layers.Add()([given, layers.Dense(4, name="back")(hidden)])))
    >>> [site.layer for site in branch_sites(net)]
    ['back']
    """
    graph = graph or graph_of(model)
    ends = [end for node in graph.nodes.values() if _adds(node.layer) and (end := _branch_of(graph, node))]
    return tuple(
        Site("branch", end.path, tuple(side or 0 for side in end.shape), {}, "rate")
        for end in ends
        if choice.takes(end.path)
    )


def _adds(layer: Any) -> bool:
    """Tell `keras.layers.Add`, and a plus or `keras.ops.add` between tensors."""
    return type(layer) is keras.layers.Add or is_operation(layer, ("Add",))


def _branch_of(graph: Graph, addition: Node) -> Node | None:
    """Give the end of the way into an addition that has more kernels of its own, where it is one to leave out."""
    if len(addition.reads) != 2:
        return None
    one, other = (_above(graph, path) for path in addition.reads)
    if not one & other:
        return None
    path, own, theirs = addition.reads[0], one - other, other - one
    if _kernels(graph, own) < _kernels(graph, theirs):
        path, own, theirs = addition.reads[1], theirs, own
    if _kernels(graph, own) == _kernels(graph, theirs):
        return None
    end = graph.nodes[path]
    return end if end.single and len(graph.readers(path)) == 1 and path not in graph.outputs else None


def _above(graph: Graph, path: str) -> set[str]:
    """Give a node, all nodes above it and the inputs of the network that they read."""
    if path not in graph.nodes:
        return {path}
    nodes = [graph.nodes[path], *graph.before(path, lambda _: True)]
    return {node.path for node in nodes} | {read for node in nodes for read in node.reads}


def _kernels(graph: Graph, paths: set[str]) -> int:
    return sum(has_kernel(graph.nodes[path]) for path in paths if path in graph.nodes)
