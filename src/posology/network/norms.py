"""Normalizations as regularizers: where one can be inserted, and the network that has them.

A layer that is there changes what the network is: it has weights of its own, and acts when predicting. So arms with it
train another network, the user's with the stock layers of Keras in it, and arms without it do not know of it.
"""

from collections.abc import Sequence
from typing import Any

import keras

from posology.network.choice import ALL, Choice
from posology.network.copied_optimizer import copy_optimizer
from posology.network.export import rebuild_with, set_weights
from posology.network.graph import Graph, Node, graph_of
from posology.network.losses import loss_weights_of
from posology.network.sites import Dose, Site, has_kernel
from posology.network.surgery import in_order, is_seed

_NORMS = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
    keras.layers.RMSNormalization,
    keras.layers.UnitNormalization,
)


def norm_sites(model: Any, choice: Choice = ALL, graph: Graph | None = None) -> tuple[Site, ...]:
    """List the hidden Dense layers that no normalization follows before the next kernel.

    One with an `activity_regularizer` is none: that penalizes its output, which would be that before the normalization,
    where scale does not matter.

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
    >>> dense = keras.layers.Dense
    >>> net = keras.Sequential([keras.Input((3,)), dense(4, "relu", name="hidden"), dense(1, name="out")])
    >>> [site.layer for site in norm_sites(net)]
    ['hidden']
    """
    graph = graph or graph_of(model)
    last = graph.last(_has_weights)
    found = [
        node
        for path, node in graph.nodes.items()
        if type(node.layer) is keras.layers.Dense and path not in last and not _is_normalized(graph, path)
    ]
    return tuple(
        Site("norm", node.path, node.sides, {})
        for node in found
        if choice.takes(node.path) and _may_be_normalized(node.layer)
    )


def _may_be_normalized(layer: Any) -> bool:
    # an activation that is a layer has weights of its own, and no name in the network
    return layer.activity_regularizer is None and not isinstance(layer.activation, keras.Layer)


def _has_weights(node: Node) -> bool:
    """Tell a layer with a kernel, frozen or not."""
    return isinstance(node.layer, keras.layers.Dense) or has_kernel(node)


def _is_normalized(graph: Graph, path: str) -> bool:
    return any(isinstance(n.layer, _NORMS) for n in graph.after(path, lambda n: not _has_weights(n)))


def normalized(model: Any, name: str, sites: Sequence[Site], like: Any = None) -> Any:
    """Give the network with a normalization at these sites, compiled as the given one is.

    What the given one computes or has trained is carried over; the normalizations begin as Keras begins them, and draw
    nothing, so that the other layers' first weights are the same with them as without.

    Parameters
    ----------
    model : keras.Model
        Built and compiled; left untouched.
    name : str
        Of the regularizer.
    sites : sequence of Site
        Of `norm_sites`.
    like : keras.Model, optional
        A build of the same network, of which state that was computed from data is taken.

    Examples
    --------
    >>> dense = keras.layers.Dense
    >>> net = keras.Sequential([keras.Input((3,)), dense(4, "relu", name="hidden"), dense(1, name="out")])
    >>> net.compile(loss="mse")
    >>> [layer.name for layer in normalized(net, "layer_norm", norm_sites(net)).layers]
    ['hidden', 'layer_norm_after_hidden', 'activation_after_hidden', 'out']
    """
    out = rebuild_with(model, [Dose(site, {name: 1.0}) for site in sites])
    trainable, _ = in_order(model, out)
    computed = [v for v in (like or model).non_trainable_variables if not is_seed(v)]
    set_weights(out, model.trainable_variables, computed, model)
    own, every = model.trainable_variables, out.trainable_variables
    optimizer = copy_optimizer(model.optimizer, own, trainable, every=every)
    out.compile(optimizer=optimizer, loss=model.loss, loss_weights=loss_weights_of(model))
    return out


def places_in(model: Any, having: Any) -> list[int]:
    """Give for every trainable array of a network its place among those of the network with a normalization."""
    trainable, _ = in_order(model, having)
    place = {id(v): i for i, v in enumerate(having.trainable_variables)}
    return [place[id(v)] for v in trainable]


def with_own(model: Any, having: Any, own: Sequence[Any], fresh: Sequence[Any]) -> list[Any]:
    """Give the arrays of the network with a normalization, of which those that the other one has too are its own."""
    out = list(fresh)
    for place, value in zip(places_in(model, having), own, strict=True):
        out[place] = value
    return out
