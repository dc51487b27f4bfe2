"""Cells that may not mean what they say: a number that stands for missing, one level in two spellings. Told only."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from posology.table.columns import Column, Numbers
from posology.wording import quoted

FEWEST_OTHERS = 5
"""Distinct other numbers, below which nothing can be said of their range."""


def notes_on_stand_ins(
    columns: Sequence[Column], targets: Mapping[str, Numbers], classes: Sequence[str]
) -> Iterator[str]:
    """Tell of numbers far from all others that stand in several rows, and of levels that differ by case or spaces.

    Parameters
    ----------
    columns
        The features.
    targets
        The numbers of each by its name, or the places of the classes of the only one.
    classes
        Names of the classes; none for numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from posology.table.columns import column_of
    >>> age = column_of("age", pd.Series([31, 64, 45, 29, 50, -999, -999]))
    >>> list(notes_on_stand_ins([age], {"cost": np.arange(7.0)}, ()))
    ["Column 'age' is -999 in 2 rows, far from its other numbers, 29 to 64. If that means missing, empty these cells."]
    """
    for column in columns:
        if column.kind == "number":
            yield from _far(f"Column '{column.name}'", column.parts[column.name].to_numpy())
        elif column.kind == "category":
            yield from _alike(f"Column '{column.name}' has levels", column.parts[column.name].cat.categories)
    for name, numbers in targets.items():
        what = f"The target '{name}'"
        yield from _alike(f"{what} has classes", classes) if classes else _far(what, numbers)


def _far(what: str, numbers: Numbers) -> Iterator[str]:
    """Look at the least and at the greatest number: is it in several rows, and farther away than the others reach."""
    known = numbers[~np.isnan(numbers)]
    for value in (known.min(initial=np.inf), known.max(initial=-np.inf)):
        others = known[known != value]
        rows = len(known) - len(others)
        if rows < 2 or value % 1 or not len(others):
            continue
        low, high = others.min(), others.max()
        far = min(abs(value - low), abs(value - high)) > high - low and len(np.unique(others)) >= FEWEST_OTHERS
        if far and not _next_in_steps(value, others):
            yield (
                f"{what} is {value:g} in {rows:,} rows, far from its other numbers, {low:g} to {high:g}. If that means "
                "missing, empty these cells."
            )


def _next_in_steps(value: float, others: Numbers) -> bool:
    """Tell whether a number is as many times the greatest as this is the one before, as in 25, 50, 100, 200."""
    before, greatest = np.unique(others)[-2:]
    return bool(0 < before < greatest < value <= greatest * (greatest / before))


def _alike(what: str, levels: Iterable[str]) -> Iterator[str]:
    found: dict[str, list[str]] = {}
    for level in levels:
        found.setdefault(" ".join(level.casefold().split()), []).append(level)
    if several := [level for same in found.values() if len(same) > 1 for level in same]:
        yield f"{what} that differ by case or spaces alone, such as {quoted(several[:2])}; they are not joined."
