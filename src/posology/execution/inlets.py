"""Joins a table and a network at the network's inputs: builds the network for the columns that it reads."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from jaxtyping import Int

from posology.errors import InputError
from posology.network.checks import check_compiled, check_model
from posology.network.inputs import NetworkInput, inputs_of
from posology.network.reach import check_reach
from posology.network.source import Builder
from posology.table import Layout, Preparation, Table, assign, one_input, rows_as_given, slot_of
from posology.wording import quoted

MOST_ROWS = 10_000
"""Rows with which a network is first built: every worker prepares them for itself, before its first pack."""


def lay_out(
    build: Builder, name: str, table: Table, given: Mapping[str, Sequence[str]]
) -> tuple[Layout, Any, tuple[str, ...]]:
    """Find out which columns each input of a network reads, and build the network for them.

    Parameters
    ----------
    build : Builder
        Called with prepared rows of the table, at most `MOST_ROWS`, or with rows by input where `given` names inputs;
        and again, with what each input reads, where the network has several inputs or reads codes.
    name : str
        Of the network, for messages.
    table : Table
    given : mapping
        From inputs to columns, as the user says.

    Returns
    -------
    layout : Layout
    model : keras.Model
        Built and checked.
    notes : tuple of str
        What is worth saying of it.

    Raises
    ------
    InputError
        The network cannot be studied, or does not fit the table.
    """
    rows = _first_rows(table.n_rows)
    features, target = table.features.iloc[rows], table.target[rows]
    weights = None if table.row_weights is None else table.row_weights[rows]
    preparation = Preparation.fit(features, target, scaled=not table.classes, weights=weights)
    # rows that mean something: a function may adapt a Normalization to them
    model = build(rows_as_given(table, given, preparation, features))
    check_compiled(model, name)
    inputs = inputs_of(model)
    layout = one_input(table)
    if len(inputs) > 1 or given or any(i.codes for i in inputs):
        layout = _by_inputs(table, inputs, given)
        model = _again(build, layout.by_input(layout.matrix(preparation, features)))
        check_compiled(model, name)
        _check_same(name, inputs, inputs_of(model))
    check_model(model, name, [slot.width for slot in layout.slots], len(table.classes), table.n_targets)
    if not table.classes:
        check_reach(model, name)
    _check_codes(model, name, layout)
    return layout, model, _notes(layout, table)


def _again(build: Builder, rows: Any) -> Any:
    """Build a network a second time, with layers named as in the first: as the user's own process names them."""
    keras.utils.clear_session(free_memory=False)
    try:
        return build(rows)
    except InputError:  # a layer that the file made as it was imported has the name of one that the function makes
        return build(rows)


def _first_rows(rows: int) -> Int[np.ndarray, " row"]:
    """Take all rows, or of a large table some that lie evenly over it."""
    count = min(rows, MOST_ROWS)
    return np.arange(count) * rows // count


def _by_inputs(table: Table, inputs: Sequence[NetworkInput], given: Mapping[str, Sequence[str]]) -> Layout:
    columns = assign([i.name for i in inputs], list(table.features), given)
    slots = tuple(slot_of(table, i.name, columns[i.name], coded=i.codes) for i in inputs)
    return Layout(slots, by_name=bool(given))


def _check_same(name: str, before: Sequence[NetworkInput], after: Sequence[NetworkInput]) -> None:
    if [(i.name, i.codes) for i in before] != [(i.name, i.codes) for i in after]:
        raise InputError(
            f"{name} was called twice and gave other inputs: first {quoted(i.name for i in before)}, then "
            f"{quoted(i.name for i in after)}. Give the inputs names: keras.Input((3,), name='left')."
        )


def _check_codes(model: Any, name: str, layout: Layout) -> None:
    for slot, i in zip(layout.slots, inputs_of(model), strict=True):
        if i.vocabulary is not None and slot.largest >= i.vocabulary:
            raise InputError(
                f"{name} has an Embedding of {i.vocabulary} codes for {quoted(slot.columns)}, but codes go up to "
                f"{slot.largest} (levels are numbered from 1; 0 is for what is missing or new). Write "
                f"Embedding({slot.largest + 1}, ...)."
            )


def _notes(layout: Layout, table: Table) -> tuple[str, ...]:
    read = {column for slot in layout.slots for column in slot.columns}
    idle = [column for column in table.features if column not in read]
    return (f"Not read by any input of the network: {quoted(idle)}.",) if idle else ()
