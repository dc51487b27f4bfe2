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
    return tuple(Site("branch", end.path, end.sides, {}, "rate") for end in ends if choice.takes(end.path))


def pair_sites(model: Any, choice: Choice = ALL, graph: Graph | None = None) -> tuple[Site, ...]:
    """List the pairs of residual branches: where three ways meet in additions, the two with more layers than the third.

    Parameters
    ----------
    model : keras.Model
        Built, Sequential or Functional.
    choice : Choice
        Which layers may be named; both ends of a pair must.
    graph : Graph, optional
        Of the model.

    Returns
    -------
    tuple of Site
        `layer` is the last layer of one branch, `argument` that of the other.

    Examples
    --------
    >>> from keras import Input, Model, layers
    >>> given = Input((4,))
    >>> branches = [layers.Dense(4, name=name)(given) for name in ("one", "other")]
    >>> net = Model(given, layers.Dense(1)(layers.Add()([given, *branches])))
    >>> [(site.layer, site.argument) for site in pair_sites(net)]
    [('one', 'other')]
    """
    graph = graph or graph_of(model)
    sums = [
        _terms(graph, node.path) for node in graph.nodes.values() if _adds(node.layer) and not _is_term(graph, node)
    ]
    pairs = [pair for terms in sums if (pair := _pair_of(graph, terms))]
    return tuple(
        Site("pair", one.path, one.sides, {}, other.path)
        for one, other in pairs
        if choice.takes(one.path) and choice.takes(other.path)
    )


def _is_term(graph: Graph, node: Node) -> bool:
    """Tell an addition whose sum goes into another addition, and nowhere else."""
    return _is_read_once(graph, node) and _adds(graph.readers(node.path)[0].layer)


def _terms(graph: Graph, path: str) -> list[str]:
    """Give what an addition adds, the terms of additions that it adds included."""
    out = []
    for read in graph.nodes[path].reads:
        node = graph.nodes.get(read)
        out += _terms(graph, read) if node and _adds(node.layer) and _is_term(graph, node) else [read]
    return out


def _pair_of(graph: Graph, terms: list[str]) -> tuple[Node, Node] | None:
    """Give the ends of the two of three ways that have more kernels than the third, of their own."""
    if len(terms) != 3:
        return None
    above = [_above(graph, path) for path in terms]
    if not (shared := above[0] & above[1] & above[2]):
        return None
    short, one, other = sorted(range(3), key=lambda i: _kernels(graph, above[i] - shared))
    if _kernels(graph, above[short] - shared) == _kernels(graph, above[one] - shared):
        return None
    ends = [graph.nodes[terms[i]] for i in sorted((one, other))]
    return (ends[0], ends[1]) if all(_is_read_once(graph, end) for end in ends) else None


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
    return end if _is_read_once(graph, end) else None


def _is_read_once(graph: Graph, end: Node) -> bool:
    """Tell the end of a branch that goes into its addition and nowhere else."""
    return end.single and len(graph.readers(end.path)) == 1 and end.path not in graph.outputs


def _above(graph: Graph, path: str) -> set[str]:
    """Give a node, all nodes above it and the inputs of the network that they read."""
    if path not in graph.nodes:
        return {path}
    nodes = [graph.nodes[path], *graph.before(path, lambda _: True)]
    return {node.path for node in nodes} | {read for node in nodes for read in node.reads}


def _kernels(graph: Graph, paths: set[str]) -> int:
    return sum(has_kernel(graph.nodes[path]) for path in paths if path in graph.nodes)
