"""What a network must not have of its own, and what it must be, for a regularizer to be studied on it."""

from collections.abc import Collection, Iterator
from typing import Any

from posology.errors import InputError
from posology.network.copied_optimizer import schedule_of
from posology.network.inputs import inputs_of
from posology.network.losses import losses_of
from posology.network.sites import Site, leaves, weights_at
from posology.regularizers import REGULARIZERS


def check_conditions(model: Any, name: str, regularizers: Collection[str], kernels: Collection[Site]) -> None:
    """Check that the regularizers of a study mean something on a network.

    Parameters
    ----------
    model : keras.Model
        The user's, built and compiled.
    name : str
        Of the network, for messages.
    regularizers : collection of str
    kernels : collection of Site
        Those that are studied.

    Raises
    ------
    InputError
        A setting of the network's own does the same as one of them, or its inputs cannot be computed with.
    """
    for regularizer in (REGULARIZERS[one] for one in regularizers):
        for setting in regularizer.owned:
            for found in _own(model, setting, kernels):
                raise InputError(
                    f"{name} has {found} of its own, beside which '{regularizer.name}' cannot be studied. Take it out "
                    f"of the network, or leave '{regularizer.name}' out of --arms."
                )
        codes = [i.name for i in inputs_of(model) if i.codes]
        if regularizer.measures and codes:
            raise InputError(
                f"'{regularizer.name}' makes rows between rows, and the input '{codes[0]}' of {name} takes numbers of "
                f"categories, between which there is nothing. Leave '{regularizer.name}' out of --arms."
            )


def _own(model: Any, setting: str, kernels: Collection[Site]) -> Iterator[str]:
    """Say what a network has of a setting, in words."""
    part, _, argument = setting.partition(".")
    if setting == "optimizer.learning_rate":
        yield from ["a learning-rate schedule"] if schedule_of(model.optimizer) is not None else []
    elif part == "optimizer":
        value = getattr(model.optimizer, argument, None)
        yield from [f"an optimizer with {argument}={value}"] if value else []
    elif part == "loss":
        values = [getattr(loss.loss, argument, 0) for loss in losses_of(model) if loss.weight]
        yield from (f"a loss with {argument}={value}" for value in values if value)
    else:
        layers = dict(leaves(model))
        yield from (
            f"a constraint on '{site.layer}'"
            for site in kernels
            if any(getattr(v, "constraint", None) is not None for v in weights_at(layers[site.layer], site.argument))
        )
