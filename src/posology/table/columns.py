"""One column of any dtype -> numbers, categories, text or the parts of a date.

What kind a column is, is decided from all its rows: that is a decision about the schema, like the names of
the columns. What a *cell* becomes is decided by that cell alone, so no row's values depend on another row's.
"""

import datetime as dt
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float64, Shaped
from pandas.api import types

from posology.errors import InputError
from posology.table.spellings import CODE, ISO_DATE, NUMBER, note_on_texts
from posology.table.text import is_text, note_on_text, words_a_cell
from posology.wording import leave_out, quoted

Kind = Literal["number", "category", "date", "text"]
Numbers = Float64[np.ndarray, " row"]
Moments = Shaped[np.ndarray, " row"]  # datetime64[us]

DATE_PARTS = ("days", "month", "weekday", "hour")  # every date has the first three
STRANGE_CELLS = (list, tuple, dict, set, frozenset, np.ndarray, bytes, bytearray, complex)


@dataclass(frozen=True)
class Column:
    """A column of the user's as the table keeps it.

    Attributes
    ----------
    name
        The user's name of the column.
    kind
        What it was found to be.
    parts
        The series it becomes, by name: itself, or "name:days", "name:month", ... for a date. Numbers are
        float64 with NaN for missing, categories have sorted text levels, text is objects with NaN for missing.
    note
        What the user should know about the finding, or nothing.
    """

    name: str
    kind: Kind
    parts: dict[str, pd.Series]
    note: str = ""


def column_of(name: str, values: pd.Series) -> Column:
    """Find out what a column is and bring it into the table's form.

    Numbers are integers, floats, Decimals, booleans (0 and 1), durations (in days), and text where every cell
    is a number. Dates are date and time types, and text where every cell is an ISO 8601 date; the clock is
    taken as written, whatever the time zone. Cells of several words, many of them rare, are text (`text.is_text`);
    a category dtype, and any other text, is a category.

    Parameters
    ----------
    name
        Used in messages and as the name of the parts.
    values
        One cell per row.

    Raises
    ------
    InputError
        Where cells hold lists, dicts, arrays, bytes or complex numbers.

    Examples
    --------
    >>> column_of("smoker", pd.Series(["yes", None, "no"])).kind
    'category'
    >>> parts = column_of("sold", pd.Series(["1970-01-02", "2024-02-29"])).parts
    >>> {part: series.tolist() for part, series in parts.items()}
    {'sold:days': [1.0, 19782.0], 'sold:month': [1.0, 2.0], 'sold:weekday': [4.0, 3.0]}
    """
    dtype = values.dtype
    if types.is_complex_dtype(dtype):
        raise InputError(_strange(name, values.iloc[0]))
    if isinstance(dtype, pd.CategoricalDtype):
        return _category(name, *_distinct(name, values))
    if types.is_numeric_dtype(dtype):
        return _number(name, values.to_numpy(np.float64, na_value=np.nan))
    if types.is_timedelta64_dtype(dtype):
        return _number(name, (values / pd.Timedelta(days=1)).to_numpy(np.float64))
    if isinstance(dtype, np.dtype | pd.DatetimeTZDtype) and types.is_datetime64_any_dtype(dtype):
        return _date(name, values.dt.tz_localize(None).to_numpy("datetime64[us]"))
    return _from_cells(name, values)


def as_numbers(name: str, values: pd.Series) -> Numbers:
    """Bring a column that *must* hold numbers into the table's form, as a new table's column has to be.

    Parameters
    ----------
    name
        Used in the message.
    values
        Any dtype; text is read as a number cell by cell.

    Returns
    -------
    Float64[np.ndarray, " row"]
        NaN where missing.

    Raises
    ------
    InputError
        Where a cell is not a number; the message has an example.

    Examples
    --------
    >>> as_numbers("bmi", pd.Series(["27.9", None])).tolist()
    [27.9, nan]
    """
    column = column_of(name, values)
    if column.kind == "number":
        numbers: np.ndarray = column.parts[name].to_numpy()
        return numbers
    codes, cells = _distinct(name, values)
    wrong = [str(cell) for cell in cells if not NUMBER.fullmatch(str(cell))]
    if wrong:
        raise InputError(
            f"Column '{name}' must hold numbers, as in the table that was studied, "
            f"but here it has {quoted(wrong, 3)}. Mend these cells or leave them empty."
        )
    return _spread(codes, [float(str(cell)) for cell in cells])


def as_levels(name: str, values: pd.Series) -> pd.Series:
    """Bring a column that must be a category into the table's form; whole numbers lose their ".0".

    Examples
    --------
    >>> as_levels("floor", pd.Series([1.0, None, 2.0])).tolist()
    ['1', nan, '2']
    """
    return _category(name, *_distinct(name, values)).parts[name]


def as_text(name: str, values: pd.Series) -> pd.Series:
    """Bring a column that must be text into the table's form; blank cells are missing.

    Examples
    --------
    >>> as_text("review", pd.Series(["very good", None, " "])).tolist()
    ['very good', nan, nan]
    """
    return _texts(*_distinct(name, values))


def as_date_parts(name: str, values: pd.Series) -> dict[str, pd.Series]:
    """Bring a column that must be a date into the table's form, all four parts of it.

    Raises
    ------
    InputError
        Where a cell is no date; the message has an example.

    Examples
    --------
    >>> list(as_date_parts("sold", pd.Series(["1970-01-02"])))
    ['sold:hour', 'sold:days', 'sold:month', 'sold:weekday']
    """
    column = column_of(name, values)
    if column.kind == "date":
        hour = pd.Series(np.where(values.isna(), np.nan, 0.0))  # where no new row has a time of day
        return {f"{name}:hour": hour} | column.parts
    if values.notna().any():
        cells = [str(cell) for cell in _distinct(name, values)[1]]
        wrong = [cell for cell in cells if _moments([cell]) is None]
        raise InputError(
            f"Column '{name}' must hold dates, as in the table that was studied, "
            f"but here it has {quoted(wrong or cells, 3)}. Write them as 2024-02-29 or 2024-02-29T13:45."
        )
    return {f"{name}:{part}": pd.Series(np.full(len(values), np.nan)) for part in DATE_PARTS}


def _number(name: str, numbers: np.ndarray, note: str = "") -> Column:
    return Column(name, "number", {name: pd.Series(numbers)}, note)


def _category(name: str, codes: np.ndarray, cells: list[Any], note: str = "") -> Column:
    texts = [_level(cell) for cell in cells]
    levels = sorted(set(texts))
    place = {level: number for number, level in enumerate(levels)}
    sorted_codes = np.array([place[text] for text in texts] + [-1])[codes]  # code -1, missing, takes the last
    categorical = pd.Categorical.from_codes(sorted_codes, pd.Index(levels, dtype=object))
    return Column(name, "category", {name: pd.Series(categorical)}, note)


def _texts(codes: np.ndarray, cells: list[Any]) -> pd.Series:
    texts = [text if (text := _level(cell)).strip() else np.nan for cell in cells]
    return pd.Series(np.array([*texts, np.nan], dtype=object)[codes], dtype=object)


def _level(cell: Any) -> str:
    whole = isinstance(cell, float | np.floating) and float(cell).is_integer()
    text = str(int(cell)) if whole else str(cell)
    return text.encode(errors="replace").decode()  # a lone surrogate has no UTF-8


def _date(name: str, moments: Moments) -> Column:
    missing = np.isnat(moments)
    day = moments.astype("datetime64[D]")
    days = day.astype(np.int64)
    numbers = {
        "days": days,
        "month": moments.astype("datetime64[M]").astype(np.int64) % 12 + 1,
        "weekday": (days + 3) % 7,  # Monday is 0; 1970-01-01 was a Thursday
        "hour": (moments - day) / np.timedelta64(1, "h"),
    }
    if not np.any(numbers["hour"][~missing]):
        del numbers["hour"]
    parts = {f"{name}:{part}": pd.Series(np.where(missing, np.nan, n)) for part, n in numbers.items()}
    return Column(name, "date", parts)


def _from_cells(name: str, values: pd.Series) -> Column:
    codes, cells = _distinct(name, values)
    if _all(cells, lambda cell: isinstance(cell, Real | Decimal | np.bool_)):
        return _number(name, _spread(codes, [_float(cell) for cell in cells]))
    if _all(cells, lambda cell: isinstance(cell, dt.timedelta)):
        return _number(name, _spread(codes, [cell / dt.timedelta(days=1) for cell in cells]))
    if _all(cells, lambda cell: isinstance(cell, dt.date | pd.Period)):
        return _date(name, np.append(_plain_moments(cells), np.datetime64("NaT", "us"))[codes])
    return _from_texts(name, codes, cells)


def _from_texts(name: str, codes: np.ndarray, cells: list[Any]) -> Column:
    texts = [str(cell) for cell in cells]
    moments = _moments(texts)
    if moments is not None:
        return _date(name, np.append(moments, np.datetime64("NaT", "us"))[codes])
    numeric = np.array([bool(NUMBER.fullmatch(text)) for text in texts])
    codelike = [text for text in texts if CODE.fullmatch(text)]
    if numeric.all() and not codelike:
        note = f"Column '{name}' has numbers that are stored as text; they are taken as numbers."
        return _number(name, _spread(codes, [float(text) for text in texts]), note)
    present = codes[codes >= 0]
    note = note_on_texts(name, texts, numeric, float(numeric[present].mean()))
    counts = np.bincount(present, minlength=len(texts))
    if note or not is_text(texts, counts):
        return _category(name, codes, cells, note)
    about = note_on_text(name, len(texts), words_a_cell(texts, counts))
    return Column(name, "text", {name: _texts(codes, cells)}, about)


def _distinct(name: str, values: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Give each row the place of its cell among the distinct cells, or -1 where missing."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        used, codes = np.unique(values.cat.codes.to_numpy(), return_inverse=True)
        lacking = int(used[:1].sum() == -1)  # the first place is then that of the missing
        codes_of_cells, cells = _distinct(name, pd.Series(values.cat.categories[used[lacking:]], dtype=object))
        return np.append(codes_of_cells, -1)[codes - lacking], cells
    values = values.astype(object)
    if types.infer_dtype(values, skipna=True) == "string":
        codes, texts = pd.factorize(values)
        return codes, list(texts)
    strange = [cell for cell in values if isinstance(cell, STRANGE_CELLS) or not isinstance(cell, Hashable)]
    if strange:
        raise InputError(_strange(name, strange[0]))
    typed = values.map(lambda cell: (type(cell), cell), na_action="ignore")  # so that 1, True and "1" differ
    codes, cells = pd.factorize(typed)
    return codes, [cell for _, cell in cells]


def _all(cells: list[Any], test: Callable[[Any], bool]) -> bool:
    return all(test(cell) for cell in cells)


def _spread(codes: np.ndarray, numbers: list[float]) -> Numbers:
    spread: np.ndarray = np.array([*numbers, np.nan], dtype=np.float64)[codes]
    return spread


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except OverflowError:  # an integer beyond 1e308: refused as too large by the checks
        return float("inf") if cell > 0 else float("-inf")


def _plain_moments(cells: list[Any]) -> Moments:
    starts = [cell.start_time if isinstance(cell, pd.Period) else cell for cell in cells]
    plain = [cell.replace(tzinfo=None) if isinstance(cell, dt.datetime) else cell for cell in starts]
    return np.array([np.datetime64(cell, "us") for cell in plain], dtype="datetime64[us]")


def _moments(texts: list[str]) -> Moments | None:
    """Read ISO dates as they are written, or give nothing where one of the texts is none."""
    found = [ISO_DATE.fullmatch(text) for text in texts]
    if not texts or not all(found):
        return None
    # 15 characters of time go down to the microsecond
    plain = [f"{match['day']}T{(match['time'] or '00:00')[:15]}" for match in found if match]
    try:
        return np.array(plain, dtype="datetime64[us]")
    except ValueError:  # 2023-02-29
        return None


def _strange(name: str, cell: Any) -> str:
    kind = type(cell).__name__
    return (
        f"Column '{name}' has cells of type {kind}, such as {str(cell)[:40]}; posology takes numbers, text, "
        f"booleans and dates. Turn it into columns of these, or leave it out: {leave_out([name])}."
    )
