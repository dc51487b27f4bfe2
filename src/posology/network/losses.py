"""The losses that a model is compiled with, as objects whose call reduces rows as Keras' `fit` does."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import keras

from posology.network.outputs import output_names


class OutputLoss(NamedTuple):
    """The loss of one output of a model.

    Parameters
    ----------
    loss : keras.losses.Loss
        Called with (y, prediction, sample_weight) it gives the loss of a batch; its `call` gives a number a row.
    weight : float
        `loss_weights` of the output; 0 where the output is compiled without a loss.
    """

    loss: Any
    weight: float


def losses_of(model: Any) -> tuple[OutputLoss, ...]:
    """Give the loss of each output, as Keras hands them out: one for all, by position or by name."""
    losses, weights = _by_output(model.loss, model), _by_output(loss_weights_of(model), model)
    return tuple(
        OutputLoss(_as_object("mse"), 0.0) if loss is None else OutputLoss(_as_object(loss), _number(weight))
        for loss, weight in zip(losses, weights, strict=True)
    )


def loss_weights_of(model: Any) -> Any:
    """Give `loss_weights` as the model was compiled with them; None where there are none."""
    with warnings.catch_warnings():
        # Keras keeps them in the configuration only, and warns of a lambda in the rest
        warnings.simplefilter("ignore")
        return (model.get_compile_config() or {}).get("loss_weights")


def of_rows(loss: Any, y: Any, prediction: Any) -> Any:
    """Give the loss of each row, `(row,)`: the mean where a loss gives a number for each column of the output.

    Examples
    --------
    >>> import numpy as np
    >>> squares = keras.losses.get(lambda y, p: (y - p) ** 2)
    >>> np.asarray(of_rows(_as_object(squares), np.zeros((2, 1)), np.array([[1.0], [3.0]]))).tolist()
    [1.0, 9.0]
    """
    found = loss.call(y, prediction)
    return keras.ops.mean(found, axis=-1) if found.shape == prediction.shape else found


def _by_output(given: Any, model: Any) -> list[Any]:
    """Hand out what `compile` was given: as many as there are outputs, None where one has none.

    Raises
    ------
    ValueError
        It names another number of outputs than there are, or others.
    """
    outputs = len(model.outputs)
    if _is_by_name(given):
        return _by_name(given, output_names(model))
    if not isinstance(given, list | tuple):
        return [given] * outputs
    if len(given) != outputs:
        raise ValueError(f"{len(given)} losses or weights for {outputs} outputs")
    return list(given)


def _is_by_name(given: Any) -> bool:
    """Tell a dictionary of outputs from the configuration of one object, which is a dictionary too."""
    return isinstance(given, Mapping) and "class_name" not in given


def _by_name(given: Mapping[str, Any], names: list[str]) -> list[Any]:
    if len(names) == 1 and len(given) == 1:
        return list(given.values())
    unknown = [name for name in given if name not in names]
    if unknown:
        raise ValueError(f"there is no output '{unknown[0]}'; the outputs are {', '.join(names)}")
    return [given.get(name) for name in names]


def _as_object(given: Any) -> Any:
    loss = keras.losses.get(given)
    return loss if isinstance(loss, keras.losses.Loss) else _OfFunction(loss)


def _number(weight: Any) -> float:
    return 1.0 if weight is None else float(weight)


class _OfFunction(keras.losses.Loss):  # type: ignore[misc]  # keras has no types
    """A loss given as a function of (y, prediction): the mean over rows, as Keras takes it."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(name=getattr(function, "__name__", "loss"))
        self.call = function
