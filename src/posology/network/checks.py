"""What a network must be before it is studied; every refusal says why and what to write."""

import inspect
from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Any

import jax
import keras
import numpy as np

from posology.errors import InputError
from posology.network.copied_optimizer import renewed, schedule_of
from posology.network.head_checks import check_losses, check_outputs
from posology.network.heads import head_of
from posology.network.layer_checks import check_layers, check_types
from posology.network.losses import OutputLoss, losses_of, of_rows
from posology.network.outputs import output_names, scored_output
from posology.network.raised import what_of
from posology.network.spellings import hint
from posology.network.user_file import FILE_PREFIX


def check_compiled(model: Any, name: str) -> None:
    """Check what a builder gave before its graph and its shape are looked at.

    Raises
    ------
    InputError
        Not a compiled Sequential or Functional Keras model; layers that cannot be studied, as far as it is built.
    """
    _check_kind(model, name)
    if not model.compiled:
        raise InputError(
            f"{name} gave a model that is not compiled, so its loss and optimizer are unknown. "
            f"Add model.compile(loss='{_fitting_loss(model)}', optimizer='adam') before returning it."
        )
    if model.loss is None:
        raise InputError(
            f"{name} gave a model that is compiled without a loss. Write model.compile(loss='mse', ...) in it."
        )
    check_types(model, name)
    _check_optimizer(model, name)
    if model.built:
        check_layers(model, name)


def check_model(model: Any, name: str, widths: Sequence[int], classes: int = 0, targets: int = 1) -> None:
    """Check that a network can be studied; builds it if need be.

    Parameters
    ----------
    model : keras.Model
        What the builder gave.
    name : str
        Of the network, for messages.
    widths : sequence of int
        Prepared columns for each input.
    classes : int
        Of the target; 0 where it is a number.
    targets : int
        That the network predicts.

    Raises
    ------
    InputError
        Inputs that do not fit the columns, outputs or losses that do not fit the target, layers that cannot be studied.
    """
    check_compiled(model, name)
    if not model.built:
        build(model, name, widths[0])
        check_layers(model, name)
    _check_inputs(model, name, widths)
    check_outputs(model, name, classes, targets)
    _check_loss(model, name, classes, targets)


def _check_kind(model: Any, name: str) -> None:
    if model is None:
        raise InputError(f"{name} gave nothing: it returns None. End it with 'return model'.")
    if not isinstance(model, keras.Model):
        raise InputError(
            f"{name} gave {_value_of(model)}, not a model of Keras 3. {_instead_of(model)}Return a compiled "
            "keras.Sequential or keras.Model(inputs, outputs)."
        )
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        raise InputError(
            f"{name} gave a subclassed model ({type(model).__name__}): its layers are hidden in Python code, where "
            "posology can neither find nor set regularizers. Where its call() is made of Keras layers and keras.ops "
            "alone, end your function with 'inputs = keras.Input((x_train.shape[1],)); return keras.Model(inputs, "
            f"model.call(inputs))', compiled; else write it as keras.Sequential([...]).{_own_step(model)}"
        )


def _own_step(model: Any) -> str:
    """Say of a subclassed model's own training that it is no part of the layers."""
    steps = [s for s in ("train_step", "compute_loss") if getattr(type(model), s) is not getattr(keras.Model, s)]
    return f" Its own {steps[0]}() would not be run: write what that does as the loss." if steps else ""


def _fitting_loss(model: Any) -> str:
    """Name the loss that the last activation of a model is made for."""
    last = getattr(model.layers[-1], "activation", None) if model.layers else None
    of = {"sigmoid": "binary_crossentropy", "softmax": "sparse_categorical_crossentropy"}
    return of.get(getattr(last, "__name__", ""), "mse")


def _value_of(value: Any) -> str:
    """Name a value by its type, with its library: other libraries have a Sequential too."""
    if inspect.isclass(value):
        return f"the class {value.__name__} itself"
    library = type(value).__module__.partition(".")[0]
    whose = "" if library == "builtins" or library.startswith(FILE_PREFIX) else f"{library}'s "
    return f"a value of type {whose}{type(value).__name__}"


def _instead_of(value: Any) -> str:
    """Say what to leave out, where a model is near."""
    if isinstance(value, keras.callbacks.History):
        return "fit() returns the history of a training: return the model that it is called on, untrained. "
    if isinstance(value, list | tuple) and any(isinstance(part, keras.Model) for part in value):
        return "There is a model in it: return that alone. "
    if inspect.iscoroutine(value):
        value.close()  # else Python complains that nobody waited for it
        return "It is an async function: write def. "
    return "It yields: write return. " if inspect.isgenerator(value) else ""


def _check_optimizer(model: Any, name: str) -> None:
    kind = type(model.optimizer).__name__
    if hasattr(model.optimizer, "inner_optimizer") or hasattr(model.optimizer, "optimizers"):
        raise InputError(
            f"{name} is compiled with {kind}, which wraps other optimizers; posology trains in float32 with one. "
            "Compile with the inner optimizer itself, such as keras.optimizers.Adam(0.001)."
        )
    try:
        renewed(model.optimizer)
    except Exception as error:
        raise InputError(
            f"The optimizer of {name} ({kind}) cannot be copied: {what_of(error).removesuffix('.')}. Give its own "
            "class, or the class of its learning-rate schedule, a get_config() that returns the constructor's "
            "arguments."
        ) from error
    try:
        if (rate := schedule_of(model.optimizer)) is not None:
            jax.eval_shape(rate, np.int32(0))
    except Exception as error:
        raise InputError(
            f"The learning-rate schedule of {name} fails: {what_of(error).removesuffix('.')}.{hint(error)}"
        ) from error


def build(model: Any, name: str, width: int) -> None:
    """Build a network for a number of prepared columns, unless it is built.

    Raises
    ------
    InputError
        It cannot be built for them.
    """
    if model.built:
        return
    try:
        model.build((None, width))
    except Exception as error:
        raise InputError(f"{name} gave a model that cannot be built for {width} columns: {error}") from error


def _check_inputs(model: Any, name: str, widths: Sequence[int]) -> None:
    for tensor, width in zip(model.inputs, widths, strict=True):
        shape = tuple(tensor.shape[1:])
        if len(shape) == 1 and shape[0] is None:
            continue
        if None in shape or prod(shape) != width:
            which = f"the input '{tensor.name}'" if len(widths) > 1 else "inputs"
            rows = f"x_train['{tensor.name}']" if len(widths) > 1 else "x_train"
            raise InputError(
                f"{name} gave a model for {which} of shape {shape}, but the prepared table has {width} columns for it "
                "(numbers, missing-value marks and category levels). Take the width from the rows: "
                f"Input(shape=({rows}.shape[1],))."
            )


def _check_loss(model: Any, name: str, classes: int, targets: int) -> None:
    _check_loss_class(model.loss, name)
    try:
        losses = losses_of(model)
        check_losses(model, name, classes, losses, targets)
        pairs = [(loss, t.shape[-1]) for loss, t in zip(losses, model.outputs, strict=True) if loss.weight]
        # traced, as in training: a function of another library may take arrays only
        shapes = [_shapes_of_three_rows(loss, classes, targets, width) for loss, width in pairs]
        apart = all(_is_apart(model, loss, *_three_rows(loss, classes, targets, width)) for loss, width in pairs)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"The loss of {name} fails on three rows: {what_of(error).removesuffix('.')}.{hint(error)}"
        ) from error
    if not apart:
        raise InputError(
            f"The loss of {name} computes with weights of the model, beside the target and the output: posology trains "
            "copies of the network, whose weights it would not see. Give the layer a kernel_regularizer, or make the "
            "term a layer of your own that calls add_loss()."
        )
    scored = scored_output(model)
    if not losses[scored].weight:
        raise InputError(
            f"The output '{output_names(model)[scored]}' of {name} has no loss; it is the first, and the one that is "
            "scored. Give it a loss, or put another first."
        )
    if wrong := [rows for rows, _ in shapes if rows != (3,)]:
        raise InputError(
            f"The loss of {name} gives shape {wrong[0]} for three rows; it must give one number a row. "
            "Average over the last axis only, such as ops.mean(..., axis=-1). Instead of a root over the batch (RMSE) "
            "use mse, which is least for the same predictions."
        )
    if any(batch != () for _, batch in shapes):
        raise InputError(
            f"The loss of {name} does not reduce a batch to one number, which training makes smaller. Leave out "
            "reduction=None (or 'none')."
        )


def _check_loss_class(given: Any, name: str) -> None:
    """Check that losses are objects, and that the number a row is what they are by `call`."""
    for loss in keras.tree.flatten(given):
        if inspect.isclass(loss):
            raise InputError(
                f"{name} is compiled with a class as its loss. Write loss={loss.__name__}(), with brackets."
            )
        own = type(loss).__call__ is not keras.losses.Loss.__call__
        if isinstance(loss, keras.losses.Loss) and own:
            raise InputError(
                f"{name} is compiled with a loss whose class {type(loss).__name__} has its own __call__(). Name it "
                "call(self, y_true, y_pred), and let it give one number a row: Keras takes the mean of them."
            )


def _three_rows(loss: OutputLoss, classes: int, targets: int, width: int) -> tuple[Any, Any]:
    """Give a target and an output for three rows, as a loss takes them."""
    output = np.full((3, width), 1 / width, "float32")
    return head_of(loss, classes, targets).target(np.zeros((3, targets), "float32"), output), output


def _shapes_of_three_rows(loss: OutputLoss, classes: int, targets: int, width: int) -> tuple[Any, Any]:
    """Give the shapes of what a loss gives for each row, and of what it gives for the batch."""
    given = _three_rows(loss, classes, targets, width)
    return tuple(jax.eval_shape(gives, *given).shape for gives in (partial(of_rows, loss.loss), loss.loss))


def _is_apart(model: Any, loss: OutputLoss, y: Any, output: Any) -> bool:
    """Tell whether a loss is the same whatever the weights of the model are."""
    if type(loss.loss).__module__.split(".")[0] == "keras":
        return True
    found = []
    for factor in (1.0, 2.0):
        with keras.StatelessScope(state_mapping=[(v, factor * v.value + factor) for v in model.trainable_variables]):
            found.append(np.asarray(loss.loss.call(y, output)))
    return np.array_equal(found[0], found[1], equal_nan=True)
