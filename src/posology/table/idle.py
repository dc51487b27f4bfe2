"""Columns that add nothing to the others: constant ones, and those that equal another. Told, never removed."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from posology.table.columns import Column
from posology.wording import counted, quoted


def notes_on_idle(columns: Sequence[Column]) -> Iterator[str]:
    """Tell which columns are constant and which equal an earlier one, a sentence each.

    Examples
    --------
    >>> from posology.table.columns import column_of
    >>> cells = {"site": ["a", "a"], "age": [31, 64], "years": [31.0, 64.0]}
    >>> list(notes_on_idle([column_of(name, pd.Series(values)) for name, values in cells.items()]))
    ["Column 'site' is constant, so it tells a network nothing.", "Column 'years' equals 'age'."]
    """
    constant = [c.name for c in columns if all(part.nunique(dropna=False) == 1 for part in c.parts.values())]
    if len(constant) == 1:
        yield f"Column '{constant[0]}' is constant, so it tells a network nothing."
    elif constant:
        yield f"{counted(len(constant), 'column')} are constant, so they tell a network nothing: {quoted(constant)}."
    equal = _equal([c for c in columns if c.name not in set(constant)])
    if len(equal) == 1:
        yield "".join(f"Column '{name}' equals '{first}'." for name, first in equal.items())
    elif equal:
        shown = [f"{name} = {first}" for name, first in equal.items()]
        yield f"{counted(len(equal), 'column')} equal an earlier one: {quoted(shown)}."


def _equal(columns: Sequence[Column]) -> dict[str, str]:
    """Give columns that equal an earlier one, with that one, by hashes of their cells."""
    first: dict[int, str] = {}
    found = {}
    for column in columns:
        parts = [pd.util.hash_pandas_object(part, index=False).to_numpy() for part in column.parts.values()]
        earlier = first.setdefault(hash(np.concatenate(parts).tobytes()), column.name)
        if earlier != column.name:
            found[column.name] = earlier
    return found
