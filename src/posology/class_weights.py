"""Weights of classes, as `class_weight` of Keras and scikit-learn: what the training minds, not what the score counts.

They multiply the weights of rows in the loss that is trained and in the watched loss that tunes; held-out rows are
scored by their own weights alone, so that `--score` says what is wanted of the network.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from posology.errors import InputError
from posology.wording import did_you_mean, quoted, separated

BALANCED = "balanced"

ClassWeight = str | tuple[tuple[str, float], ...]
"""`BALANCED`, or the weight of classes by name; those that are not named have 1."""


def parse_class_weight(given: Any) -> ClassWeight | None:
    """Read what the user gives as plain data: "balanced", a mapping from classes to weights, or None.

    Raises
    ------
    InputError
        Anything else, or a weight that is negative or not a finite number.

    Examples
    --------
    >>> parse_class_weight({"rye": 2, 1: 0.5})
    (('rye', 2.0), ('1', 0.5))
    """
    if given is None or given == BALANCED:
        return given
    if not isinstance(given, Mapping):
        raise InputError(
            f"class_weight is {given!r}; it must be 'balanced', or a mapping from classes to weights such as "
            "{'rye': 2, 'oat': 1}."
        )
    return tuple((_name(name), _weight(name, weight)) for name, weight in given.items()) or None


def parse_class_weight_text(text: str | None) -> ClassWeight | None:
    """Read what the command is given: "balanced", or CLASS=WEIGHT,CLASS=WEIGHT.

    Examples
    --------
    >>> parse_class_weight_text("rye=2, oat=0.5")
    (('rye', 2.0), ('oat', 0.5))
    >>> parse_class_weight_text('"rye, winter"=2')
    (('rye, winter', 2.0),)
    """
    if text is None or text == BALANCED:
        return text
    pairs = [part.rpartition("=") for part in separated(text)]
    if not pairs or not all(name.strip() and equals for name, equals, _ in pairs):
        raise InputError(f"--class-weight got '{text}'. Write balanced, or CLASS=WEIGHT,CLASS=WEIGHT.")
    named = [name.strip() for name, _, _ in pairs]
    if len(set(named)) < len(named):
        raise InputError(f"--class-weight got '{text}', which names a class twice. Give each class one weight.")
    return parse_class_weight({name.strip(): weight.strip() for name, _, weight in pairs})


def class_weight_from_json(data: Any) -> ClassWeight | None:
    """Read a parsed class weight after a journey through JSON."""
    return data if data is None or isinstance(data, str) else tuple((name, float(weight)) for name, weight in data)


def _name(name: Any) -> str:
    """Name a class as the table does: whole numbers without their ".0"."""
    whole = isinstance(name, float | np.floating) and float(name).is_integer()
    return str(int(name)) if whole else str(name)


def _weight(name: Any, weight: Any) -> float:
    try:
        number = float(weight)
    except (TypeError, ValueError):
        number = np.nan
    if not 0 <= number < np.inf:
        raise InputError(f"class_weight has {weight!r} for the class '{name}'; a weight is a finite number from 0 on.")
    return number


def check_class_weight(asked: ClassWeight | None, classes: Sequence[str], target: str, *, labels: bool = False) -> None:
    """Refuse weights of classes where there are none, of classes that there are not, or that leave fewer than two.

    And of labels, of which a row has any: it would have several weights.

    Examples
    --------
    >>> check_class_weight("balanced", ("oat", "rye"), "sort")
    """
    if asked is None:
        return
    if not classes:
        raise InputError(
            f"class_weight is for classes, and the target '{target}' is a number. Leave it out, or weight rows: "
            "--weights COLUMN (in Python: sample_weight=)."
        )
    if labels:
        raise InputError(
            "class_weight is for classes that exclude one another, and the targets are labels. Leave it out, or let "
            "rows count differently: --weights COLUMN (in Python: sample_weight=)."
        )
    if isinstance(asked, str):
        return
    unknown = [name for name, _ in asked if name not in classes]
    if unknown:
        raise InputError(
            f"class_weight names '{unknown[0]}', which is no class of '{target}'."
            f"{did_you_mean(unknown[0], classes)} The classes are {quoted(classes, 20)}."
        )
    if sum(dict(asked).get(name, 1.0) > 0 for name in classes) < 2:
        raise InputError("class_weight leaves fewer than two classes a weight above 0. Give two at least, or none.")


def class_factors(
    asked: ClassWeight | None,
    classes: Sequence[str],
    codes: Int[np.ndarray, " row"],
    weights: Float64[np.ndarray, " row"] | None = None,
) -> Float64[np.ndarray, " class"] | None:
    """Give the weight of each class; "balanced" is W / (K W_k), by the summed weights W_k of these rows.

    Parameters
    ----------
    asked
        As `parse_class_weight` gives it; None gives None.
    classes
        Names of the K classes.
    codes
        Place of each row's class.
    weights
        Of rows; None where all count alike.

    Examples
    --------
    >>> class_factors("balanced", ("oat", "rye"), np.array([0, 1, 1, 1])).round(3).tolist()
    [2.0, 0.667]

    References
    ----------
    King & Zeng 2001, Political Analysis 9; scikit-learn's compute_class_weight.
    """
    if asked is None:
        return None
    if not isinstance(asked, str):
        return np.array([dict(asked).get(name, 1.0) for name in classes])
    sums = np.bincount(codes, weights, minlength=len(classes)).astype(float)
    # a class without rows here weighs nothing anyway
    return np.where(sums > 0, sums.sum() / (len(classes) * np.where(sums > 0, sums, 1.0)), 0.0)
