"""Which prepared columns each input of a network reads: one matrix of rows, inputs side by side in it.

A network with one input reads all columns. One with several reads each column by one of them, by the user's word or by
name. An input of codes, such as an Embedding reads, gets categories by number in place of columns of 0 and 1.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float32

from posology.errors import InputError
from posology.files import parsed_json, read_small
from posology.table.preparation import Preparation, prepared_width
from posology.table.table import Table
from posology.table.typed import of_type, texts, texts_by_name
from posology.wording import did_you_mean, quoted

FILE = "layout.json"
MOST_BYTES = 2**28
AGAIN = "Copy the folder from the study again."
ALL_COLUMNS = ""
"""The name of the one input of a network that reads all columns as measurements."""


@dataclass(frozen=True)
class Slot:
    """The columns of one input.

    Parameters
    ----------
    name : str
        The input's name in the network; empty for the only one.
    columns : tuple of str
        Feature columns, in the order of the table.
    width : int
        Columns of the matrix: a bound over all folds, so that all have one shape. Those to spare are zeros.
    levels : dict
        For an input of codes, the levels of each category in the whole table: the first is 1, the second 2, and so on;
        0 is for what is missing and for levels that no training row has. Numbers are codes already.
    coded : bool
    largest : int
        For an input of codes, the largest in the table.
    """

    name: str
    columns: tuple[str, ...]
    width: int
    coded: bool = False
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    largest: int = 0


@dataclass(frozen=True)
class Layout:
    """The slots of all inputs, in the order in which the network has them.

    Parameters
    ----------
    slots : tuple of Slot
    by_name : bool
        Whether the user names inputs: a function that builds the network is then given rows by input.
    """

    slots: tuple[Slot, ...]
    by_name: bool = False

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return sum(slot.width for slot in self.slots)

    @property
    def codes(self) -> tuple[str, ...]:
        """Columns that an input takes as codes."""
        return tuple(column for slot in self.slots if slot.coded for column in slot.columns)

    def matrix(self, preparation: Preparation, features: pd.DataFrame) -> Float32[np.ndarray, "row column"]:
        """Prepare rows and put their columns where the inputs read them."""
        prepared, sources = preparation.transform(features), np.array(preparation.sources)
        out = np.zeros((len(features), self.width), np.float32)
        begin = 0
        for slot in self.slots:
            part = _codes(slot, preparation, features) if slot.coded else prepared[:, np.isin(sources, slot.columns)]
            out[:, begin : begin + part.shape[1]] = part
            begin += slot.width
        return out

    def by_input(self, matrix: np.ndarray) -> np.ndarray | dict[str, np.ndarray]:
        """Give a matrix as a builder of the network takes it: itself, or a part for each named input."""
        if not self.by_name:
            return matrix
        ends = np.cumsum([slot.width for slot in self.slots])
        return {slot.name: matrix[:, end - slot.width : end] for slot, end in zip(self.slots, ends, strict=True)}

    def save(self, folder: Path) -> None:
        """Write `layout.json` into a folder."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, folder: Path) -> "Layout":
        """Read what `save` wrote.

        Raises
        ------
        InputError
            It is not there or damaged.
        """
        data = parsed_json(read_small(folder / FILE, MOST_BYTES, AGAIN), folder / FILE, AGAIN)
        try:
            return cls(tuple(_slot(slot) for slot in data["slots"]), of_type(bool, data["by_name"]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(f"'{folder / FILE}' is missing or damaged ({type(error).__name__}). {AGAIN}") from error


def _slot(data: Mapping[str, Any]) -> Slot:
    return Slot(
        of_type(str, data["name"]),
        texts(data["columns"]),
        of_type(int, data["width"]),
        of_type(bool, data.get("coded", False)),
        texts_by_name(data.get("levels", {})),
        of_type(int, data.get("largest", 0)),
    )


def _codes(slot: Slot, preparation: Preparation, features: pd.DataFrame) -> np.ndarray:
    out = np.zeros((len(features), len(slot.columns)), np.float32)
    for place, name in enumerate(slot.columns):
        if name in slot.levels:
            seen = set(preparation.levels[name])
            code = {level: i for i, level in enumerate(slot.levels[name], 1) if level in seen}
            out[:, place] = features[name].map(code).astype(float).fillna(0)
        else:
            _check_code(name, features[name], slot.largest)
            out[:, place] = features[name]
    return out


def one_input(table: Table) -> Layout:
    """Lay out all columns for a network with one input of measurements."""
    return Layout((slot_of(table, ALL_COLUMNS, list(table.features)),))


def prepared_as_given(
    table: Table, given: Mapping[str, Sequence[str]]
) -> Float32[np.ndarray, "row column"] | dict[str, np.ndarray]:
    """Prepare all rows, for a builder of a network that looks at their shape."""
    fitted = Preparation.fit(table.features, table.target, scaled=not table.classes, weights=table.row_weights)
    return rows_as_given(table, given, fitted, table.features)


class RowsByInput(dict[str, np.ndarray]):
    """Prepared rows by input, as far as the user names inputs; another is added when a builder asks for it by name."""

    def __init__(self, rows: Mapping[str, np.ndarray], others: Callable[[str], np.ndarray]) -> None:
        super().__init__(rows)
        self._others = others

    def __missing__(self, name: str) -> np.ndarray:
        self[name] = self._others(name)  # kept: who calls the builder again with a part of the rows has it too
        return self[name]


def rows_as_given(
    table: Table, given: Mapping[str, Sequence[str]], preparation: Preparation, features: pd.DataFrame
) -> Float32[np.ndarray, "row column"] | dict[str, np.ndarray]:
    """Prepare rows for a builder whose network is not known yet: all columns, or by input where the user names inputs.

    An input that is not named reads the column of its name, else the columns that no named one reads, as `assign` has
    it of the network's own inputs.
    """
    if not given:
        return one_input(table).matrix(preparation, features)
    named = assign(list(given), list(table.features), given)
    taken = {column for own in named.values() for column in own}
    layout = Layout(tuple(slot_of(table, name, own) for name, own in named.items()), by_name=True)
    rows = layout.by_input(layout.matrix(preparation, features))
    assert isinstance(rows, dict)  # by name

    def others(name: str) -> np.ndarray:
        columns = _parts(name, list(table.features)) or [c for c in table.features if c not in taken]
        if not columns:
            raise KeyError(name)
        return Layout((slot_of(table, name, columns),)).matrix(preparation, features)

    return RowsByInput(rows, others)


def slot_of(table: Table, name: str, columns: Sequence[str], *, coded: bool = False) -> Slot:
    """Make the slot of an input.

    Raises
    ------
    InputError
        A number that is to be a code is not one, or a text is to be one.
    """
    names = tuple(column for column in table.features if column in set(columns))
    kinds = dict(zip(table.features, table.kinds, strict=True))
    if not coded:
        return Slot(name, names, sum(prepared_width(table.features[column]) for column in names))
    if texts := [column for column in names if kinds[column] == "text"]:
        raise InputError(
            f"Column '{texts[0]}' is text, but the input '{name}' takes codes (an Embedding reads it). Give text to "
            "another input, or leave it out."
        )
    levels = {c: tuple(map(str, table.features[c].cat.categories)) for c in names if kinds[c] == "category"}
    numbers = [c for c in names if c not in levels]
    for column in numbers:
        _check_code(column, table.features[column])
    largest = max([0, *(int(table.features[c].max()) for c in numbers), *map(len, levels.values())])
    return Slot(name, names, len(names), True, levels, largest)


def _check_code(name: str, cells: pd.Series, largest: int = 2**24 - 1) -> None:
    wrong = ~(cells.notna() & (cells >= 0) & (cells % 1 == 0) & (cells <= largest))
    if wrong.any():
        got = "a missing cell" if cells[wrong].isna().any() else f"{cells[wrong].iloc[0]:g}"
        raise InputError(
            f"Column '{name}' goes to an input of codes (an Embedding reads it), but has {got}. Codes are whole "
            f"numbers from 0 to {largest}, none missing; make the column text, and posology numbers its levels."
        )


def assign(inputs: Sequence[str], columns: Sequence[str], given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Hand the columns of a table out to the inputs of a network.

    An input gets the columns that it is given by the user; else the column of its own name; the one input that is then
    left gets the columns that are left.

    Raises
    ------
    InputError
        An unknown input or column, or inputs without columns.

    Examples
    --------
    >>> assign(["age", "rest"], ["age", "bmi", "sex"], {})
    {'age': ['age'], 'rest': ['bmi', 'sex']}
    """
    _check_given(inputs, columns, given)
    found = {name: [column for own in given.get(name, [name]) for column in _parts(own, columns)] for name in inputs}
    empty = [name for name, own in found.items() if not own]
    if len(empty) == 1:
        taken = {column for own in found.values() for column in own}
        found[empty[0]] = [column for column in columns if column not in taken]
    if lacking := [name for name, own in found.items() if not own]:
        raise InputError(
            f"The network has {len(inputs)} inputs, {quoted(inputs)}, and no column is known for {quoted(lacking)}. "
            f"Say which columns each reads: --input {lacking[0]}=COLUMN,COLUMN (in Python inputs={{...}}), or name the "
            "inputs like columns."
        )
    return found


def _parts(name: str, columns: Sequence[str]) -> list[str]:
    """Give a column, or the numbers "sold:days", "sold:month", ... that stand for the date "sold"."""
    return [name] if name in columns else [column for column in columns if column.startswith(f"{name}:")]


def _check_given(inputs: Sequence[str], columns: Sequence[str], given: Mapping[str, Sequence[str]]) -> None:
    for name, own in given.items():
        if name not in inputs:
            meant = did_you_mean(name, inputs) or f" Its inputs: {quoted(inputs)}."
            raise InputError(f"The network has no input '{name}'.{meant}")
        for column in own:
            if not _parts(column, columns):
                meant = did_you_mean(column, columns) or f" The columns: {quoted(columns)}."
                raise InputError(f"The table has no column '{column}' for the input '{name}'.{meant}")
