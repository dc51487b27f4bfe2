"""The prescription as the user's own stock Keras model, and as the lines to write.

The exported model holds only stock layers with numbers in them, so that it loads without posology.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any

import keras
import numpy as np

from posology.network.copied_layer import copy_layer
from posology.network.copied_optimizer import copy_optimizer
from posology.network.losses import loss_weights_of
from posology.network.packed_normalization import is_adapted
from posology.network.sites import Dose, is_dropout, leaves, weights_at
from posology.network.surgery import in_order, inserted_name, rebuild


def export_model(model: Any, doses: Sequence[Dose]) -> Any:
    """Rebuild the user's model with strengths filled in, and compile it as it was.

    Parameters
    ----------
    model : keras.Model
        The user's, built and compiled; left untouched.
    doses : sequence of Dose
        One for every site that is set; all other places stay as they are.

    Returns
    -------
    keras.Model
        Stock layers only, freshly drawn weights; not compiled where the optimizer or the loss is not Keras' own.
    """
    out = rebuild_with(model, doses)
    _check_penalties(out, doses)
    if not (_is_stock(model.optimizer) and _is_stock(model.loss)):
        return out  # not compiled: it could not be loaded where that optimizer or loss is not known
    # an optimizer saved without its variables makes load_model warn: it is built
    trainable, _ = in_order(model, out)
    optimizer = copy_optimizer(model.optimizer, model.trainable_variables, trainable)
    out.compile(optimizer=optimizer, loss=model.loss, loss_weights=loss_weights_of(model))
    return out


def rebuild_with(model: Any, doses: Sequence[Dose]) -> Any:
    """Rebuild the user's model with strengths filled in, not compiled."""
    by_layer: dict[str, list[Dose]] = {}
    for dose in doses:
        by_layer.setdefault(dose.site.layer, []).append(dose)

    def filled(path: str, layer: Any) -> Any:
        settings = [_setting(layer, dose) for dose in by_layer.get(path, ()) if not _is_inserted(dose)]
        return copy_layer(layer, **{name: value for setting in settings for name, value in setting.items()})

    return rebuild(model, filled, _dropouts_after(doses))


def _is_inserted(dose: Dose) -> bool:
    return dose.site.kind == "dropout" and not dose.site.present


def _setting(layer: Any, dose: Dose) -> dict[str, Any]:
    """Give the argument of a layer that a dose changes."""
    if is_dropout(layer):
        return {"rate": dose.strengths["rate"]}
    penalty = keras.regularizers.L1L2(**dose.strengths) if any(dose.strengths.values()) else None
    return {dose.site.argument: keras.regularizers.serialize(penalty) if penalty else None}


def _check_penalties(model: Any, doses: Sequence[Dose]) -> None:
    """Check that every penalty acts on its weights: what a layer says of itself may be read by nobody (keras #8413)."""
    layers = dict(leaves(model))
    for dose in doses:
        if dose.site.kind == "kernel":
            acting = [v.regularizer for v in weights_at(layers[dose.site.layer], dose.site.argument)]
            if any((r is None) == any(dose.strengths.values()) for r in acting):
                raise AssertionError(f"the penalty of '{dose.site.layer}' did not reach its weights")


def _is_stock(part: Any) -> bool:
    """Tell what every Keras knows, a name included, from what is defined elsewhere."""
    if isinstance(part, Mapping):
        return all(map(_is_stock, part.values()))
    parts = part if isinstance(part, list | tuple) else [part]
    return all(
        p is None
        or isinstance(p, str)
        or (p if isinstance(p, FunctionType) else type(p)).__module__.split(".")[0] == "keras"
        for p in parts
    )


def _dropouts_after(doses: Sequence[Dose]) -> dict[str, Any]:
    new = {d.site.layer: d.strengths["rate"] for d in doses if _is_inserted(d) and d.strengths["rate"] > 0}
    return {path: partial(keras.layers.Dropout, rate, name=inserted_name(path)) for path, rate in new.items()}


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
    for _, layer in leaves(model):
        if is_adapted(layer):  # it computes with constants that it takes from its variables when told to
            layer.finalize_state()


def keras_lines(doses: Sequence[Dose]) -> list[str]:
    """Write the prescription as Keras lines, one a site.

    Examples
    --------
    >>> from posology.network.sites import Site
    >>> site = Site("kernel", "dense", (8, 128), {"l1": 0.01, "l2": 0.0}, "kernel_regularizer")
    >>> keras_lines([Dose(site, {"l1": 1e-4, "l2": 0.0})])
    ['dense: kernel_regularizer=keras.regularizers.L1(0.0001)']
    """
    return [line for dose in doses if (line := _line(dose))]


def _line(dose: Dose) -> str:
    site = dose.site
    if site.kind == "kernel":
        return f"{site.layer}: {_penalty_code(site.argument, **dose.strengths)}"
    rate = dose.strengths["rate"]
    if site.present:
        return f"{site.layer}: keras.layers.Dropout({rate:.3g})" if rate else f"{site.layer}: remove this Dropout"
    return f"after {site.layer}: add keras.layers.Dropout({rate:.3g})" if rate else ""


def _penalty_code(argument: str, l1: float, l2: float) -> str:
    if l1 and l2:
        return f"{argument}=keras.regularizers.L1L2(l1={l1:.3g}, l2={l2:.3g})"
    if l1 or l2:
        return f"{argument}=keras.regularizers.{'L1' if l1 else 'L2'}({l1 or l2:.3g})"
    return f"no {argument}"
