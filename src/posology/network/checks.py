"""What a network must be before it is studied; every refusal says why and what to write."""

from collections.abc import Sequence
from math import prod
from typing import Any

import jax
import keras
import numpy as np

from posology.errors import InputError
from posology.network.head_checks import check_losses, check_outputs
from posology.network.heads import head_of
from posology.network.layer_checks import check_layers, check_types
from posology.network.losses import OutputLoss, losses_of
from posology.network.outputs import output_names, scored_output
from posology.network.spellings import hint


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
            "Add model.compile(loss='mse', optimizer='adam') before returning it."
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
            f"{name} gave a value of type {_type_of(model)}, not a model of Keras 3. Return a compiled "
            "keras.Sequential or keras.Model(inputs, outputs)."
        )
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        raise InputError(
            f"{name} gave a subclassed model ({type(model).__name__}): its layers are hidden in Python code, where "
            "posology can neither find nor set regularizers. Where its call() is made of Keras layers and keras.ops "
            "alone, end your function with 'inputs = keras.Input((x_train.shape[1],)); return keras.Model(inputs, "
            "model.call(inputs))', compiled; else write it as keras.Sequential([...])."
        )


def _type_of(value: Any) -> str:
    """Name a type with its library: other libraries have a Sequential too."""
    library = type(value).__module__.partition(".")[0]
    return type(value).__name__ if library == "builtins" else f"{library}'s {type(value).__name__}"


def _check_optimizer(model: Any, name: str) -> None:
    kind = type(model.optimizer).__name__
    if hasattr(model.optimizer, "inner_optimizer") or hasattr(model.optimizer, "optimizers"):
        raise InputError(
            f"{name} is compiled with {kind}, which wraps other optimizers; posology trains in float32 with one. "
            "Compile with the inner optimizer itself, such as keras.optimizers.Adam(0.001)."
        )
    try:
        model.optimizer.get_config()
    except NotImplementedError as error:
        raise InputError(
            f"The optimizer of {name} ({kind}) cannot be copied: {error}. Give its own class, or the class of its "
            "learning-rate schedule, a get_config() that returns the constructor's arguments."
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
    try:
        losses = losses_of(model)
        check_losses(model, name, classes, losses, targets)
        pairs = zip(losses, model.outputs, strict=True)
        # traced, as in training: a function of another library may take arrays only
        shapes = [_shape_of_three_rows(loss, classes, targets, t.shape[-1]) for loss, t in pairs if loss.weight]
    except InputError:
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {error}".partition("\n")[0].removesuffix(".")
        raise InputError(f"The loss of {name} fails on three rows: {said}.{hint(error)}") from error
    scored = scored_output(model)
    if not losses[scored].weight:
        raise InputError(
            f"The output '{output_names(model)[scored]}' of {name} has no loss; it is the first, and the one that is "
            "scored. Give it a loss, or put another first."
        )
    if wrong := [shape for shape in shapes if shape != (3,)]:
        raise InputError(
            f"The loss of {name} gives shape {wrong[0]} for three rows; it must give one number a row. "
            "Average over the last axis only, such as ops.mean(..., axis=-1). Instead of a root over the batch (RMSE) "
            "use mse, which is least for the same predictions."
        )


def _shape_of_three_rows(loss: OutputLoss, classes: int, targets: int, width: int) -> tuple[int, ...]:
    y, output = np.zeros((3, targets), "float32"), np.full((3, width), 1 / width, "float32")
    return jax.eval_shape(loss.loss.call, head_of(loss, classes, targets).target(y, output), output).shape
