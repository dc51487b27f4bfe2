"""New rows, to be predicted, in the form that a preparation was fitted on."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from posology.table.checks import check_columns, check_names
from posology.table.columns import DATE_PARTS, as_date_parts, as_levels, as_numbers, as_text
from posology.table.preparation import Preparation
from posology.wording import quoted


def features_of(frame: pd.DataFrame, preparation: Preparation) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Bring a *new* frame into the form that a preparation was fitted on: dates, booleans, levels.

    Kinds are those of the studied table, not found anew. Rows keep their order and number.

    Parameters
    ----------
    frame
        New rows, with the user's own columns; the target may be among them or not.
    preparation
        Fitted on a table of the same columns.

    Returns
    -------
    tuple[pd.DataFrame, tuple[str, ...]]
        The features in order, and notes: columns that were ignored, levels never seen.

    Raises
    ------
    InputError
        Where columns are missing, or a cell is of another kind than in the studied table.

    Examples
    --------
    >>> from posology.table import make_table
    >>> studied = make_table(pd.DataFrame({"sold": ["1970-01-01", "1970-01-10"], "price": [3, 5]}), "price")
    >>> preparation = Preparation.fit(studied.features, studied.target)
    >>> features_of(pd.DataFrame({"sold": ["1970-01-02"], "id": [7]}), preparation)[1]
    ("Not used, because it is no feature of the study: 'id'.",)
    """
    frame = frame.set_axis(check_names(list(frame.columns)), axis="columns").reset_index(drop=True)
    sources = sources_of(preparation.columns, list(frame.columns))
    extra = check_columns(sources, list(frame.columns))
    parts: dict[str, pd.Series] = {}
    for name, kind in sources.items():
        if kind == "date":
            parts |= as_date_parts(name, frame[name])
        else:
            parts[name] = _OF_KIND[preparation.kinds[preparation.columns.index(name)]](name, frame[name])
    columns = pd.Index(preparation.columns, dtype=object)
    return pd.DataFrame(parts, columns=columns), (*_ignored(extra), *_unseen(parts, preparation.levels))


def _as_numbers(name: str, cells: pd.Series) -> pd.Series:
    return pd.Series(as_numbers(name, cells))


_OF_KIND: Mapping[str, Callable[[str, pd.Series], pd.Series]] = {
    "category": as_levels,
    "text": as_text,
    "number": _as_numbers,
}


def sources_of(columns: Sequence[str], given: Sequence[str] = ()) -> dict[str, str]:
    """Name the user's columns behind the feature columns, "date" or "plain": "sold:days", ... come from "sold".

    Examples
    --------
    >>> sources_of(["area", "sold:days", "sold:month", "sold:weekday"])
    {'area': 'plain', 'sold': 'date'}
    """
    dates = {
        name.removesuffix(":days")
        for name in columns
        if name.endswith(":days") and name not in given and f"{name[:-5]}:weekday" in columns
    }
    found: dict[str, str] = {}
    for name in columns:
        base, _, part = name.rpartition(":")
        is_part = base in dates and part in DATE_PARTS and name not in given
        found |= {base: "date"} if is_part else {name: "plain"}
    return found


def _ignored(extra: Sequence[str]) -> list[str]:
    # also what the study was told to leave out: it had such columns, and did not learn from them
    they = "it is no feature" if len(extra) == 1 else "they are no features"
    return [f"Not used, because {they} of the study: {quoted(extra)}."] if extra else []


def _unseen(parts: Mapping[str, pd.Series], levels: Mapping[str, tuple[str, ...]]) -> list[str]:
    notes = []
    for name, known in levels.items():
        new = [level for level in parts[name].cat.categories if level not in set(known)]
        if new:
            notes.append(f"Column '{name}' has levels that the studied table did not have: {quoted(new)}.")
    return notes
