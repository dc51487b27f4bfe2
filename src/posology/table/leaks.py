"""Columns that give the target away, or that number the rows: found and told, never removed."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int64

from posology.table.columns import Column, Numbers
from posology.table.spellings import mostly_dates
from posology.table.time_order import is_time, only_one_way
from posology.wording import leave_out, quoted

GIVEAWAY = 0.9999  # absolute correlation from which a feature is the target again
EXACT = 1e-9  # of the largest value: beyond it a sum is not exact
ENOUGH_PAIRS = 10  # below this, a perfect correlation or a counter is no surprise
MOST_PARTS = 300  # of more columns of numbers no sum is sought: the time grows with the cube of their number
LISTED = 8  # parts of a sum, at most, that are all named
BLOCK = 2**14  # rows of which a sum is asked at a time

Places = Int64[np.ndarray, " place"]


def leaks_in(columns: Iterable[Column], target: Numbers, target_name: str) -> Iterator[str]:
    """Columns that give the target away or identify rows, one sentence each.

    A column gives the target away where its correlation with it, Pearson's or Spearman's, is beyond 0.9999 in
    absolute value, or where each of its values stands for one value of the target and the other way round,
    with two rows a value or more on average. It identifies rows where it is text that is new in every row, or
    whole numbers that are new in every row and are consecutive or only rise or only fall.

    Examples
    --------
    >>> from posology.table.columns import column_of
    >>> y = np.arange(20.0) ** 2
    >>> list(leaks_in([column_of("root", pd.Series(np.sqrt(y) + 0.5))], y, "area"))[0][:51]
    "Column 'root' gives the target 'area' away: their r"
    """
    for column in columns:
        if column.kind == "text":
            continue  # of which every row's differs from the others, without being its name
        reasons = [reason for part in column.parts.values() if (reason := _giveaway(part, target))]
        if reasons:
            yield (
                f"Column '{column.name}' gives the target '{target_name}' away: {reasons[0]}. "
                f"If it is not known when predicting, use {leave_out([column.name])}."
            )
        elif reason := _identity(column):
            yield (
                f"Column '{column.name}' looks like a row number or a name of the row: {reason}. "
                f"If so, use {leave_out([column.name])}."
            )


def sum_in(columns: Iterable[Column], target: Numbers, target_name: str) -> Iterator[str]:
    """Numbers of which the target is a sum, each with a factor, to the last digit; one sentence, or none.

    Asked of rows without missing cells, five a column at least, and ten in all: an exact sum of fewer is no surprise.
    Not asked of more than 300 columns of numbers.

    Examples
    --------
    >>> from posology.table.columns import column_of
    >>> parts = np.random.default_rng(0).integers(0, 99, (2, 20)).astype(float)
    >>> columns = [column_of(name, pd.Series(part)) for name, part in zip(("casual", "member"), parts)]
    >>> list(sum_in(columns, parts.sum(axis=0), "count"))[0][:62]
    "Columns 'casual' and 'member' give the target 'count' away tog"
    """
    numbers = {c.name: c.parts[c.name].to_numpy(float) for c in columns if c.kind == "number"}
    if not 2 <= len(numbers) <= MOST_PARTS:
        return
    known = np.isfinite(target)
    for part in numbers.values():
        known &= np.isfinite(part)
    rows = np.flatnonzero(known)
    if len(rows) < max(ENOUGH_PAIRS, 5 * len(numbers)):
        return
    counts = _exact_sum([target, *numbers.values()], rows)
    parts = [name for name, has_part in zip(numbers, counts, strict=True) if has_part]
    if len(parts) > 1:
        named = quoted(parts) if len(parts) > LISTED else f"{quoted(parts[:-1])} and {quoted(parts[-1:])}"
        yield (
            f"Columns {named} give the target '{target_name}' away together: it is a sum of them, each with a factor. "
            f"If they are not known when predicting, use {leave_out(parts)}."
        )


def _exact_sum(columns: Sequence[Numbers], rows: Places) -> Bool[np.ndarray, " column"]:
    """Tell which columns have a part in the first, where in all of `rows` it is a weighted sum of them; else none."""
    none = np.zeros(len(columns) - 1, bool)
    # some rows are enough to know the factors, and to see of nearly every target that it is no sum
    every = max(1, len(rows) // max(2000, 5 * len(columns)))
    some = _cells(columns, rows[::every])
    middle = some.mean(axis=0)
    most = np.abs(some - middle).max(axis=0)
    unit = np.where(most > 0, most, 1.0)
    y, *x = ((some - middle) / unit).T
    factors = np.linalg.lstsq(np.stack(x, axis=1), y, rcond=None)[0]
    weights = np.array([-1.0, *factors])
    if np.abs(((some - middle) / unit) @ weights).max() > EXACT:
        return none
    for start in range(0, len(rows), BLOCK):  # never all at once, which would be the table again
        block = (_cells(columns, rows[start : start + BLOCK]) - middle) / unit
        if np.any(np.abs(block @ weights) > EXACT * np.maximum(1.0, np.abs(block).max(axis=1))):
            return none
    return np.abs(factors) > EXACT


def _cells(columns: Sequence[Numbers], rows: Places) -> Float[np.ndarray, "place column"]:
    return np.column_stack([column[rows] for column in columns])


def _giveaway(part: pd.Series, target: Numbers) -> str:
    known = part.notna().to_numpy()
    if known.sum() < ENOUGH_PAIRS:
        return ""
    y = target[known]
    if isinstance(part.dtype, pd.CategoricalDtype):
        codes = part.cat.codes.to_numpy()[known]
        return "each of its levels stands for one value of the target" if _one_to_one(codes, y) else ""
    x = part.to_numpy()[known]
    if np.array_equal(x, y):
        return "they are equal"
    for what, correlation in (("they", abs(_correlation(x, y))), ("their ranks", _rank_correlation(x, y))):
        if correlation > GIVEAWAY:
            return f"{what} correlate by more than {GIVEAWAY}"
    return "each of its values stands for one value of the target" if _one_to_one(x, y) else ""


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    scaled = [v / (np.abs(v).max() or 1.0) for v in (x, y)]  # no overflow in the squares
    x, y = (v - v.mean() for v in scaled)
    norm = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / norm) if norm > 0 else 0.0


def _rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    # Ranking every column in full is slow; one that is far from the target is so on 2,000 rows too.
    step = max(1, len(x) // 2000)
    for every in (step, 1):
        ranks = [pd.Series(v[::every]).rank().to_numpy() for v in (x, y)]
        value = abs(_correlation(*ranks))
        if value < GIVEAWAY - 0.005 or step == 1:
            break
    return value


def _one_to_one(x: np.ndarray, y: np.ndarray) -> bool:
    codes_x, values_x = pd.factorize(x)
    codes_y, values_y = pd.factorize(y)
    if len(values_x) != len(values_y) or not 2 <= len(values_x) <= len(x) / 2:
        return False
    return len(np.unique(codes_x * len(values_y) + codes_y)) == len(values_x)


def _identity(column: Column) -> str:
    part = next(iter(column.parts.values()))
    if column.kind == "date" or len(part) < ENOUGH_PAIRS or part.isna().any() or not part.is_unique:
        return ""
    if column.kind == "category":
        # a day for each row is no name of it, however the days are spelled
        return "" if mostly_dates(list(part.cat.categories)) else "its text is another in every row"
    numbers = part.to_numpy()
    if np.any(numbers % 1) or is_time(column):
        return ""
    if np.ptp(numbers) == len(numbers) - 1:
        return "its whole numbers are consecutive, one for each row"
    return "its whole numbers only rise or only fall" if only_one_way(numbers) else ""
