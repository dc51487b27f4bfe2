"""A fresh optimizer of the same settings: an optimizer belongs to one model."""

from collections.abc import Callable, Sequence
from typing import Any

import keras


def copy_optimizer(
    optimizer: Any,
    variables: Sequence[Any],
    new: Sequence[Any],
    *,
    every: Sequence[Any] | None = None,
    spares: Sequence[Any] = (),
    **changes: Any,
) -> Any:
    """Copy an optimizer for the variables of a rebuilt model.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        The user's, left untouched.
    variables, new : sequences of keras.Variable
        The trainable variables of the user's model and those of the rebuilt one, in the same order.
    every : sequence of keras.Variable, optional
        All trainable variables of the rebuilt model, in its own order, which may be more than `new`; that by default.
    spares : sequence of keras.Variable
        Of these, those that a weight decay among the changes does not act on.
    changes
        Settings to replace.

    Returns
    -------
    keras.optimizers.Optimizer
        Built.
    """
    out = renewed(optimizer, **changes)
    if spares:
        out.exclude_from_weight_decay(var_list=list(spares))
    # exclude_from_weight_decay is in no configuration, and Keras has no public question for it
    decays = getattr(optimizer, "_use_weight_decay", None)
    if decays is not None and getattr(optimizer, "weight_decay", None):
        spared = [fresh for old, fresh in zip(variables, new, strict=True) if not decays(old)]
        if spared:
            out.exclude_from_weight_decay(var_list=spared)
    out.build(list(new if every is None else every))
    return out


def renewed(optimizer: Any, **changes: Any) -> Any:
    """Make a fresh optimizer of the same settings, `changes` aside; not built.

    A schedule is handed on as it is: it holds no state, and Keras finds no class of the user's own again.
    """
    rate = getattr(optimizer, "_learning_rate", None)
    own = {} if schedule_of(optimizer) is None else {"learning_rate": rate}
    return type(optimizer).from_config({**optimizer.get_config(), **own, **changes})


def schedule_of(optimizer: Any) -> Callable[[Any], Any] | None:
    """Give the learning rate as a function of the iteration; None where it is a number.

    Keras shows a schedule's present value only, and its configuration only where the schedule can be serialized.
    """
    rate = getattr(optimizer, "_learning_rate", None)
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return rate
    if rate is None or isinstance(rate, keras.Variable) or not callable(rate):
        return None
    return lambda _: rate()
