"""Rows that lie in time: told where neighbours in time have like targets, which random folds do not respect."""

import re
from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float64

from posology.table.columns import Column, Numbers

ALIKE = 0.3
"""Correlation of neighbours in time from which it is told."""

CERTAIN = 4.0
"""And how many standard errors of no correlation, 1/sqrt(rows), it must be: tables have several dates."""

CALLED_TIME = re.compile(
    r"(?<![^\W\d_])(times?|dates?|years?|yr|quarters?|months?|weeks?|days?|hours?|minutes?|period|t)(?![^\W\d_])",
    re.IGNORECASE,
)
"""A word in the name of a column that says that its numbers are a time."""


def is_time(column: Column) -> bool:
    """Tell whether numbers are the time of their rows: called so, and only rising or only falling, row by row.

    Examples
    --------
    >>> import pandas as pd
    >>> from posology.table.columns import column_of
    >>> [is_time(column_of(name, pd.Series([1871.0, 1871.25, 1871.5]))) for name in ("time", "width")]
    [True, False]
    """
    if column.kind != "number" or not CALLED_TIME.search(column.name):
        return False
    return only_one_way(column.parts[column.name].to_numpy())


def only_one_way(numbers: Numbers) -> bool:
    """Tell whether numbers only rise, or only fall, from each to the next."""
    steps = np.diff(numbers)
    return bool(np.all(steps > 0) or np.all(steps < 0))


def notes_on_time(columns: Iterable[Column], target: Float64[np.ndarray, "row *target"]) -> Iterator[str]:
    """Tell of dates and times in whose order neighbours have like targets, one sentence each; of several the likest.

    Examples
    --------
    >>> import pandas as pd
    >>> from posology.table.columns import column_of
    >>> days = column_of("day", pd.Series(pd.date_range("2024-01-01", periods=100).strftime("%Y-%m-%d")))
    >>> list(notes_on_time([days], np.sin(np.arange(100) / 9)))[0][:66]
    "Neighbours in the order of 'day' have like targets (correlation 0."
    """
    for column in columns:
        each = target.reshape(len(target), -1).T if column.kind == "date" or is_time(column) else ()
        if (alike := max((_autocorrelation(column, y) for y in each), default=0.0)) > 0:
            yield (
                f"Neighbours in the order of '{column.name}' have like targets (correlation {alike:.2f}): folds at "
                "random train on a row's neighbours in time and score too well. Keep periods together: --groups with a "
                "column such as the month or the decade. How well a network does ahead of the last row is another "
                "question, which no verdict here is about."
            )


def _autocorrelation(column: Column, target: Numbers) -> float:
    """Correlate neighbours in time; 0 where that is no more than chance or too little to tell."""
    parts = {name.rpartition(":")[2]: part.to_numpy() for name, part in column.parts.items()}
    time = (
        parts["days"] + parts.get("hour", 0.0) / 24 if column.kind == "date" else column.parts[column.name].to_numpy()
    )
    known = np.isfinite(time)
    y = target[known][np.argsort(time[known], kind="stable")]
    y = y - y.mean() if len(y) else y
    spread = float(y @ y)
    alike = float(y[1:] @ y[:-1]) / spread if spread > 0 else 0.0
    return alike if alike > max(ALIKE, CERTAIN / np.sqrt(len(y))) else 0.0
