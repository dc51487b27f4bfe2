"""What stock Keras has for a dose: penalties, constraints, layers, arguments of the optimizer and of the loss.

What it has nothing for, `by_hand` lists: there the trained network keeps what training made of its weights, and only
training it again would need more than Keras.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras

from posology.network.doses import RATE
from posology.network.sites import Dose
from posology.regularizers import REGULARIZERS, Regularizer

_ELASTIC = ("l1", "l2")


class Form(NamedTuple):
    """A class of Keras with its arguments.

    Parameters
    ----------
    name : str
        `L1L2`, `MaxNorm`, `GaussianNoise`, ..
    arguments : dict
    """

    name: str
    arguments: dict[str, Any]


def regularizer_of(name: str) -> Regularizer:
    """Give the regularizer that a dose calls by this name."""
    return REGULARIZERS["dropout" if name == RATE else name]


def _with(dose: Dose, part: str) -> list[tuple[Regularizer, float]]:
    """List the regularizers of a dose that are on and that Keras has as such a part."""
    named = [(regularizer_of(name), strength) for name, strength in dose.strengths.items() if strength]
    return [(r, s) for r, s in named if r.keras is not None and r.keras.part == part]


def penalty_at(dose: Dose) -> Form | None:
    """Give the one penalty that a kernel can have: L1 and L2, or another where these are off."""
    l1, l2 = (dose.strengths.get(name, 0.0) for name in _ELASTIC)
    if l1 and l2:
        return Form("L1L2", {"l1": l1, "l2": l2})
    found = _with(dose, "penalty")
    if not found:
        return None
    regularizer, strength = found[0]
    assert regularizer.keras is not None
    if regularizer.name not in _ELASTIC and len(dose.site.shape) != 2:
        return None  # Keras takes matrices only
    return Form(regularizer.keras.name, regularizer.keras.arguments(strength))


def constraint_at(dose: Dose) -> tuple[str, Form] | None:
    """Give the argument of the layer and the constraint of a kernel, over all axes but the last."""
    found = _with(dose, "constraint")
    if not found:
        return None
    regularizer, strength = found[0]
    assert regularizer.keras is not None
    axes = list(range(len(dose.site.shape) - 1))
    arguments = {**regularizer.keras.arguments(strength), "axis": axes[0] if len(axes) == 1 else axes}
    argument = dose.site.argument.replace("_regularizer", "_constraint")
    return argument, Form(regularizer.keras.name, arguments)


def layers_at(dose: Dose) -> list[tuple[str, Form]]:
    """List the layers that act behind a layer, each with the name of its regularizer; a present Dropout aside."""
    # a branch is left out for whole rows
    rows = {"noise_shape": (None, *(1,) * len(dose.site.shape))} if dose.site.kind == "branch" else {}
    found = [(r.name, Form(r.keras.name, r.keras.arguments(s) | rows)) for r, s in _with(dose, "layer") if r.keras]
    return [(name, form) for name, form in found if not (name == "dropout" and dose.site.present)]


def arguments_of(doses: Sequence[Dose], part: str) -> dict[str, Any]:
    """Give the arguments of the optimizer, or of the loss; not those whose strengths differ from site to site."""
    out: dict[str, Any] = {}
    given: dict[str, set[float]] = {}
    for dose in doses:
        for regularizer, strength in _with(dose, part):
            assert regularizer.keras is not None
            given.setdefault(regularizer.name, set()).add(strength)
            out |= regularizer.keras.arguments(strength)
    differing = [REGULARIZERS[name].keras for name, strengths in given.items() if len(strengths) > 1]
    return {k: v for k, v in out.items() if not any(form and k == form.argument for form in differing)}


def by_hand(doses: Sequence[Dose]) -> list[tuple[Dose, Regularizer, float]]:
    """List what a prescription has and stock Keras has no form for."""
    arguments = arguments_of(doses, "optimizer") | arguments_of(doses, "loss")
    return [
        (dose, regularizer_of(name), strength)
        for dose in doses
        for name, strength in dose.strengths.items()
        if strength and not _is_written(dose, regularizer_of(name), arguments)
    ]


def _is_written(dose: Dose, regularizer: Regularizer, arguments: dict[str, Any]) -> bool:
    form = regularizer.keras
    if form is None:
        return False
    if form.part == "penalty":
        penalty = penalty_at(dose)
        return penalty is not None and penalty.name in (form.name, *(("L1L2",) if regularizer.name in _ELASTIC else ()))
    return form.argument in arguments if form.part in ("optimizer", "loss") else True


def smoothed(loss: Any, smoothing: float) -> Any:
    """Give a loss with label smoothing; None where Keras has no such argument for it.

    Examples
    --------
    >>> smoothed("binary_crossentropy", 0.1).label_smoothing
    0.1
    >>> smoothed("sparse_categorical_crossentropy", 0.1) is None
    True
    """
    by_name = {"binary_crossentropy": "BinaryCrossentropy", "categorical_crossentropy": "CategoricalCrossentropy"}
    if isinstance(loss, str):
        return getattr(keras.losses, by_name[loss])(label_smoothing=smoothing) if loss in by_name else None
    if not isinstance(loss, keras.losses.Loss) or "label_smoothing" not in loss.get_config():
        return None
    return type(loss).from_config({**loss.get_config(), "label_smoothing": smoothing})
