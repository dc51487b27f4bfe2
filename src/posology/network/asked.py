"""What a user's function that builds a network asks for by its arguments' names: rows, or numbers known of them.

Importing this module does not import keras.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from posology.errors import InputError

ROWS = ("x_train", "X_train", "x", "X")
"""Names of an argument that gets the training rows also where it has a default."""
COLUMNS = (
    "dim_input", "feature_dim", "in_dim", "in_features", "input_dim", "input_dimension", "input_dims", "input_size",
    "n_cols", "n_columns", "n_features", "n_features_in", "n_input", "n_inputs", "nb_features", "num_cols",
    "num_columns", "num_features", "num_input_dim", "num_inputs",
)  # fmt: skip
"""Of one that gets the number of prepared columns."""
SHAPES = ("in_shape", "input_shape")
"""Of one that gets the shape of a row, `(columns,)`; their number, or `(columns, 1)`, where it fails with that."""
CLASSES = ("n_class", "n_classes", "nb_classes", "num_class", "num_classes")
"""Of one that gets the number of classes; of targets, where there are none."""
OUTPUTS = (
    "n_labels", "n_output", "n_outputs", "n_targets", "num_labels", "num_outputs", "num_targets", "out_dim",
    "output_dim", "output_dimension", "output_size",
)  # fmt: skip
"""The same, but 1 for two classes, which need one output."""
_TRAINS = ("y_train", "y", "X_val", "x_val", "X_test", "x_test", "y_val", "y_test")


@dataclass(frozen=True)
class Outputs:
    """What a network is to give for a table.

    Parameters
    ----------
    classes : int
        Of the target; 0 where it is a number.
    targets : int
        Numbers or, with classes, labels.
    """

    classes: int = 0
    targets: int = 1


NUMBER = Outputs()
"""One number."""


def asked_of(function: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    """List the arguments that a function is called with, the first of them as the rows where its name says nothing.

    Raises
    ------
    InputError
        It wants others.
    """
    parameters = list(inspect.signature(function).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    wanted = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    asked = [p for p in parameters if p in wanted or (p.name in ROWS and p not in positional[1:])]
    unknown = [p for p in asked if not is_known(p)]
    first = positional[:1] if not any(p.name in ROWS for p in asked) else []
    if any(p not in first for p in unknown) or any(p.name == "hp" for p in unknown):
        own = getattr(function, "__name__", "build")
        raise InputError(f"{name} needs ({', '.join(p.name for p in wanted)}). {_instead_of(unknown, own)}")
    return asked


def is_known(parameter: inspect.Parameter) -> bool:
    """Tell an argument whose name says what it is."""
    return parameter.name in ROWS or is_number(parameter.name)


def is_number(name: str) -> bool:
    """Tell the name of an argument that gets a number, or a shape."""
    return name.lower() in (*COLUMNS, *SHAPES, *CLASSES, *OUTPUTS)


def _instead_of(unknown: list[inspect.Parameter], own: str) -> str:
    names = [p.name for p in unknown]
    if "hp" in names:
        return (
            "posology gives no hp of KerasTuner. Write beside it, with what a search found or what you want, "
            "def model_build(): hp = keras_tuner.HyperParameters(); hp.values = {'units': 64}; return "
            f"{own}(hp), and name model_build; what is not in hp.values is KerasTuner's default."
        )
    if any(name in _TRAINS for name in names):
        return (
            "posology trains the network itself, on the training rows of every fold: take the columns' number from "
            "X_train, leave fit() out, and return the compiled model."
        )
    return (
        "posology calls it with the training rows, or with nothing, and knows input_dim, input_shape, n_classes and "
        f"output_dim by their names: give the other arguments defaults ({', '.join(f'{name}=...' for name in names)})."
    )


def values_of(asked: list[inspect.Parameter], rows: Any, outputs: Outputs) -> dict[str, Any]:
    """Give the value of each argument, by its name.

    Parameters
    ----------
    asked : list of Parameter
    rows : array (row, column), or these by input
    outputs : Outputs

    Raises
    ------
    InputError
        One is the number of columns, of rows by input.

    Examples
    --------
    >>> import numpy as np
    >>> asked = asked_of(lambda n_features, num_classes: None, "f")
    >>> values_of(asked, np.zeros((9, 4)), Outputs(classes=3))
    {'n_features': 4, 'num_classes': 3}
    """
    return {p.name: _value(p.name, rows, outputs) for p in asked}


def _value(name: str, rows: Any, outputs: Outputs) -> Any:
    known = name.lower()
    if known in CLASSES:
        return outputs.targets if outputs.targets > 1 else outputs.classes or 1
    if known in OUTPUTS:
        return outputs.classes if outputs.classes > 2 else outputs.targets
    if rows is None or known not in (*COLUMNS, *SHAPES):
        return rows
    if isinstance(rows, Mapping):
        raise InputError(
            f"The argument '{name}' asks for one number of columns, and named inputs have each their own. Take "
            "x_train, a dictionary of rows by input."
        )
    return (rows.shape[1],) if known in SHAPES else int(rows.shape[1])


def other_shapes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the same values with a shape as a number, and as that of a series: it is each, by who wrote the function.

    Examples
    --------
    >>> other_shapes({"input_shape": (4,), "num_classes": 3})
    [{'input_shape': 4, 'num_classes': 3}, {'input_shape': (4, 1), 'num_classes': 3}]
    """
    shapes = [name for name in values if name.lower() in SHAPES]
    others = [{**values, **{name: other(*values[name]) for name in shapes}} for other in (int, lambda n: (n, 1))]
    return others if shapes else []
