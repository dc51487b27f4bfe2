"""The user's frame -> Table: features and target in one plain form, checked."""

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

from posology.errors import InputError, LeakWarning
from posology.table import checks, leaks, storage
from posology.table.columns import Column, Kind, column_of
from posology.table.groups import Groups, groups_of
from posology.table.idle import notes_on_idle
from posology.table.stand_ins import notes_on_stand_ins
from posology.table.targets import as_columns, chosen_targets, known_rows, read_targets
from posology.table.time_order import notes_on_time
from posology.table.weights import Weights, read_weights, weights_of
from posology.wording import counted, quoted


@dataclass(frozen=True, eq=False)
class Table:
    """A table that a study can use: checked, without missing targets, in one plain form.

    Attributes
    ----------
    features
        One row per observation. Numbers are float64 with NaN for missing; categories are pandas categories
        with sorted text levels; text is objects with NaN for missing; a date "sold" stands as numbers "sold:days"
        (whole days since 1970-01-01),
        "sold:month" (1 to 12), "sold:weekday" (Monday is 0) and, where any row has a time of day,
        "sold:hour" (0 to 24, with its fraction).
    target
        The number to predict, finite; or the place of a row's class among `classes`, from 0. Shape (row,), read-only;
        (row, target) where there are several.
    target_name
        The user's name of it; of several all names, separated by commas.
    notes
        What was found on the way, warnings too, one sentence each.
    classes
        Names of the classes of the target, sorted; empty where it is a number.
    groups
        Which rows belong together; None where each stands for itself.
    weights
        How much each row counts; None where all count alike.
    targets
        Names of the targets where there are several; empty where there is one. With `classes` they are labels: each row
        has any of them, or none.
    cells
        The classes as the user's own cells, such as 0 and 1; not in a file, where they are their names.
    """

    features: pd.DataFrame
    target: Float64[np.ndarray, "row *target"]
    target_name: str
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    groups: Groups | None = None
    weights: Weights | None = None
    targets: tuple[str, ...] = ()
    cells: tuple[Any, ...] = ()

    @property
    def task(self) -> str:
        """What the target asks for, "classification" or "regression"."""
        return "classification" if self.classes else "regression"

    @property
    def strata(self) -> Int64[np.ndarray, "row *label"] | None:
        """The class of each row, or which labels it has, by which splits are stratified; None of numbers."""
        return self.target.astype(np.int64) if self.classes else None

    @property
    def clusters(self) -> Int64[np.ndarray, " row"] | None:
        """The group of each row, by which splits are made and evidence is counted; None where there are no groups."""
        return None if self.groups is None else self.groups.codes

    @property
    def row_weights(self) -> Float64[np.ndarray, " row"] | None:
        """The weight of each row; None where all count alike."""
        return None if self.weights is None else self.weights.values

    @property
    def n_rows(self) -> int:
        """Number of observations."""
        return len(self.target)

    @property
    def n_targets(self) -> int:
        """Number of targets."""
        return len(self.targets) or 1

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels that a row may have; empty where the target is no such thing."""
        return self.targets if self.classes else ()

    def of_each(self) -> Iterator["Table"]:
        """Give the table of each of several targets alone, the others left out; of one target the table itself."""
        if not self.targets:
            yield self
        for place, name in enumerate(self.targets):
            yield replace(self, target=self.target[:, place], target_name=name, targets=())

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Kind of each feature column, "number", "category" or "text"."""
        return storage.kinds_of(self.features)

    @property
    def texts(self) -> tuple[str, ...]:
        """Names of the columns of text."""
        return tuple(str(name) for name, kind in zip(self.features, self.kinds, strict=True) if kind == "text")

    def fingerprint(self) -> str:
        """SHA-256 of the content: names, kinds, levels, cells and target. The same on any version of pandas.

        Examples
        --------
        >>> make_table(pd.DataFrame({"age": [1, 2], "pay": [3, 4]}), "pay").fingerprint()[:8]
        'd4d72c66'
        """
        named = self.targets or self.target_name
        return storage.fingerprint(self.features, self.target, named, self.classes, self.groups, self.weights)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table to a Feather file, uncompressed, so that many processes can map one copy of it."""
        named = self.targets or self.target_name
        parts = (self.features, self.target, named, self.notes, self.classes, self.groups, self.weights)
        storage.save(path, *parts)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Table":
        """Map a table that `save` wrote; number columns stay on disk until they are read.

        Raises
        ------
        InputError
            Where the file is not there, cut off or not a table of posology's.
        """
        features, target, named, notes, classes, groups, weights = storage.load(path)
        name, several = (named, ()) if isinstance(named, str) else (", ".join(named), named)
        return cls(features, target, name, notes, classes, groups, weights, several)


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
    features = features[known].reset_index(drop=True)
    checks.check_not_all_missing(features)
    columns = [column_of(str(name), features[name]) for name in features]
    checks.check_features(columns)
    joined = _joined(columns)
    rows = np.flatnonzero(heavy > 0)[known]
    together = None if groups is None else groups_of(groups.iloc[rows], str(groups.name))
    said = list(read.notes)
    said += [together.note()] if together else []
    repeats = _repeats(joined, numbers)
    weighted = None if weights is None else weights_of(str(weights.name), heavy[rows])
    said += [weighted.note()] if weighted else []
    notes = [
        *said,
        *_missing_note(known, list(targets)),
        *idle,
        *notes_on_idle(columns),
        *checks.notes_on(columns, int(repeats.sum()), grouped=bool(together)),
        *notes_on_stand_ins(columns, each, read.classes),
    ]
    notes += [] if together else notes_on_time(columns, numbers)
    # among copies of rows every column seems to stand for the target
    once = [_rows_of(column, ~repeats) for column in columns] if repeats.any() else columns
    found = list(dict.fromkeys(leak for name, y in each.items() for leak in _leaks(once, y[~repeats], name)))
    for leak in found:
        warnings.warn(leak, LeakWarning, stacklevel=3)
    numbers.setflags(write=False)
    several = tuple(each) if len(each) > 1 else ()
    about = (", ".join(each), (*notes, *found), read.classes, together, weighted)
    return Table(joined, numbers, *about, targets=several, cells=read.cells)


def _leaks(columns: list[Column], target: np.ndarray, name: str) -> list[str]:
    return [*leaks.leaks_in(columns, target, name), *leaks.sum_in(columns, target, name)]


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
