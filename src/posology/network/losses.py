"""The loss that a model is compiled with, as an object whose call reduces rows as Keras' `fit` does."""

import warnings
from collections.abc import Callable
from typing import Any

import keras


def loss_of(model: Any) -> tuple[Any, float]:
    """Give the loss of a model with one output, and its weight (`loss_weights`).

    Returns
    -------
    loss : keras.losses.Loss
        Called with (y, prediction, sample_weight) it gives the loss of a batch; its `call` gives a number a row.
    weight : float
    """
    loss = keras.losses.get(_only(model.loss))
    return loss if isinstance(loss, keras.losses.Loss) else _OfFunction(loss), _weight_of(model)


def _only(given: Any) -> Any:
    """Take the one loss out of a list or a dictionary, which Keras allows for one output too."""
    values = list(given.values()) if _is_by_name(given) else given
    return values[0] if isinstance(values, list | tuple) and len(values) == 1 else values


def _is_by_name(given: Any) -> bool:
    # a serialized loss is a dictionary as well
    return isinstance(given, dict) and "class_name" not in given


def loss_weights_of(model: Any) -> Any:
    """Give `loss_weights` as it was given to `compile`; None where it was not."""
    with warnings.catch_warnings():
        # Keras gives it with all the rest, and warns of a lambda in the rest
        warnings.simplefilter("ignore")
        return (model.get_compile_config() or {}).get("loss_weights")


def _weight_of(model: Any) -> float:
    weight = _only(loss_weights_of(model))
    return 1.0 if weight is None else float(weight)


class _OfFunction(keras.losses.Loss):  # type: ignore[misc]  # keras has no types
    """A loss given as a function of (y, prediction): the mean over rows, as Keras takes it."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(name=getattr(function, "__name__", "loss"))
        self.call = function
