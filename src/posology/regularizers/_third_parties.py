"""Regularizers of other distributions, found by the entry points of the group `posology.regularizers`."""

from collections.abc import Set as AbstractSet
from importlib import metadata
from typing import Any

from posology.errors import InputError
from posology.regularizers._base import HOOKS, Place, Regularizer, Strength

GROUP = "posology.regularizers"


def third_parties(taken: AbstractSet[str]) -> list[Regularizer]:
    """Load them, in the order of their names.

    Parameters
    ----------
    taken : set of str
        Names that are not free.

    Raises
    ------
    InputError
        One does not import, is no regularizer, or has a name that is taken: the text names the distribution.
    """
    found: dict[str, Regularizer] = {}
    for point in sorted(metadata.entry_points(group=GROUP), key=lambda point: point.name):
        whose = f"The entry point '{point.name} = {point.value}' of {getattr(point.dist, 'name', 'a distribution')}"
        regularizer = _loaded(point, whose)
        if regularizer.name in taken or regularizer.name in found:
            raise InputError(f"{whose} has the name '{regularizer.name}', which is taken. Give its class another name.")
        found[regularizer.name] = regularizer
    return list(found.values())


def _loaded(point: metadata.EntryPoint, whose: str) -> Regularizer:
    try:
        regularizer = point.load()()
    except Exception as error:
        raise InputError(
            f"{whose} cannot be loaded: {type(error).__name__}: {error}. Repair or uninstall that distribution."
        ) from error
    if lacking := what_is_lacking(regularizer):
        raise InputError(f"{whose} is no regularizer: {lacking}. posology.testing.check_regularizer says more.")
    return regularizer


def what_is_lacking(regularizer: Any) -> str:
    """Say what of the contract a regularizer does not keep, as far as its attributes go; empty where it keeps it.

    Examples
    --------
    >>> what_is_lacking(3)
    'it is of type int, and no posology.regularizers.Regularizer'
    """
    if not isinstance(regularizer, Regularizer):
        return f"it is of type {type(regularizer).__name__}, and no posology.regularizers.Regularizer"
    kinds = {"name": str, "title": str, "place": Place, "strength": Strength}
    for name, kind in kinds.items():
        if not isinstance(getattr(regularizer, name, None), kind):
            return f"its attribute '{name}' is not of type {kind.__name__}"
    if not regularizer.name.replace("_", "").isalnum() or regularizer.name in ("none", "weights"):
        return f"its name '{regularizer.name}' must be letters, digits and _, and neither 'none' nor 'weights'"
    hook = HOOKS[regularizer.place]
    if not callable(getattr(regularizer, hook, None)):
        return f"it acts on {regularizer.place.value} and has no method '{hook}'"
    return ""
