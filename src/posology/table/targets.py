"""One target of a table, or several that one network predicts together: which columns they are, and what they hold."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64

from posology.errors import InputError
from posology.table.classes import read_target
from posology.table.columns import Numbers
from posology.wording import counted, leave_out, quoted, separated

Values = Float64[np.ndarray, "row *target"]

LABEL = ("0", "1")
"""The classes of a target that is one of several labels: a row has it or not."""

Study = Mapping[str, Any]
"""What verdict.json says of a study's table."""

_TRUTH = (LABEL, ("False", "True"))


@dataclass(frozen=True, eq=False)
class Targets:
    """What the targets of a table hold.

    Attributes
    ----------
    numbers
        As of `classes.Target`, (row,) for one target and (row, target) for several; NaN where missing.
    classes
        Names of the classes, sorted; empty for numbers. Of several targets, which are labels then, "0" and "1".
    notes
        What was decided, and how to say otherwise.
    cells
        As of `classes.Target`, of one target.
    """

    numbers: Values
    classes: tuple[str, ...]
    notes: tuple[str, ...]
    cells: tuple[Any, ...] = ()


def classes_of(study: Study) -> tuple[str, ...]:
    """Name the classes of a study's target, of each of its labels "0" and "1"; none where it is numbers."""
    return LABEL if "labels" in study else tuple(one["class"] for one in study.get("classes", ()))


def targets_of(study: Study) -> tuple[str, ...]:
    """Name the targets of a study where there are several; none where there is one."""
    return tuple(study.get("targets", ()))


def chosen_targets(asked: str | Sequence[str], columns: Sequence[str]) -> list[str]:
    """Name the target columns: those asked for, of which one that is no column names several, as `listed` writes them.

    Raises
    ------
    InputError
        None is asked for, or one twice.

    Examples
    --------
    >>> chosen_targets("price,rent", ["area", "price", "rent"]), chosen_targets("a,b", ["a,b", "c"])
    (['price', 'rent'], ['a,b'])
    >>> chosen_targets('"a,b",c', ["a,b", "c"])
    ['a,b', 'c']
    """
    given = [asked] if isinstance(asked, str) or not isinstance(asked, Sequence) else list(asked)
    found = [name for one in map(str, given) for name in ([one] if one in columns else separated(one))]
    if not found:
        raise InputError("No target is named. Name the column to predict, or several.")
    if twice := sorted({name for name in found if found.count(name) > 1}):
        raise InputError(f"{quoted(twice)} is named twice as a target. Name each once.")
    return found


def read_targets(columns: pd.DataFrame, task: str | None = None) -> Targets:
    """Read a column for each target: one as `classes.read_target` does, several as numbers, or as labels.

    Several targets are labels where all are truth values, or where all are 0 and 1 and the task is classification.

    Parameters
    ----------
    columns
        A target each; one row an observation.
    task
        As in `classes.read_target`.

    Raises
    ------
    InputError
        As by `classes.read_target`; or several targets that are neither all numbers nor all labels.

    Examples
    --------
    >>> read_targets(pd.DataFrame({"price": [3, 4, 5], "rent": [0.5, None, 0.25]})).numbers.tolist()
    [[3.0, 0.5], [4.0, nan], [5.0, 0.25]]
    """
    each = {str(name): read_target(str(name), columns[name], task) for name in columns}
    notes = tuple(read.note for read in each.values() if read.note)
    if len(each) == 1:
        (read,) = each.values()
        return Targets(read.numbers, read.classes, notes, read.cells)
    numbers = np.column_stack([read.numbers for read in each.values()])
    if all(read.classes in _TRUTH for read in each.values()):
        return Targets(numbers, LABEL, (_note_on_labels(list(each), numbers),))
    if named := [name for name, read in each.items() if read.classes]:
        raise InputError(_neither(list(each), named))
    said = f"{len(each)} targets, {quoted(each)}, are predicted by one network; its score is the mean of theirs."
    return Targets(numbers, (), (said, *notes))


def _note_on_labels(names: Sequence[str], numbers: Values) -> str:
    shares = numbers[known_rows(names, numbers)].mean(axis=0)  # of the rows that are studied
    shown = ", ".join(f"'{name}' ({share:.1%})" for name, share in zip(names, shares, strict=True))
    return f"{len(names)} labels, {shown} of the rows, are predicted by one network; its score is about all of them."


def _neither(targets: Sequence[str], named: Sequence[str]) -> str:
    return (
        f"{quoted(targets)} are {len(targets)} targets, of which {quoted(named)} "
        f"{'is' if len(named) == 1 else 'are'} classes. Several targets are all numbers; or all labels, which are "
        "truth values, or 0 and 1 with --task classification (in Python: task='classification'). Else run a study for "
        f"each, without the others as features: --target {shlex.quote(targets[0])} {leave_out(targets[1:])}"
    )


def known_rows(names: Sequence[str], numbers: Values) -> Bool[np.ndarray, " row"]:
    """Tell the rows in which every target is known.

    Raises
    ------
    InputError
        There is none.

    Examples
    --------
    >>> known_rows(["price", "rent"], np.array([[3.0, np.nan], [4.0, 0.5]])).tolist()
    [False, True]
    """
    known: np.ndarray = ~np.isnan(numbers.reshape(len(numbers), -1)).any(axis=1)
    if not known.any():
        raise InputError(
            f"In none of the {counted(len(known), 'row')} all of the targets {quoted(names)} are known. Give rows in "
            "which they are, or fewer targets."
        )
    return known


def as_columns(names: Sequence[str], numbers: Values) -> dict[str, Numbers]:
    """Give the numbers of each target, by its name.

    Examples
    --------
    >>> as_columns(["price", "rent"], np.array([[3.0, 0.5], [4.0, 0.6]]))["rent"].tolist()
    [0.5, 0.6]
    """
    return dict(zip(names, numbers.reshape(len(numbers), -1).T, strict=True))
