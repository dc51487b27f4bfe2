"""The places of a network where a regularizer can act, read from the Keras model.

Kernel sites: where the network has L1 or L2 penalties on kernels (also of strength zero), exactly those; where it
has none, the kernel of every hidden layer. Dropout sites: the network's Dropout layers; where it has none, one after
each hidden activation. So the network's own places are respected, and a network without any can still be studied.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import keras


@dataclass(frozen=True)
class Site:
    """One place.

    Parameters
    ----------
    kind : str
        `kernel` or `dropout`.
    layer : str
        The layer that owns the kernel, or the Dropout layer, or the layer after which a Dropout is inserted.
    shape : tuple of int
        The kernel's shape, or the activation's without its rows.
    present : dict
        The network's own strengths: {"l1": .., "l2": ..} or {"rate": ..}; empty where something is inserted.
    """

    kind: str
    layer: str
    shape: tuple[int, ...]
    present: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Give the site as JSON types."""
        return {**asdict(self), "shape": list(self.shape)}


_PENALTIES = (keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2)
_ACTIVATION_LAYERS = tuple(
    getattr(keras.layers, name) for name in ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
)


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


def _has_kernel(layer: Any) -> bool:
    return hasattr(layer, "kernel_regularizer") and getattr(layer, "kernel", None) is not None


def kernel_sites(model: Any) -> tuple[Site, ...]:
    """List the kernels on which penalties act."""
    every = [(path, layer) for path, layer in leaves(model) if _has_kernel(layer) and layer.trainable]
    own = [(path, layer) for path, layer in every if penalty_of(layer.kernel) is not None]
    hidden = own or every[:-1] or every
    return tuple(
        Site("kernel", path, tuple(layer.kernel.shape), penalty_of(layer.kernel) or {}) for path, layer in hidden
    )


def is_dropout(layer: Any) -> bool:
    """Tell a stock Dropout, whose rate posology sets, from everything else."""
    return type(layer) is keras.layers.Dropout


def _is_nonlinear(layer: Any) -> bool:
    if isinstance(layer, _ACTIVATION_LAYERS):
        return True
    activation = getattr(layer, "activation", None)
    return activation is not None and activation is not keras.activations.linear


def dropout_sites(model: Any) -> tuple[Site, ...]:
    """List the Dropout layers, or the layers after which one is inserted."""
    every = list(leaves(model))
    own = [(path, layer) for path, layer in every if is_dropout(layer)]
    if own:
        return tuple(Site("dropout", p, tuple(layer.output.shape[1:]), {"rate": float(layer.rate)}) for p, layer in own)
    hidden = [(path, layer) for path, layer in every[:-1] if _is_nonlinear(layer)]
    return tuple(Site("dropout", path, tuple(layer.output.shape[1:]), {}) for path, layer in hidden)


def notes_on(model: Any) -> tuple[str, ...]:
    """Say what in the network also regularizes and is left as it is in every arm."""
    kernels = {s.layer for s in kernel_sites(model)}
    kept = "stays as it is in every arm, 'none' included."
    out = []
    for path, layer in leaves(model):
        if _is_other_noise(layer):
            out.append(f"{type(layer).__name__} '{path}' {kept}")
        studied = layer.kernel if path in kernels else None
        others = (v for v in layer.trainable_variables if v.regularizer is not None and v is not studied)
        out.extend(f"The penalty on '{path}/{v.name}' {kept}" for v in others)
    return tuple(out)


def _is_other_noise(layer: Any) -> bool:
    return not is_dropout(layer) and any("seed_generator" in v.path for v in layer.non_trainable_variables)
