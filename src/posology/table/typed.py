"""Values of a file's JSON, given as what they must be; what is something else is a TypeError."""

import sys
from typing import Any, TypeVar

_T = TypeVar("_T")


def of_type(kind: type[_T], value: Any) -> _T:
    """Give what a file has, where it is of this very type: a truth value is no number.

    Raises
    ------
    TypeError
        It is of another; so do all functions here.
    """
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Give a list of texts."""
    return tuple(of_type(str, one) for one in of_type(list, value))


def texts_by_name(value: Any) -> dict[str, tuple[str, ...]]:
    """Give lists of texts by name."""
    return {name: texts(found) for name, found in of_type(dict, value).items()}


def number(value: Any) -> float:
    """Give a number, whole or not, that a float can be."""
    if type(value) not in (float, int) or not abs(value) <= sys.float_info.max:
        raise TypeError("this is no number")
    return value


def pair(value: Any) -> tuple[float, float]:
    """Give two numbers."""
    if len(of_type(list, value)) != 2:
        raise TypeError(f"two numbers are wanted, not {len(value)}")
    return number(value[0]), number(value[1])
