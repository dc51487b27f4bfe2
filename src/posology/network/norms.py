"""Normalizations as regularizers: where one can be inserted, and the network that has them.

A layer that is there changes what the network is: it has weights of its own, and acts when predicting. So arms with it
train another network, the user's with the stock layers of Keras in it, and arms without it do not know of it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras

from posology.errors import InputError
from posology.network.choice import ALL, Choice
from posology.network.copied_optimizer import copy_optimizer
from posology.network.export import rebuild_with, set_weights
from posology.network.graph import Graph, graph_of
from posology.network.losses import loss_weights_of
from posology.network.sites import Dose, Site, has_kernel
from posology.network.surgery import in_order, inserted_path, is_seed

_NORMS = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
    keras.layers.RMSNormalization,
    keras.layers.UnitNormalization,
)


def norm_sites(model: Any, choice: Choice = ALL, graph: Graph | None = None) -> tuple[Site, ...]:
    """List the hidden Dense layers that no normalization follows before the next kernel.

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
    last = graph.last(has_kernel)
    found = [
        node
        for path, node in graph.nodes.items()
        if type(node.layer) is keras.layers.Dense and path not in last and not _is_normalized(graph, path)
    ]
    return tuple(
        Site("norm", node.path, tuple(side or 0 for side in node.shape), {})
        for node in found
        # an activation that is a layer has weights of its own, and no name in the network
        if choice.takes(node.path) and not isinstance(node.layer.activation, keras.Layer)
    )


def _is_normalized(graph: Graph, path: str) -> bool:
    return any(isinstance(n.layer, _NORMS) for n in graph.after(path, lambda n: not has_kernel(n)))


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


def choice_with(choice: Choice) -> Choice:
    """Give a choice of sites for the network with normalizations: an activation is a layer there, of another name."""
    if not (choice.include or choice.exclude):
        return choice
    include, exclude = (
        tuple(dict.fromkeys(p for one in patterns for p in (one, inserted_path(one, "activation"))))
        for patterns in (choice.include, choice.exclude)
    )
    return replace(choice, include=include, exclude=exclude)


def check_same_sites(without: Sequence[Site], having: Sequence[Site], name: str) -> None:
    """Check that a normalization leaves all other sites: strengths are numbered by site.

    Raises
    ------
    InputError
        Patterns of names choose others where an activation is a layer of its own.
    """
    # the end of the other branch of a pair, which its argument names, may be an activation now
    before, after = (
        [(s.kind, s.shape, s.argument if s.kind == "kernel" else "") for s in sites if s.kind != "norm"]
        for sites in (without, having)
    )
    if before != after:
        raise InputError(
            f"With '{name}' behind its hidden layers the network has other sites than without it: --include or "
            f"--exclude names what is there in one of them only. Leave '{name}' out of --arms, or these options away."
        )
