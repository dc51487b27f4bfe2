"""The prescription as the lines to write in Keras, one a site; what Keras has nothing for is said too."""

from collections.abc import Sequence
from typing import Any

from posology.network.doses import RATE
from posology.network.keras_forms import Form, arguments_of, by_hand, constraint_at, layers_at, penalty_at
from posology.network.sites import Dose
from posology.regularizers import Regularizer
from posology.wording import quoted

NO_DROPOUT = "keras.layers.Dropout(0.0), that is, none"


def keras_lines(doses: Sequence[Dose]) -> list[str]:
    """Write the prescription as Keras lines.

    Examples
    --------
    >>> from posology.network.sites import Site
    >>> site = Site("kernel", "dense", (8, 128), {"l1": 0.01, "l2": 0.0}, "kernel_regularizer")
    >>> keras_lines([Dose(site, {"l1": 1e-4, "l2": 0.0})])
    ['dense: kernel_regularizer=keras.regularizers.L1(0.0001)']
    >>> print(*keras_lines([Dose(site, {"l1": 0.0, "l2": 0.0, "max_norm": 0.5, "weight_decay": 0.01})]), sep="|")
    dense: no kernel_regularizer, kernel_constraint=keras.constraints.MaxNorm(2, axis=0)|optimizer: weight_decay=0.01
    (exclude_from_weight_decay: all weights but the kernels of 'dense')
    """
    lines = [line for dose in doses for line in _at(dose)]
    return [*lines, *_arguments(doses), *(_by_hand(*found) for found in by_hand(doses))]


def _at(dose: Dose) -> list[str]:
    if dose.site.kind == "kernel":
        return [f"{dose.site.layer}: {_kernel(dose)}"]
    if dose.site.kind == "norm":
        return [f"{line} before its activation" for line in _activation(dose)]
    return _activation(dose) if dose.site.kind in ("dropout", "branch") else []


def _kernel(dose: Dose) -> str:
    penalty, constraint = penalty_at(dose), constraint_at(dose)
    written = f"{dose.site.argument}={_code('regularizers', penalty)}" if penalty else f"no {dose.site.argument}"
    return f"{written}, {constraint[0]}={_code('constraints', constraint[1])}" if constraint else written


def _activation(dose: Dose) -> list[str]:
    site, lines = dose.site, []
    if site.present:
        rate = dose.strengths[RATE]
        lines.append(
            # as in the exported code, whose diff then is one number
            f"{site.layer}: keras.layers.Dropout({rate:.3g})" if rate else f"{site.layer}: {NO_DROPOUT}"
        )
    return lines + [f"after {site.layer}: add {_code('layers', form)}" for _, form in layers_at(dose)]


_NAMED = ("L1L2", "ActivityRegularization", "OrthogonalRegularizer", "BatchNormalization", "LayerNormalization")
"""Classes whose first argument, as it is written here, is not their first."""


def _code(room: str, form: Form) -> str:
    """Write a class with its arguments; the name of the first is left out where it is the only or the usual one."""
    (first, value), *others = form.arguments.items()
    named = form.name in _NAMED
    parts = [f"{first}={_number(value)}" if named else _number(value), *(f"{k}={_number(v)}" for k, v in others)]
    return f"keras.{room}.{form.name}({', '.join(parts)})"


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else repr(value)


def _arguments(doses: Sequence[Dose]) -> list[str]:
    lines = []
    for part in ("optimizer", "loss"):
        found = arguments_of(doses, part)
        if found:
            lines.append(f"{part}: {', '.join(f'{name}={_number(value)}' for name, value in found.items())}")
        if "label_smoothing" in found:
            lines[-1] += " (a sparse loss has none: use categorical_crossentropy, with a column a class)"
        if "weight_decay" in found:
            layers = dict.fromkeys(dose.site.layer for dose in doses if dose.strengths.get("weight_decay"))
            lines[-1] += f" (exclude_from_weight_decay: all weights but the kernels of {quoted(layers)})"
    return lines


def _by_hand(dose: Dose, regularizer: Regularizer, strength: float) -> str:
    where = dose.site.layer or {"input": "inputs", "target": "targets"}.get(dose.site.kind, dose.site.kind)
    what = regularizer.by_hand.format(strength=strength)
    return f"{where}: {regularizer.name} {strength:.3g}, by hand: {what}"
