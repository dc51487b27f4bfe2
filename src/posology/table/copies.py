"""Copies of a row become one row of their summed weight: a weight of 2 is then the row twice, exactly."""

from dataclasses import replace

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64, UInt64

from posology.table.groups import Groups
from posology.table.table import Table
from posology.table.weights import weights_of
from posology.wording import counted


def without_copies(table: Table) -> Table:
    """Sort the rows of a table by their content, and join those that agree in every cell, target and group included.

    What is fitted then depends on which rows there are and how much each counts, not on their order, nor on whether
    a row stands twice or has a weight of 2. Where columns have so few values that rows agree by chance, they are no
    copies and stay: joined, two people of the same sex and age would be one.

    Examples
    --------
    >>> from posology.table import table_from_arrays
    >>> twice = table_from_arrays([[0.1, 7.0], [0.3, 6.0], [0.1, 7.0], [0.5, 9.0]], [1.5, 2.5, 1.5, 3.5])
    >>> joined = without_copies(twice)
    >>> sorted(zip(joined.target.tolist(), joined.row_weights.tolist()))
    [(1.5, 2.0), (2.5, 1.0), (3.5, 1.0)]
    """
    keys = _keys(table)
    _, first, place = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    if len(first) == table.n_rows or _agree_by_chance(table, len(first)):
        order = np.lexsort(keys.T[::-1])
        return _rows(table, order, None if table.row_weights is None else table.row_weights[order])
    heavy = np.ones(table.n_rows) if table.row_weights is None else table.row_weights
    joined = _rows(table, first, np.bincount(place.ravel(), heavy))
    copies = table.n_rows - len(first)
    note = f"{counted(copies, 'row')} that repeat{'s' if copies == 1 else ''} another became its weight."
    return replace(joined, notes=(*joined.notes, note), copies=max(0, table.copies - copies))


def _keys(table: Table) -> UInt64[np.ndarray, "row key"]:
    """Give numbers that are equal where rows agree: a hash of the features, the target, the group."""
    features = pd.util.hash_pandas_object(table.features, index=False).to_numpy()
    parts = [features, (table.target + 0.0).view(np.uint64)]
    if table.clusters is not None:
        parts.append(table.clusters.astype(np.uint64))
    return np.column_stack(parts)


def _agree_by_chance(table: Table, different: int) -> bool:
    """Tell whether a pair of rows is expected to agree where columns are independent and all values as frequent."""
    values = [table.features[name].nunique(dropna=False) for name in table.features]
    logs = np.log([*values, len(np.unique(table.target, axis=0))]).sum()
    return bool(2 * np.log(different) - np.log(2) > logs)


def _rows(table: Table, rows: Int64[np.ndarray, " kept"], weights: Float64[np.ndarray, " kept"] | None) -> Table:
    """Take rows of a table, in this order, with these weights."""
    name = "sample_weight" if table.weights is None else table.weights.name
    groups = None
    if table.groups is not None:
        codes, _ = pd.factorize(table.groups.codes[rows])
        groups = Groups(codes.astype(np.int64), table.groups.name)
    target = table.target[rows]
    target.setflags(write=False)
    return replace(
        table,
        features=table.features.iloc[rows].reset_index(drop=True),
        target=target,
        groups=groups,
        weights=None if weights is None else weights_of(name, weights),
    )
