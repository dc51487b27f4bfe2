"""A frame's columns, or arrays, to a `Table`: every check on them, and what is worth saying of them."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from posology.errors import InputError, LeakWarning
from posology.table import checks, leaks
from posology.table.columns import Column, column_of
from posology.table.groups import groups_of
from posology.table.idle import notes_on_idle
from posology.table.panels import notes_on_panels
from posology.table.rare_levels import notes_on_rare_levels
from posology.table.stand_ins import notes_on_stand_ins
from posology.table.table import Table
from posology.table.targets import as_columns, chosen_targets, known_rows, read_targets
from posology.table.time_order import notes_on_time
from posology.table.weights import read_weights, weights_of
from posology.wording import counted, quoted


def make_table(
    frame: pd.DataFrame,
    target_column: str | Sequence[str],
    drop: Sequence[str] = (),
    task: str | None = None,
    groups: str | None = None,
    weights: str | None = None,
) -> Table:
    """Check a frame and bring it into the form that a study uses.

    Rows with a missing target, any of several, are left out. Columns that seem to give the target away, or to
    number the rows, are kept, with a `LeakWarning`. What *kind* a column is (number, category, date) is decided from
    all its rows; every value comes from its own cell alone.

    Parameters
    ----------
    frame
        One row per observation; the index is not used.
    target_column
        Name of the column to predict: numbers, or classes that are text, truth values or categories. Or of several
        columns, a list or separated by commas, which one network predicts together: numbers, or labels.
    drop
        Names of columns to leave out.
    task
        "classification" or "regression", where it is not what the column's cells say; see `classes.read_target`.
    groups
        Column that says which rows belong together; it is no feature.
    weights
        Column that says how much each row counts, as `weights.Weights`; it is no feature either.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        Where the frame cannot be studied; the message says why and what to do.

    Warns
    -----
    LeakWarning
        For each suspicious column; the same sentences are in `Table.notes`.

    Examples
    --------
    >>> frame = pd.DataFrame({"bmi": [27.9, 33.8, 22.7], "smoker": ["yes", "no", "no"]})
    >>> frame["cost"] = [169, 17, None]
    >>> table = make_table(frame, "cost")
    >>> table.kinds, table.target.tolist(), table.notes
    (('number', 'category'), [169.0, 17.0], ("1 row without a value of the target 'cost' was left out.",))
    """
    names = checks.check_names(list(frame.columns))
    drop = tuple(str(name) for name in drop)
    beside = {what: str(name) for what, name in (("groups", groups), ("weights", weights)) if name is not None}
    targets = chosen_targets(target_column, names)
    checks.check_choice(names, targets, drop, beside)
    frame = frame.set_axis(names, axis="columns")
    features = frame.drop(columns=list({*targets, *drop, *beside.values()}))
    columns = [frame[beside[what]] if what in beside else None for what in ("groups", "weights")]
    return build_table(features, frame[targets], task, *columns)


def build_table(
    features: pd.DataFrame,
    targets: pd.DataFrame,
    task: str | None = None,
    groups: pd.Series | None = None,
    weights: pd.Series | None = None,
) -> Table:
    """Join features and a column for each target that are already apart; the rest is as in `make_table`."""
    if len(features) == 0:
        raise InputError("The table has column names but no rows. Give a table with one row per observation.")
    heavy, idle = _weighted(weights, len(features))
    features, targets = features.reset_index(drop=True)[heavy > 0], targets.reset_index(drop=True)[heavy > 0]
    read = read_targets(targets, task)
    known = known_rows(list(targets), read.numbers)
    numbers = read.numbers[known]
    each = as_columns(list(targets), numbers)
    for name, column in each.items() if not read.classes else ():
        checks.check_target(name, column)
    columns = _columns(features[known].reset_index(drop=True))
    joined = _joined(columns)
    rows = np.flatnonzero(heavy > 0)[known]
    together = None if groups is None else groups_of(groups.iloc[rows], str(groups.name))
    said = list(read.notes)
    said += [together.note()] if together else []
    repeats = _repeats(joined, numbers)
    copies = int(repeats.sum())
    weighted = None if weights is None else weights_of(str(weights.name), heavy[rows])
    said += [weighted.note()] if weighted else []
    notes = [
        *said,
        *_missing_note(known, list(targets)),
        *idle,
        *notes_on_idle(columns),
        *notes_on_rare_levels(columns),
        *checks.notes_on(columns, copies, grouped=bool(together)),
        *notes_on_stand_ins(columns, each, read.classes),
    ]
    notes += [] if together else [*notes_on_panels(columns), *notes_on_time(columns, numbers)]
    found = _leaks(columns, each, repeats)
    for leak in found:
        warnings.warn(leak, LeakWarning, stacklevel=3)
    numbers.setflags(write=False)
    several = tuple(each) if len(each) > 1 else ()
    about = (", ".join(each), (*notes, *found), read.classes, together, weighted)
    return Table(joined, numbers, *about, targets=several, cells=read.cells, copies=copies)


def _columns(features: pd.DataFrame) -> list[Column]:
    checks.check_not_all_missing(features)
    columns = [column_of(str(name), features[name]) for name in features]
    checks.check_features(columns)
    return columns


def _leaks(columns: list[Column], targets: Mapping[str, np.ndarray], repeats: np.ndarray) -> list[str]:
    """Say which columns seem to give a target away."""
    # among copies of rows every column seems to stand for the target
    once = [_rows_of(column, ~repeats) for column in columns] if repeats.any() else columns
    each = ((name, y[~repeats]) for name, y in targets.items())
    found = [leak for name, y in each for leak in (*leaks.leaks_in(once, y, name), *leaks.sum_in(once, y, name))]
    return list(dict.fromkeys(found))


def _joined(columns: list[Column]) -> pd.DataFrame:
    parts: dict[str, pd.Series] = {}
    for column in columns:
        taken = [name for name in column.parts if name in parts]
        if taken:
            raise InputError(
                f"The date '{column.name}' becomes numbers named {quoted(column.parts)}, but the table has "
                f"{quoted(taken)} already. Rename one of these columns."
            )
        parts |= column.parts
    return pd.DataFrame(parts, columns=pd.Index(list(parts), dtype=object))


def _weighted(weights: pd.Series | None, rows: int) -> tuple[np.ndarray, list[str]]:
    """Read the weight of each row, and say how many have none."""
    if weights is None:
        return np.ones(rows), []
    numbers = read_weights(str(weights.name), weights.reset_index(drop=True))
    idle = int((numbers == 0).sum())
    verb = "was" if idle == 1 else "were"
    return numbers, [f"{counted(idle, 'row')} of weight 0 {verb} left out."] if idle else []


def _missing_note(known: np.ndarray, targets: Sequence[str]) -> list[str]:
    missing = int((~known).sum())
    verb = "was" if missing == 1 else "were"
    which = f"the target '{targets[0]}'" if len(targets) == 1 else f"one or more of the targets {quoted(targets)}"
    sentence = f"{counted(missing, 'row')} without a value of {which} {verb} left out."
    return [sentence] if missing else []


def _repeats(features: pd.DataFrame, target: np.ndarray) -> np.ndarray:
    """Tell which rows repeat an earlier one, target included."""
    # by hashes of rows, which is 30 times faster than DataFrame.duplicated on a wide table
    hashes = pd.util.hash_pandas_object(features, index=False).to_numpy()
    return pd.DataFrame(np.column_stack([hashes, (target + 0.0).view(np.uint64)])).duplicated().to_numpy()


def _rows_of(column: Column, kept: np.ndarray) -> Column:
    return replace(column, parts={name: part[kept].reset_index(drop=True) for name, part in column.parts.items()})
