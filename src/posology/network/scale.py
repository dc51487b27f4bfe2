"""Whether a network undoes the scale of a kernel: f(αw) = f(w) for every α > 0, read from the graph.

Then wᵀ∇L = 0 and ∇L(αw) = ∇L(w)/α: a penalty on the size of w makes w smaller without changing what the network
computes, and only the effective learning rate, η/‖w‖², grows (van Laarhoven 2017, arXiv:1706.05350).

The claim is of one kernel alone, its bias and all else fixed, of the network as it trains, and to the precision of the
epsilon in the normalization. What is not known here to pass a scale on counts as not passing it.
"""

from typing import Any

import keras

from posology.network.graph import Graph, Node
from posology.network.sites import Site, is_dropout, is_nonlinear

layers = keras.layers

_SLIDING = (
    layers.Conv1D,
    layers.Conv2D,
    layers.Conv3D,
    layers.DepthwiseConv1D,
    layers.DepthwiseConv2D,
    layers.SeparableConv1D,
    layers.SeparableConv2D,
)
_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
KERNELS = (layers.Dense, layers.EinsumDense, layers.Embedding, *_SLIDING, *_TRANSPOSED)
"""Layers that are linear in their kernel, and in what they read, their activation aside."""

_ALIGNED = (
    layers.Flatten,
    layers.Identity,
    layers.AveragePooling1D,
    layers.AveragePooling2D,
    layers.AveragePooling3D,
    layers.MaxPooling1D,
    layers.MaxPooling2D,
    layers.MaxPooling3D,
    layers.GlobalAveragePooling1D,
    layers.GlobalAveragePooling2D,
    layers.GlobalAveragePooling3D,
    layers.GlobalMaxPooling1D,
    layers.GlobalMaxPooling2D,
    layers.GlobalMaxPooling3D,
)
"""Pass on a scale, and a shift of each channel as a shift of each channel; channels last."""
_MIXING = (
    layers.Reshape,
    layers.Permute,
    layers.ZeroPadding1D,
    layers.ZeroPadding2D,
    layers.ZeroPadding3D,
    layers.ReLU,
    layers.LeakyReLU,
    layers.PReLU,
)
"""Pass on a scale, but no shift: they move channels, or treat zero as special."""
_WITHIN_ROWS = tuple(
    getattr(layers, name)
    for name in ("LayerNormalization", "GroupNormalization", "UnitNormalization", "RMSNormalization")
    if hasattr(layers, name)
)
"""Normalize within a row: a shift that differs from channel to channel is not taken off."""


def cancelled_by(graph: Graph, site: Site) -> tuple[str, ...]:
    """Name the normalizations that together undo the scale of a site's kernel; none where something sees it.

    Examples
    --------
    >>> from posology.network.graph import graph_of
    >>> from posology.network.sites import kernel_sites
    >>> hidden, norm = layers.Dense(4, name="hidden"), layers.BatchNormalization(name="bn")
    >>> net = keras.Sequential([keras.Input((3,)), hidden, norm])
    >>> cancelled_by(graph_of(net), kernel_sites(net)[0])
    ('bn',)
    """
    node = graph.nodes[site.layer]
    if not isinstance(node.layer, KERNELS) or not _is_plain(node.layer):
        return ()
    return _cancelled(graph, node, _is_shifted(node.layer), frozenset()) or ()


def _cancelled(graph: Graph, node: Node, shifted: bool, seen: frozenset[str]) -> tuple[str, ...] | None:
    """Follow every way from a node whose output is αu, plus a shift of each channel; None where one sees α."""
    if node.path in graph.outputs or node.path in seen:
        return None
    found: list[str] = []
    for reader in graph.readers(node.path):
        if _normalizes(reader, shifted):
            found.append(reader.path)
            continue
        after = _passes(reader.layer, shifted)
        beyond = None if after is None else _cancelled(graph, reader, after, seen | {node.path})
        if beyond is None:
            return None
        found += beyond
    return tuple(dict.fromkeys(found)) if found else None


def _normalizes(node: Node, shifted: bool) -> bool:
    layer = node.layer
    if isinstance(layer, layers.BatchNormalization):
        # a frozen one uses its moving averages while training too
        return layer.trainable and (not shifted or layer.axis in (-1, len(node.shape)))
    return isinstance(layer, _WITHIN_ROWS) and not shifted


def _passes(layer: Any, shifted: bool) -> bool | None:
    """Tell whether a shift of each channel comes out of a layer that a scale passes; None where none passes."""
    if getattr(layer, "activity_regularizer", None) is not None or (shifted and _channels_first(layer)):
        return None
    if isinstance(layer, KERNELS) and not isinstance(layer, layers.Embedding) and _is_plain(layer):
        return None if shifted and not _keeps_shifts(layer) else shifted or _is_shifted(layer)
    if isinstance(layer, _ALIGNED):
        return shifted
    if is_dropout(layer) or isinstance(layer, _MIXING):
        bent_elsewhere = getattr(layer, "max_value", None) is not None or bool(getattr(layer, "threshold", 0))
        return None if shifted or bent_elsewhere else False
    return None


def _keeps_shifts(layer: Any) -> bool:
    """Tell a layer that makes of a shift of each channel another one, the same at every place."""
    if isinstance(layer, layers.Dense):
        return True
    return isinstance(layer, _SLIDING) and layer.padding == "valid"


def _is_plain(layer: Any) -> bool:
    """Tell a layer of weights that is linear, without an activity penalty, and with a bias of each channel if any."""
    odd_bias = _is_shifted(layer) and (_channels_first(layer) or len(layer.bias.shape) > 1)
    return not (is_nonlinear(layer) or odd_bias) and getattr(layer, "activity_regularizer", None) is None


def _is_shifted(layer: Any) -> bool:
    return getattr(layer, "bias", None) is not None


def _channels_first(layer: Any) -> bool:
    return getattr(layer, "data_format", None) == "channels_first"
