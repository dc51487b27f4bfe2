"""The places of a network where a regularizer can act, read from the Keras model.

Kernel sites: where the network has L1 or L2 penalties on weights (also of strength zero), exactly those; where it
has none, the kernels of every hidden layer. Dropout sites: the network's Dropout layers; where it has none, one after
each hidden activation. So the network's own places are respected, and a network without any can still be studied.
`Choice` widens this to every place, or narrows it by name.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

import keras

from posology.errors import InputError
from posology.network.choice import ALL, Choice
from posology.network.graph import Graph, Node, graph_of
from posology.wording import did_you_mean


@dataclass(frozen=True)
class Site:
    """One place.

    Parameters
    ----------
    kind : str
        `kernel`, `dropout`, `branch`, `pair` or `norm`.
    layer : str
        The path of the layer that owns the weights, or of the Dropout layer, or of the layer after which a Dropout is
        inserted, for a branch its last one; or of the Dense before whose activation a normalization is inserted.
    shape : tuple of int
        The weights' shape, or the activation's without its rows.
    present : dict
        The network's own strengths: {"l1": .., "l2": ..} or {"rate": ..}; empty where something is inserted.
    argument : str
        The argument of the layer that sets it; of a pair of branches, the end of the other one.
    """

    kind: str
    layer: str
    shape: tuple[int, ...]
    present: dict[str, float]
    argument: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the site as JSON types."""
        return {**asdict(self), "shape": list(self.shape)}


@dataclass(frozen=True)
class Dose:
    """A site and the strengths to set there.

    Parameters
    ----------
    site : Site
    strengths : dict
        {"l1": .., "l2": ..} in Keras' convention, λ·Σ|w| and λ·Σw² added to the mean batch loss, or {"rate": ..}, the
        share dropped.
    """

    site: Site
    strengths: dict[str, float]


_PENALTIES = (keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2)
_DROPOUTS = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
)
_ACTIVATION_LAYERS = tuple(
    getattr(keras.layers, name) for name in ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
)
_ACTIVATION_OPERATIONS = (
    "Relu", "ReLU", "Relu6", "LeakyRelu", "Elu", "Selu", "Celu", "Gelu", "Silu", "HardSilu", "Softplus", "Softsign",
    "Tanh", "HardTanh",
)  # fmt: skip
"""Of `keras.ops` and `keras.activations`, called on a tensor; sigmoid and softmax then mostly are gates and shares."""
_KERNELS = {
    "kernel_regularizer": ("kernel",),
    "depthwise_regularizer": ("depthwise_kernel", "kernel"),
    "pointwise_regularizer": ("pointwise_kernel",),
}
"""Arguments that penalize kernels, and the names of the weights that they penalize."""
_WEIGHTS = {
    **_KERNELS,
    "recurrent_regularizer": ("recurrent_kernel",),
    "embeddings_regularizer": ("embeddings",),
}
"""The same for all weights whose own penalties are studied; biases, scales and shifts keep theirs."""


_NO_MATRICES = ("bias", "gamma", "beta", "alpha", "scale")
"""Weights of any shape that shift and scale."""


def leaves(model: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Walk through the layers of a model and of the models inside it, in order, with their paths."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer, f"{prefix}{layer.name}/")
        elif not isinstance(layer, keras.layers.InputLayer):
            yield f"{prefix}{layer.name}", layer


def penalty_of(variable: Any) -> dict[str, float] | None:
    """Read a variable's L1 and L2 strengths; None where it has no such penalty."""
    penalty = variable.regularizer
    if type(penalty) not in _PENALTIES:  # a subclass may mean anything: it stays as it is
        return None
    return {"l1": float(getattr(penalty, "l1", 0.0)), "l2": float(getattr(penalty, "l2", 0.0))}


def weights_at(layer: Any, argument: str) -> list[Any]:
    """List the weights of a layer that one of its arguments penalizes: one kernel, or those of an attention."""
    names = _WEIGHTS[argument]
    return [v for v in layer.trainable_variables if v.name in names]


def _penalized(layer: Any) -> Iterator[tuple[str, list[Any]]]:
    """Give the arguments of a layer that penalize weights, with these; none for a layer that wraps another."""
    if not getattr(layer, "trainable", False) or isinstance(layer, keras.layers.Wrapper):
        return
    config = layer.get_config()
    for argument in _WEIGHTS:
        weights = weights_at(layer, argument) if argument in config else []
        if weights and _is_free(weights):
            yield argument, weights


def _is_free(weights: Sequence[Any]) -> bool:
    """Tell weights without a penalty, or all with the same L1 and L2; another kind of penalty stays as it is."""
    found = [penalty_of(v) for v in weights]
    return all(v.regularizer is None for v in weights) or (found[0] is not None and all(p == found[0] for p in found))


def has_kernel(node: Node) -> bool:
    """Tell a layer with a kernel that a penalty could act on."""
    return any(argument in _KERNELS for argument, _ in _penalized(node.layer))


def kernel_sites(model: Any, choice: Choice = ALL, graph: Graph | None = None) -> tuple[Site, ...]:
    """List the weights on which penalties act."""
    every = [
        Site("kernel", path, tuple(weights[0].shape), penalty_of(weights[0]) or {}, argument)
        for path, layer in leaves(model)
        for argument, weights in _penalized(layer)
    ]
    own = [site for site in every if site.present]
    if own and not choice.every:
        return _chosen(own, choice)
    kernels = [site for site in every if site.argument in _KERNELS]
    last = (graph or graph_of(model)).last(has_kernel)
    free = [site for site in kernels if not site.present and site.layer not in last] or ([] if own else kernels)
    return _chosen([site for site in every if site in own or site in free], choice)


def is_dropout(layer: Any) -> bool:
    """Tell a stock Dropout, whose rate posology sets, from everything else."""
    return type(layer) in _DROPOUTS


def noise_shape_of(layer: Any) -> tuple[int | None, ...] | None:
    """Give the shape of a stock Dropout's mask: None for a side of the activation's own size, or for all sides."""
    if type(layer) is keras.layers.Dropout:
        return None if layer.noise_shape is None else tuple(layer.noise_shape)
    places = _DROPOUTS.index(type(layer))
    first = getattr(layer, "data_format", None) == "channels_first"
    return (None, None, *(1,) * places) if first else (None, *(1,) * places, None)


def is_operation(layer: Any, names: Collection[str]) -> bool:
    """Tell an operation of Keras' own on tensors, no layer, that has one of these names."""
    own = not isinstance(layer, keras.Layer) and type(layer).__module__.split(".")[0] == "keras"
    return own and type(layer).__name__ in names


def is_nonlinear(layer: Any) -> bool:
    """Tell an activation, or a layer with one, from what is linear."""
    if isinstance(layer, _ACTIVATION_LAYERS):
        return True
    if not isinstance(layer, keras.Layer):
        return is_operation(layer, _ACTIVATION_OPERATIONS)
    if wrapped := getattr(layer, "layer", None) or getattr(layer, "forward_layer", None):  # Bidirectional has two alike
        return is_nonlinear(wrapped)
    activation = getattr(layer, "activation", None)
    return activation is not None and activation is not keras.activations.linear


def dropout_sites(model: Any, choice: Choice = ALL, graph: Graph | None = None) -> tuple[Site, ...]:
    """List the Dropout layers, or the layers after which one is inserted."""
    graph = graph or graph_of(model)
    layers = [path for path, _ in leaves(model) if path in graph.nodes]
    every = [*layers, *(path for path, node in graph.nodes.items() if not isinstance(node.layer, keras.Layer))]
    own = {path for path in every if is_dropout(graph.nodes[path].layer)}
    ends = graph.ends(has_kernel)
    hidden = {path for path in every if _is_activation(graph.nodes[path]) and path not in ends}
    if own and not choice.every:
        hidden = set()
    hidden = {path for path in hidden if not _is_dropped(graph, path)}
    sites = [_dropout_site(graph.nodes[path]) for path in every if path in own | hidden]
    return _chosen(sites, choice)


def _dropout_site(node: Node) -> Site:
    shape = node.sides
    present = {"rate": float(node.layer.rate)} if is_dropout(node.layer) else {}
    return Site("dropout", node.path, shape, present, "rate")


def _is_activation(node: Node) -> bool:
    """Tell a place after which a Dropout can stand; where a layer gives states too, what of it to drop is open."""
    return node.single and is_nonlinear(node.layer)


def _is_dropped(graph: Graph, path: str) -> bool:
    """Tell whether an activation meets a Dropout before the next kernel."""
    return any(is_dropout(n.layer) for n in graph.after(path, lambda n: not has_kernel(n)))


def _chosen(sites: Sequence[Site], choice: Choice) -> tuple[Site, ...]:
    return tuple(site for site in sites if choice.takes(site.layer))


def check_choice(model: Any, choice: Choice) -> None:
    """Check that every pattern names a layer.

    Raises
    ------
    InputError
        One does not.
    """
    patterns = (*choice.include, *choice.exclude)
    if not patterns:
        return
    graph = graph_of(model)
    drops = dropout_sites(model, graph=graph)
    paths = list(dict.fromkeys([*(path for path, _ in leaves(model)), *(s.layer for s in drops)]))
    every = [*paths, *graph.nodes]  # an operation may end a branch
    for pattern in patterns:
        if not any(fnmatchcase(path, pattern) for path in every):
            meant = did_you_mean(pattern, paths) or f" The layers: {', '.join(paths)}."
            raise InputError(f"No layer of the network is named like '{pattern}'.{meant}")


def notes_on(model: Any, choice: Choice = ALL) -> tuple[str, ...]:
    """Say what in the network also regularizes and is left as it is in every arm."""
    graph = graph_of(model)
    kernels = {(s.layer, s.argument) for s in kernel_sites(model, choice, graph)}
    drops = {s.layer for s in dropout_sites(model, choice, graph)}
    kept = "stays as it is in every arm, 'none' included."
    out = []
    for path, layer in leaves(model):
        if not (path in drops and is_dropout(layer)) and _is_noise(layer):
            what = "The randomness of " if layer.weights else ""
            out.append(f"{what}{type(layer).__name__} '{path}' {kept}")
        studied = [v for owner, argument in kernels if owner == path for v in weights_at(layer, argument)]
        others = [v for v in layer.trainable_variables if not any(v is w for w in studied)]
        out.extend(f"The penalty on '{path}/{v.name}' {kept}" for v in others if _is_penalized(v))
        if getattr(layer, "activity_regularizer", None) is not None:
            out.append(f"The activity penalty of '{path}' {kept}")
    if beyond := [f"'{path}' ({type(layer).__name__})" for path, layer in leaves(model) if _is_beyond(layer)]:
        out.append(
            f"No penalty is studied on the weights of {', '.join(beyond)}: those of a layer inside another, or of one "
            "that takes no kernel_regularizer for a weight named kernel, cannot be reached."
        )
    return tuple(dict.fromkeys(out))  # a Bidirectional has two weights of one name


def _is_beyond(layer: Any) -> bool:
    """Tell a layer with matrices of weights on which no penalty can be set."""
    reached = [v for _, weights in _penalized(layer) for v in weights]
    matrices = [v for v in layer.trainable_variables if len(v.shape) > 1 and v.name not in _NO_MATRICES]
    return any(v.regularizer is None and not any(v is w for w in reached) for v in matrices)


def _is_penalized(variable: Any) -> bool:
    """Tell a penalty that does something: one of zero strength is none."""
    return variable.regularizer is not None and any((penalty_of(variable) or {"other": 1.0}).values())


def _is_noise(layer: Any) -> bool:
    """Tell a layer that draws at random; recurrent ones hold a generator even where they drop nothing."""
    if not any(v.name == "seed_generator_state" for v in layer.variables):
        return False
    rates = list(_rates(layer.get_config()))
    return any(rates) or not rates


def _rates(config: Any) -> Iterator[float]:
    """Find the rates in a layer's configuration, and in those of the layers that it wraps."""
    parts = (
        config.items() if isinstance(config, dict) else enumerate(config) if isinstance(config, list | tuple) else ()
    )
    for name, value in parts:
        if name in ("rate", "stddev", "dropout", "recurrent_dropout") and isinstance(value, int | float):
            yield value
        else:
            yield from _rates(value)
