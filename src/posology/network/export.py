"""The prescription as the user's own stock Keras model, and as the lines to write.

The exported model holds only stock layers with numbers in them, so that it loads without posology.
"""

from collections.abc import Sequence
from functools import partial
from types import FunctionType
from typing import Any

import keras
import numpy as np

from posology.network.copied_optimizer import copy_optimizer
from posology.network.losses import loss_weights_of
from posology.network.sites import Site, dropout_sites, is_dropout, kernel_sites
from posology.network.surgery import copy_layer, in_order, inserted_name, rebuild


def export_model(model: Any, l1: Sequence[float], l2: Sequence[float], rates: Sequence[float]) -> Any:
    """Rebuild the user's model with strengths filled in, and compile it as it was.

    Parameters
    ----------
    model : keras.Model
        The user's, built and compiled; left untouched.
    l1, l2 : sequences of float, one a kernel site
        Keras' convention: λ·Σ|w| and λ·Σw², added to the mean batch loss.
    rates : sequence of float, one a dropout site
        Share dropped.

    Returns
    -------
    keras.Model
        Stock layers only, freshly drawn weights; not compiled where the optimizer or the loss is not Keras' own.
    """
    kernels = {s.layer: (a, b) for s, a, b in zip(kernel_sites(model), l1, l2, strict=True)}
    drops = dict(zip((s.layer for s in dropout_sites(model)), rates, strict=True))

    def filled(path: str, layer: Any) -> Any:
        if path in kernels:
            return _with_penalty(layer, *kernels[path])
        if is_dropout(layer):
            return keras.layers.Dropout.from_config({**layer.get_config(), "rate": drops[path]})
        return copy_layer(layer)

    inserted = {} if any(s.present for s in dropout_sites(model)) else _dropouts_after(drops)
    out = rebuild(model, filled, inserted)
    if not (_is_stock(model.optimizer) and _is_stock(model.loss)):
        return out  # not compiled: it could not be loaded where that optimizer or loss is not known
    # an optimizer saved without its variables makes load_model warn: it is built
    trainable, _ = in_order(model, out)
    optimizer = copy_optimizer(model.optimizer, model.trainable_variables, trainable)
    out.compile(optimizer=optimizer, loss=model.loss, loss_weights=loss_weights_of(model))
    return out


def _is_stock(part: Any) -> bool:
    """Tell what every Keras knows, a name included, from what is defined elsewhere."""
    parts = part if isinstance(part, list | tuple) else [part]
    return all(
        isinstance(p, str) or (p if isinstance(p, FunctionType) else type(p)).__module__.split(".")[0] == "keras"
        for p in parts
    )


def _with_penalty(layer: Any, l1: float, l2: float) -> Any:
    config = layer.get_config()
    penalty = keras.regularizers.L1L2(l1=l1, l2=l2) if l1 or l2 else None
    config["kernel_regularizer"] = keras.regularizers.serialize(penalty) if penalty else None
    return layer.__class__.from_config(config)


def _dropouts_after(rates: dict[str, float]) -> dict[str, Any]:
    return {
        path: partial(keras.layers.Dropout, rate, name=inserted_name(path)) for path, rate in rates.items() if rate > 0
    }


def set_weights(model: Any, weights: Sequence[Any], state: Sequence[Any], like: Any = None) -> None:
    """Put trained arrays into an exported model: trainables, then all other state but random seeds.

    Parameters
    ----------
    like : keras.Model, optional
        The model whose order they are in, which `model` was rebuilt from; `model` itself when absent.
    """
    trainable, others = in_order(like or model, model)
    for variable, value in zip([*trainable, *others], [*weights, *state], strict=True):
        variable.assign(np.array(value))  # a copy: Keras gives the buffers of its variables away when it predicts


def keras_lines(
    kernels: Sequence[Site],
    drops: Sequence[Site],
    l1: Sequence[float],
    l2: Sequence[float],
    rates: Sequence[float],
) -> list[str]:
    """Write the prescription as Keras lines, one a site.

    Examples
    --------
    >>> site = Site("kernel", "dense", (8, 128), {"l1": 0.01, "l2": 0.0})
    >>> keras_lines([site], [], [1e-4], [0.0], [])
    ['dense: kernel_regularizer=keras.regularizers.L1(0.0001)']
    """
    lines = [f"{s.layer}: {_penalty_code(a, b)}" for s, a, b in zip(kernels, l1, l2, strict=True)]
    for site, rate in zip(drops, rates, strict=True):
        if site.present:
            lines.append(
                f"{site.layer}: keras.layers.Dropout({rate:.3g})" if rate else f"{site.layer}: remove this Dropout"
            )
        elif rate:
            lines.append(f"after {site.layer}: add keras.layers.Dropout({rate:.3g})")
    return lines


def _penalty_code(l1: float, l2: float) -> str:
    if l1 and l2:
        return f"kernel_regularizer=keras.regularizers.L1L2(l1={l1:.3g}, l2={l2:.3g})"
    if l1 or l2:
        return f"kernel_regularizer=keras.regularizers.{'L1' if l1 else 'L2'}({l1 or l2:.3g})"
    return "no kernel_regularizer"
