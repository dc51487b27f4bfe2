"""The target of a table: numbers, or the classes that its cells name. Which of them is a decision that is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int

from posology.errors import InputError
from posology.table.checks import check_finite, examples_of, is_boolean, target_numbers
from posology.table.columns import Column, Numbers, as_levels, column_of
from posology.table.spellings import MARKED, MOSTLY, NUMBER, THOUSANDS
from posology.wording import counted, did_you_mean, quoted

TASKS = ("classification", "regression")
FEW = 10
"""So many different whole numbers, or fewer, may as well be names of classes: the user is told how to say so."""


@dataclass(frozen=True, eq=False)
class Target:
    """A target as a table keeps it.

    Attributes
    ----------
    numbers
        The numbers, or the places of the cells among `classes`, from 0; NaN where missing. Shape (row,).
    classes
        Names of the classes, sorted; empty for numbers.
    note
        What was decided, and how to say otherwise; or nothing.
    cells
        The classes as the user's own cells, such as 0 and 1 where `classes` are "0" and "1".
    """

    numbers: Numbers
    classes: tuple[str, ...] = ()
    note: str = ""
    cells: tuple[Any, ...] = ()


def read_target(name: str, values: pd.Series, task: str | None = None) -> Target:
    """Read a target as numbers or as classes.

    Truth values, categories and text are classes, numbers are numbers; `task` says otherwise. Classes are sorted
    texts; whole numbers that are classes are sorted as numbers.

    Parameters
    ----------
    name
        For messages.
    values
        One cell a row.
    task
        "classification" or "regression"; by default decided from the cells.

    Raises
    ------
    InputError
        Where the cells are neither, or not what `task` says; the message has examples.

    Examples
    --------
    >>> target = read_target("sort", pd.Series(["rye", None, "oat"]))
    >>> target.numbers.tolist(), target.classes
    ([1.0, nan, 0.0], ('oat', 'rye'))
    """
    _check_task(task)
    if values.isna().all():
        raise InputError(
            f"The target '{name}' is missing in all {counted(len(values), 'row')}. Give rows in which it is known."
        )
    column = column_of(name, values)
    if column.kind == "date" and task != "regression":
        raise InputError(
            f"The target '{name}' has dates such as {quoted(examples_of(values), 2)}; posology studies numbers and "
            "classes. Choose another column, or a number made of this one, such as days."
        )
    if (task or _decided(name, values, column)) == "regression":
        numbers = target_numbers(name, values)
        return Target(numbers, note="" if task else _note_on_numbers(name, numbers))
    return _classes(name, values, column, declared=task is not None)


def _check_task(task: str | None) -> None:
    if task is not None and task not in TASKS:
        raise InputError(f"The task is '{task}'.{did_you_mean(str(task), TASKS)} Use one of: {', '.join(TASKS)}.")


def _decided(name: str, values: pd.Series, column: Column) -> str:
    if is_boolean(values) or isinstance(values.dtype, pd.CategoricalDtype):
        return "classification"
    if column.kind == "number":
        return "regression"
    texts = values.dropna().astype(str)
    numeric = texts.str.fullmatch(NUMBER.pattern, flags=NUMBER.flags)
    stray = texts[~numeric]
    if len(stray) and stray.map(lambda text: bool(MARKED.fullmatch(text) and not THOUSANDS.fullmatch(text))).all():
        raise InputError(
            f"The target '{name}' has numbers with marks, such as {quoted(stray.unique(), 2)}. Write plain numbers, "
            f"such as 1234.5; if these are names of classes, use {_said('classification')}."
        )
    if len(stray) and (numeric.mean() > MOSTLY or stray.str.fullmatch(THOUSANDS.pattern, flags=THOUSANDS.flags).all()):
        raise InputError(
            f"The target '{name}' has numbers, but also text such as {quoted(stray.unique(), 2)}. Mend these cells; if "
            f"all are names of classes, use {_said('classification')}."
        )
    return "classification"


def _said(task: str) -> str:
    return f"--task {task} (in Python: task='{task}')"


def _note_on_numbers(name: str, numbers: Numbers) -> str:
    known = numbers[np.isfinite(numbers)]
    values = np.unique(known)
    if not 1 < len(values) <= min(FEW, len(known) / 2) or np.any(values % 1):
        return ""
    shown = ", ".join(f"{number:g}" for number in values)
    return (
        f"The target '{name}' is one of {shown}, taken as numbers. If they are names of classes, use "
        f"{_said('classification')}."
    )


def _classes(name: str, values: pd.Series, column: Column, *, declared: bool) -> Target:
    if column.kind == "number" and not is_boolean(values):
        _check_whole(name, column.parts[name].to_numpy())
    levels = as_levels(name, values)
    found = list(levels.cat.categories)
    classes = sorted(found, key=float) if all(NUMBER.fullmatch(level) for level in found) else found
    place = {name: float(number) for number, name in enumerate(classes)}
    numbers: Numbers = np.array([*map(place.get, found), np.nan])[levels.cat.codes.to_numpy()]
    if len(classes) == 1:
        raise InputError(
            f"The target '{name}' is '{classes[0]}' in all {counted(int((~np.isnan(numbers)).sum()), 'row')} where it "
            "is known: there is nothing to predict. Choose a target that varies."
        )
    what = "classes" if declared else _what(values)
    return Target(numbers, tuple(classes), _note_on_classes(name, numbers, classes, what), own_cells(values, classes))


def own_cells(values: pd.Series, classes: Sequence[str]) -> tuple[Any, ...]:
    """Give the cell that each class is written by; the names themselves where cells of several types share one.

    Examples
    --------
    >>> own_cells(pd.Series([10, 9, 10, 9]), ["9", "10"]), own_cells(pd.Series(["10", 10], dtype=object), ["10"])
    ((9, 10), ('10',))
    """
    distinct = values.dropna().unique()
    cells = distinct.tolist() if hasattr(distinct, "tolist") else list(distinct)
    by_name = dict(zip(as_levels("", pd.Series(cells, dtype=object)), cells, strict=True))
    alike = len({type(cell) for cell in cells}) == 1 and len(by_name) == len(cells)
    return tuple(by_name[name] for name in classes) if alike and set(classes) <= set(by_name) else tuple(classes)


def _check_whole(name: str, numbers: Numbers) -> None:
    check_finite(f"The target '{name}'", numbers, "Mend or remove these rows.")
    odd = numbers[~np.isnan(numbers) & (numbers % 1 != 0)]
    if len(odd):
        raise InputError(
            f"The target '{name}' has numbers such as {odd[0]:g}, which name no classes. Use {_said('regression')}, or "
            "a column of whole numbers or of text."
        )


def _what(values: pd.Series) -> str:
    if is_boolean(values):
        return "truth values"
    return "categories" if isinstance(values.dtype, pd.CategoricalDtype) else "text"


def _note_on_classes(name: str, numbers: Numbers, classes: Sequence[str], what: str) -> str:
    rows = np.bincount(numbers[~np.isnan(numbers)].astype(int), minlength=len(classes))
    shown = [f"'{c}' ({n / rows.sum():.1%})" for c, n in zip(classes, rows, strict=True)][:FEW]
    more = f" and {len(classes) - FEW} more" if len(classes) > FEW else ""
    numeric = " Use " + _said("regression") + " for numbers." if all(NUMBER.fullmatch(c) for c in classes) else ""
    has = "is taken as" if what == "classes" else f"has {what}:"
    return f"The target '{name}' {has} {len(classes)} classes, {', '.join(shown)}{more}.{numeric}"


def check_classes(name: str, codes: Numbers, classes: Sequence[str], folds: int) -> None:
    """Refuse classes with fewer rows than outer folds: every fold scores rows of every class.

    Parameters
    ----------
    codes
        Place of each row's class.
    folds
        Outer folds.

    Raises
    ------
    InputError
        With the classes that are too rare.

    Examples
    --------
    >>> check_classes("sort", np.array([0.0, 0.0, 1.0, 1.0]), ("oat", "rye"), folds=2)
    """
    rows = np.bincount(codes.astype(int), minlength=len(classes))
    rare = [f"{c} ({counted(int(n), 'row')})" for c, n in zip(classes, rows, strict=True) if n < folds]
    if not rare:
        return
    it, has = ("it", "has") if len(rare) == 1 else ("them", "have")
    fewer = f"use at most {rows.min()} folds" if rows.min() >= 2 else "choose another target"
    raise InputError(
        f"The target '{name}' has {len(classes)} classes, of which {quoted(rare, 5)} {has} fewer rows than there are "
        f"folds, {folds}: every fold must score rows of every class. Give more rows of {it}, join rare classes, leave "
        f"out their rows, or {fewer}."
    )


def check_classes_in_folds(
    name: str, codes: Numbers, classes: Sequence[str], folds: Int[np.ndarray, "repeat row"], *, grouped: bool = True
) -> None:
    """Refuse folds that lack a class: they could not be scored, nor would it be learned elsewhere.

    Folds of whole groups may, and those of labels, where one shares its few rows with several that are rarer.

    Parameters
    ----------
    codes
        Place of each row's class.
    folds
        Fold of each row in each repeat.
    grouped
        Whether folds are of whole groups.

    Raises
    ------
    InputError
        With the classes that a fold lacks.

    Examples
    --------
    >>> check_classes_in_folds("sort", np.array([0.0, 1.0, 0.0, 1.0]), ("oat", "rye"), np.array([[0, 0, 1, 1]]))
    """
    parts = range(int(folds.max()) + 1)
    counts = [np.bincount(codes[of == fold].astype(int), minlength=len(classes)) for of in folds for fold in parts]
    lacking = [c for c, fewest in zip(classes, np.min(counts, axis=0), strict=True) if fewest == 0]
    if lacking and not grouped:
        raise InputError(
            f"A fold has no row of {quoted(lacking, 5)} of the label '{name}', and every fold must score both: it "
            "shares its few rows with labels as rare. Use fewer --folds, another --seed, or leave one of them out."
        )
    if lacking:
        raise InputError(
            f"Whole groups leave a fold without rows of {quoted(lacking, 5)} of the target '{name}': too few groups "
            "have such rows, and every fold must score rows of every class. Use fewer --folds, another --seed, or join "
            "rare classes."
        )
