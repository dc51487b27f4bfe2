"""Categories whose levels are too rare for a column of 0 and 1 each, so that a network hears little of them: told."""

from collections.abc import Iterable, Iterator

from posology.table.columns import Column
from posology.table.levels import (
    FEWEST_ROWS_OF_A_LEVEL,
    MOST_COLUMNS_OF_A_CATEGORY,
    Counts,
    rows_of_levels,
    share_in_common,
)
from posology.table.text import MOST_IN_COMMON
from posology.wording import counted, quoted

_REMEDY = "Join levels, or write numbers for them, such as columns of 0 and 1, which are read however rare."


def notes_on_rare_levels(columns: Iterable[Column]) -> Iterator[str]:
    """Tell of categories that become one column in all, in one sentence, and of each of which many cells share one.

    Examples
    --------
    >>> import pandas as pd
    >>> from posology.table.columns import column_of
    >>> cells = {"block": list("abcdefgh") * 3, "town": ["Ulm"] * 16 + ["Bonn", "Jena"] * 4}
    >>> for note in notes_on_rare_levels([column_of(name, pd.Series(values)) for name, values in cells.items()]):
    ...     print(note.partition(" Join")[0])
    Column 'block' has no level in 10 rows or more, so its 8 share one column, which tells a network nothing.
    Column 'town' has 3 levels: 1 gets a column, and the others, too rare for one, share one (33% of the cells).
    """
    counts = {c.name: rows_of_levels(c.parts[c.name]) for c in columns if c.kind == "category"}
    # names of rows, another in each, are told of as such
    several = {name: rows for name, rows in counts.items() if 1 < _levels(rows) < rows[1:].sum()}
    silent = [name for name, rows in several.items() if share_in_common(rows) == 1]
    if len(silent) == 1:
        yield (
            f"Column '{silent[0]}' has no level in {FEWEST_ROWS_OF_A_LEVEL} rows or more, so its "
            f"{_levels(several[silent[0]]):,} share one column, which tells a network nothing. {_REMEDY}"
        )
    elif silent:
        yield (
            f"{counted(len(silent), 'column')} have no level in {FEWEST_ROWS_OF_A_LEVEL} rows or more, so each becomes "
            f"one column, which tells a network nothing: {quoted(silent)}. {_REMEDY}"
        )
    for name, rows in several.items():
        if name not in silent and (said := _shared(rows)):
            yield f"Column '{name}' has {_levels(rows):,} levels: {said}"


def _levels(rows: Counts) -> int:
    """Count the levels; missing cells are none."""
    return int((rows[1:] > 0).sum())


def _shared(rows: Counts) -> str:
    """Say how many levels share a column, where these are many, or many of the cells; else nothing."""
    share = share_in_common(rows)
    if share == 0 or (_levels(rows) <= MOST_COLUMNS_OF_A_CATEGORY and share <= MOST_IN_COMMON):
        return ""
    frequent = int((rows[1:] >= FEWEST_ROWS_OF_A_LEVEL).sum())
    if not frequent:
        return f"all are too rare for a column each, so they share one ({share:.0%} of the cells)."
    own = min(frequent, MOST_COLUMNS_OF_A_CATEGORY - 1)
    which = "1 gets a column" if own == 1 else f"{own} get a column each"
    rare = "" if frequent > own else ", too rare for one,"
    return f"{which}, and the others{rare} share one ({share:.0%} of the cells)."
