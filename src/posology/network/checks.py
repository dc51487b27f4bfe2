"""What a network must be before it is studied; every refusal says why and what to write."""

from typing import Any

import keras
import numpy as np

from posology.errors import InputError
from posology.network.sites import leaves


def check_model(model: Any, name: str, width: int) -> None:
    """Check that a builder's result can be studied on a table of `width` prepared columns; builds it if need be.

    Raises
    ------
    InputError
        Not a compiled Sequential or Functional Keras model with one input of that width and one output number.
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
    _check_optimizer(model, name)
    _build(model, name, width)
    _check_ends(model, name, width)
    _check_layers(model, name)
    _check_loss(model, name)


def _check_kind(model: Any, name: str) -> None:
    if model is None:
        raise InputError(f"{name} gave nothing: it returns None. End it with 'return model'.")
    if not isinstance(model, keras.Model):
        raise InputError(
            f"{name} gave a value of type {type(model).__name__}, not a Keras model. Return a compiled "
            "keras.Sequential or keras.Model(inputs, outputs)."
        )
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        raise InputError(
            f"{name} gave a subclassed model ({type(model).__name__}): its layers are hidden in Python code, where "
            "posology can neither find nor set regularizers. Write it as keras.Sequential([...]) or "
            "keras.Model(inputs, outputs)."
        )


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


def _build(model: Any, name: str, width: int) -> None:
    if model.built:
        return
    try:
        model.build((None, width))
    except Exception as error:
        raise InputError(f"{name} gave a model that cannot be built for {width} columns: {error}") from error


def _check_ends(model: Any, name: str, width: int) -> None:
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise InputError(
            f"{name} gave a model with {len(model.inputs)} inputs and {len(model.outputs)} outputs; posology studies "
            "networks with one input (the table's columns) and one output."
        )
    shape = tuple(model.inputs[0].shape)
    if len(shape) != 2 or shape[1] not in (None, width):
        raise InputError(
            f"{name} gave a model for inputs of shape {shape[1:]}, but the prepared table has {width} columns "
            "(numbers, missing-value marks and category levels). Take the width from the rows: "
            "Input(shape=(x_train.shape[1],))."
        )
    out = tuple(model.outputs[0].shape)
    if out[1:] != (1,):
        raise InputError(
            f"{name} gave a model with outputs of shape {out[1:]}; a regression needs one number a row. "
            "End it with Dense(1)."
        )


def _check_layers(model: Any, name: str) -> None:
    for path, layer in leaves(model):
        if type(layer).__module__.split(".")[0] == "keras":
            continue
        inside = [v for v in vars(layer).values() if isinstance(v, keras.layers.Dropout)]
        if inside:
            raise InputError(
                f"{name} has a layer of its own, '{path}' ({type(layer).__name__}), with a Dropout inside, which "
                "posology cannot set. Put the Dropout beside that layer in the model."
            )


def _check_loss(model: Any, name: str) -> None:
    from posology.network.losses import loss_of

    try:
        rows = np.asarray(loss_of(model)[0].call(np.zeros((3, 1), "float32"), np.ones((3, 1), "float32")))
    except Exception as error:
        raise InputError(f"The loss of {name} fails on three rows: {type(error).__name__}: {error}") from error
    if rows.shape != (3,):
        raise InputError(
            f"The loss of {name} gives shape {rows.shape} for three rows; it must give one number a row. "
            "Average over the last axis only, such as ops.mean(..., axis=-1)."
        )
