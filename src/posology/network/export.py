"""The prescription as the user's own stock Keras model.

The exported model holds only stock layers with numbers in them, so that it loads without posology.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any, cast

import keras
import numpy as np

from posology.network.copied_layer import copy_layer
from posology.network.copied_optimizer import copy_optimizer, schedule_of
from posology.network.doses import RATE
from posology.network.keras_forms import (
    Form,
    arguments_of,
    constraint_at,
    layers_at,
    penalty_at,
    regularizer_of,
    smoothed,
)
from posology.network.losses import loss_weights_of
from posology.network.packed_normalization import is_adapted
from posology.network.sites import Dose, leaves, weights_at
from posology.network.surgery import Inserted, in_order, inserted_name, rebuild

if TYPE_CHECKING:
    from posology.regularizers._norm import Norm


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
    if not all(map(_is_stock, (model.optimizer, schedule_of(model.optimizer), model.loss))):
        return out  # not compiled: it could not be loaded where that optimizer or loss is not known
    # an optimizer saved without its variables makes load_model warn: it is built
    trainable, _ = in_order(model, out)
    changes = arguments_of(doses, "optimizer")
    every = out.trainable_variables  # a normalization that was put in has weights too
    spares = _not_decayed(out, every, doses) if "weight_decay" in changes else ()
    own = model.trainable_variables
    optimizer = copy_optimizer(model.optimizer, own, trainable, every=every, spares=spares, **changes)
    smoothing = arguments_of(doses, "loss").get("label_smoothing")
    loss = model.loss if smoothing is None else smoothed(model.loss, smoothing) or model.loss
    out.compile(optimizer=optimizer, loss=loss, loss_weights=loss_weights_of(model))
    return out


def _not_decayed(model: Any, trainable: Sequence[Any], doses: Sequence[Dose]) -> list[Any]:
    """List the weights that are at no site with weight decay."""
    layers = dict(leaves(model))
    sites = [dose.site for dose in doses if dose.strengths.get("weight_decay")]
    decayed = {id(v) for site in sites for v in weights_at(layers[site.layer], site.argument)}
    return [v for v in trainable if id(v) not in decayed]


def rebuild_with(model: Any, doses: Sequence[Dose]) -> Any:
    """Rebuild the user's model with strengths filled in, not compiled."""
    by_layer: dict[str, list[Dose]] = {}
    for dose in doses:
        by_layer.setdefault(dose.site.layer, []).append(dose)

    def filled(path: str, layer: Any) -> Any:
        settings = [_setting(dose) for dose in by_layer.get(path, ()) if not _is_inserted(dose)]
        return copy_layer(layer, **{name: value for setting in settings for name, value in setting.items()})

    return rebuild(model, filled, _layers_after(model, doses))


def _is_inserted(dose: Dose) -> bool:
    return dose.site.kind in ("branch", "pair") or (dose.site.kind == "dropout" and not dose.site.present)


def _setting(dose: Dose) -> dict[str, Any]:
    """Give the arguments of a layer that a dose changes."""
    if dose.site.kind == "dropout":
        return {RATE: dose.strengths[RATE]}
    if dose.site.kind == "norm":
        return {"activation": None}  # it follows the normalization, as a layer of its own
    penalty, constraint = penalty_at(dose), constraint_at(dose)
    out = {dose.site.argument: penalty and _serialized(keras.regularizers, penalty)}
    if constraint:
        out[constraint[0]] = _serialized(keras.constraints, constraint[1])
    return out


def _serialized(room: Any, form: Form) -> Any:
    return room.serialize(getattr(room, form.name)(**form.arguments))


def _check_penalties(model: Any, doses: Sequence[Dose]) -> None:
    """Check that every penalty acts on its weights: what a layer says of itself may be read by nobody (keras #8413)."""
    layers = dict(leaves(model))
    for dose in doses:
        if dose.site.kind == "kernel":
            acting = [v.regularizer for v in weights_at(layers[dose.site.layer], dose.site.argument)]
            if any((r is None) == (penalty_at(dose) is not None) for r in acting):
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


def _layers_after(model: Any, doses: Sequence[Dose]) -> Inserted:
    out: dict[str, list[Callable[[], Any]]] = {}
    layers = dict(leaves(model))
    for dose in doses:
        path = dose.site.layer
        if dose.site.kind == "norm":
            out.setdefault(path, []).extend(_normalizing(path, layers[path].activation, dose))
            continue
        for name, form in layers_at(dose):
            make = partial(getattr(keras.layers, form.name), **form.arguments, name=inserted_name(path, name))
            out.setdefault(path, []).append(make)
    return out


def _normalizing(path: str, activation: Any, dose: Dose) -> list[Callable[[], Any]]:
    """Give what makes the normalization behind a Dense, and the activation that it then no longer has."""
    made: list[Callable[[], Any]] = [
        partial(cast("Norm", regularizer_of(name)).layer, inserted_name(path, name)) for name in dose.strengths
    ]
    if activation is keras.activations.linear:
        return made
    return [*made, partial(keras.layers.Activation, activation, name=inserted_name(path, "activation"))]


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
