"""Every check of the user's table: errors that stop, warnings about leaks, notes that go into the report.

All of them look at whole columns. None of them changes a value: a check that read the held-out rows and then
altered the training rows would leak; these only refuse, warn or tell.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from posology.errors import InputError
from posology.table.columns import Column, Numbers, column_of
from posology.table.spellings import NUMBER
from posology.table.text import HOW, check_readable
from posology.wording import counted, did_you_mean, leave_out, quoted

FEWEST_ROWS = 20
TOO_LARGE = 1e100  # squares of larger numbers leave the range of float64 when the column is scaled
MANY_COPIES = 0.01  # share of repeated rows from which scores are too good to be left without a word


def check_rows(n_rows: int, folds: int) -> None:
    """Refuse a table that is too short for its outer folds and the splits inside them.

    Required are max(20, 2 * folds) rows: every fold scores at least two rows, because the R2 of a single row
    is not defined; and with 20 rows, five folds still leave 16 to fit and stop on.

    Parameters
    ----------
    n_rows
        Rows with a known target.
    folds
        Outer folds, at least 2.

    Raises
    ------
    InputError
        With the number needed.

    Examples
    --------
    >>> check_rows(1030, folds=5)
    """
    needed = max(FEWEST_ROWS, 2 * folds)
    if n_rows < needed:
        raise InputError(
            f"The table has {counted(n_rows, 'row')} with a known target; {counted(folds, 'fold')} need at "
            f"least {needed}: two to score in every fold and {FEWEST_ROWS} in all. "
            + ("Give more rows or use fewer folds." if n_rows >= FEWEST_ROWS else "Give more rows.")
        )


def check_names(names: Sequence[object]) -> list[str]:
    """Turn column names into text, and refuse names that are shared by columns or have several levels.

    Examples
    --------
    >>> check_names(["age", 1])
    ['age', '1']
    """
    if any(isinstance(name, tuple) for name in names):
        example = next(name for name in names if isinstance(name, tuple))
        raise InputError(
            f"The columns have names of several levels, such as {example}. "
            "Give each column one name: frame.columns = ['_'.join(map(str, name)) for name in frame.columns]."
        )
    texts = [str(name) for name in names]
    repeated = [name for name, count in Counter(texts).items() if count > 1]
    if repeated:
        raise InputError(f"The table names {quoted(repeated)} more than once. Give every column a name of its own.")
    return texts


def check_choice(
    names: Sequence[str],
    targets: Sequence[str],
    drop: Sequence[str],
    beside: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Refuse a target, a column to leave out, of groups or weights that is not there, and a table without features.

    `beside` names the columns that are no features, from "groups" or "weights".

    Examples
    --------
    >>> check_choice(["age", "price"], ["price"], drop=())
    """
    for what, name in (*(("target column", t) for t in targets), *(("column to leave out,", d) for d in drop)):
        if name not in names:
            raise InputError(_not_there(what, name, names))
    for what, name in beside.items():
        check_beside(names, targets, what, name)
    if len(set(beside.values())) < len(beside):
        raise InputError(f"'{beside['groups']}' is the column of groups and of weights. Choose one.")
    drop = list(dict.fromkeys([*drop, *beside.values()]))
    if both := [name for name in targets if name in drop]:
        one = "the" if len(targets) == 1 else "a"
        raise InputError(f"'{both[0]}' is {one} target and also among the columns to leave out. Choose one.")
    if not set(names) - {*targets, *drop}:
        dropped = f" and without {quoted(drop)}" if drop else ""
        raise InputError(
            f"No feature is left beside the target{'s' if len(targets) > 1 else ''} {quoted(targets)}{dropped}: the "
            f"table has {quoted(names)}. Give a table with at least one feature."
        )


def check_beside(names: Sequence[str], targets: Sequence[str], what: str, name: str) -> None:
    """Refuse a column of groups or of weights that is not in the table, or is the target.

    Examples
    --------
    >>> check_beside(["age", "clinic", "price"], ["price"], "groups", "clinic")
    """
    if name not in names:
        raise InputError(_not_there(f"column of {what},", name, names))
    if name in targets:
        one = "the" if len(targets) == 1 else "a"
        raise InputError(f"'{name}' is {one} target and also the column of {what}. Choose one.")


def _not_there(what: str, name: str, names: Sequence[str]) -> str:
    return f"There is no {what} '{name}'.{did_you_mean(name, names)} The columns are {quoted(names, 20)}."


def target_numbers(name: str, values: pd.Series) -> Numbers:
    """Read the target as numbers.

    Returns
    -------
    Float64[np.ndarray, " row"]
        NaN where missing.

    Raises
    ------
    InputError
        Where the target is boolean, a date or text.

    Examples
    --------
    >>> target_numbers("price", pd.Series([100, 120, None])).tolist()
    [100.0, 120.0, nan]
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)  # numbers that were declared categories are numbers again
    column = column_of(name, values)
    if is_boolean(values):
        raise InputError(
            f"The target '{name}' has truth values (True, False); a regression needs numbers. Leave out --task "
            "regression, and they are classes."
        )
    if column.kind != "number":
        what = "dates" if column.kind == "date" else "text"
        raise InputError(
            f"The target '{name}' has {what} such as {quoted(examples_of(values), 2)}; a regression needs numbers. "
            "Choose a column of numbers, or mend these cells."
        )
    numbers: np.ndarray = column.parts[name].to_numpy()
    return numbers


def is_boolean(values: pd.Series) -> bool:
    """Tell whether all known cells are truth values.

    Examples
    --------
    >>> is_boolean(pd.Series([True, None])), is_boolean(pd.Series([1, 0]))
    (True, False)
    """
    return all(isinstance(cell, bool | np.bool_) for cell in values.dropna().unique())


def examples_of(values: pd.Series) -> list[str]:
    """List different cells as text, those that are no numbers where there are any.

    Examples
    --------
    >>> examples_of(pd.Series(["1", "n/a"]))
    ['n/a']
    """
    texts = [str(cell) for cell in values.dropna().unique()]
    return [text for text in texts if not NUMBER.fullmatch(text)] or texts


def check_target(name: str, target: Numbers) -> None:
    """Refuse a target, missing rows gone, that is infinite, has one row, or is constant.

    Examples
    --------
    >>> check_target("price", np.array([100.0, 120.0]))
    """
    check_finite(f"The target '{name}'", target, "Mend or remove these rows.")
    if len(target) == 1:
        raise InputError(
            f"The target '{name}' is known in 1 row only; a study needs at least {FEWEST_ROWS}. Give more rows."
        )
    if np.ptp(target) == 0:
        raise InputError(
            f"The target '{name}' is {target[0]:g} in all {len(target):,} rows: there is nothing to predict. "
            "Choose a target that varies."
        )


def check_finite(what: str, numbers: Numbers, advice: str) -> None:
    """Refuse infinite numbers and numbers beyond 1e100; missing ones (NaN) pass.

    Examples
    --------
    >>> check_finite("Column 'age'", np.array([1.0, np.nan]), "Mend them.")
    """
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        raise InputError(f"{what} is infinite in {counted(infinite, 'row')}. {advice}")
    large = np.abs(numbers) > TOO_LARGE
    if large.any():
        rows = counted(int(large.sum()), "row")
        raise InputError(f"{what} has numbers beyond {TOO_LARGE:g} in {rows}, such as {numbers[large][0]:g}. {advice}")


def check_not_all_missing(features: pd.DataFrame) -> None:
    """Refuse columns without a single known cell.

    Examples
    --------
    >>> check_not_all_missing(pd.DataFrame({"age": [31.0, None]}))
    """
    empty = [name for name in features if features[name].isna().all()]
    if empty:
        verb = "is" if len(empty) == 1 else "are"
        raise InputError(
            f"{quoted(empty)} {verb} missing in all {counted(len(features), 'row')} with a known target. "
            f"Fill {'it' if len(empty) == 1 else 'them'}, or use {leave_out(empty)}."
        )


def check_features(columns: Iterable[Column]) -> None:
    """Refuse infinite and too large numbers in any feature, and text where it cannot be read.

    Examples
    --------
    >>> check_features([column_of("age", pd.Series([31.0, None]))])
    """
    for column in columns:
        if column.kind == "number":
            advice = f"Mend or empty these cells, or use {leave_out([column.name])}."
            check_finite(f"Column '{column.name}'", column.parts[column.name].to_numpy(), advice)
        elif column.kind == "text":
            check_readable(column.name, column.note)


def notes_on(columns: Sequence[Column], copies: int, *, grouped: bool = False) -> Iterator[str]:
    """Tell what a reader of the report should know, and nothing that stops a study.

    Parameters
    ----------
    columns
        The features.
    copies
        How many rows repeat an earlier row, target included.
    grouped
        Whether the user has said which rows belong together.

    Examples
    --------
    >>> list(notes_on([column_of("size", pd.Series(["7", "8"]))], copies=0))
    ["Column 'size' has numbers that are stored as text; they are taken as numbers."]
    """
    for column in columns:
        if column.note:
            yield f"{column.note} {HOW}" if column.kind == "text" else column.note
    if copies:
        rows = len(next(iter(columns[0].parts.values())))
        many = copies > MANY_COPIES * rows and not grouped
        said = f"{counted(copies, 'row')} repeat{'s' if copies == 1 else ''} an earlier row, target included."
        unseen = " A network is then scored on rows it has seen; --groups COLUMN keeps those that belong together."
        yield said + (unseen if many else "")


def check_columns(needed: Iterable[str], given: Sequence[str]) -> list[str]:
    """Refuse new rows that lack a column, with a diff of the names; give the names that are not needed.

    Examples
    --------
    >>> check_columns(["age", "bmi"], ["bmi", "sex", "age"])
    ['sex']
    """
    needed = list(needed)
    missing = [name for name in needed if name not in set(given)]
    extra = [name for name in given if name not in set(needed)]
    if not missing:
        return extra
    near = did_you_mean(missing[0], extra) if extra else ""
    raise InputError(
        f"The new table lacks {counted(len(missing), 'column')} of the studied one:\n"
        + "".join(f"  - {name}\n" for name in missing)
        + "".join(f"  + {name} (not in the studied table)\n" for name in extra)
        + f"Add {quoted(missing)}, under the same name; the cells may be empty.{near}"
    )
