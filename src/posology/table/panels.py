"""Rows that look as if they belong together: told where a column numbers blocks of rows, and no groups were named."""

import shlex
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from posology.table.columns import Column
from posology.wording import counted

LEAST_BLOCKS = 10
"""Fewer blocks are levels that a table is sorted by, such as the cells of a designed experiment."""


def notes_on_panels(columns: Iterable[Column]) -> Iterator[str]:
    """Tell of columns whose every value stands in equally many rows, one after another: measured several times.

    Examples
    --------
    >>> from posology.table.columns import column_of
    >>> list(notes_on_panels([column_of("patient", pd.Series(np.repeat(np.arange(20), 3)))]))[0][:70]
    "Column 'patient' has 20 values, each in 3 rows that follow one another"
    """
    told = set()
    for column in columns:
        if (rows := _rows_a_block(column)) > 1 and rows not in told:
            told.add(rows)  # another column with blocks of as many rows has the same blocks
            part = column.parts[column.name]
            yield (
                f"Column '{column.name}' has {part.nunique():,} values, each in {counted(rows, 'row')} that follow one "
                f"another. If these belong together, as visits of a patient do, --groups {shlex.quote(column.name)} "
                "keeps them on one side of every split; else a network is scored on rows like those it has seen."
            )


def _rows_a_block(column: Column) -> int:
    """Count the rows of each block of equal cells; 0 where blocks differ in size, are few, or a value has several."""
    if column.kind not in ("number", "category") or column.name not in column.parts:
        return 0
    codes = pd.factorize(column.parts[column.name])[0]
    if len(codes) == 0 or codes.min() < 0:
        return 0
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    sizes = np.diff(starts, append=len(codes))
    blocks = len(starts) >= LEAST_BLOCKS and len(starts) == codes.max() + 1
    return int(sizes[0]) if blocks and (sizes == sizes[0]).all() else 0
