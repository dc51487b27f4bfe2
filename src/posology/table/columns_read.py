"""As what each column of a table was read, in a sentence and as JSON types."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from posology.table.new_rows import sources_of
from posology.table.storage import kinds_of
from posology.wording import counted, shortened

LISTED = 200
"""Columns that are told of one by one in verdict.json, at most."""

NAMED = 8
"""Columns of a kind that a sentence names, at most."""

KINDS = {
    "number": ("number", "numbers"),
    "truth value": ("truth value", "truth values"),
    "category": ("category", "categories"),
    "date": ("date", "dates"),
    "text": ("text", "texts"),
}
"""From kind to its words for one column and for several."""


def columns_read(features: pd.DataFrame) -> list[dict[str, Any]]:
    """Tell of each of the user's columns what it was read as.

    Parameters
    ----------
    features : DataFrame
        `Table.features`.

    Returns
    -------
    list of dict
        `column`; `kind`, "number", "truth value" (a number that is 0 or 1 throughout), "category", "date" or "text";
        `count`, of a category's levels or of the numbers that a date became, else null; `missing`, cells without a
        value.

    Examples
    --------
    >>> from posology.table import make_table
    >>> frame = pd.DataFrame({"area": [50, 61.5, None], "town": ["Bonn", "Ulm", "Bonn"], "rent": [1, 2, 3]})
    >>> for one in columns_read(make_table(frame, "rent").features):
    ...     print(*one.values())
    area number None 1
    town category 2 0
    """
    kinds = dict(zip(map(str, features), kinds_of(features), strict=True))
    return [
        _date(features, name) if source == "date" else _plain(name, features[name], kinds[name])
        for name, source in sources_of(list(features)).items()
    ]


def note_on_columns(features: pd.DataFrame) -> str:
    """Say what the columns were read as, so that one that is taken for something else is seen.

    Examples
    --------
    >>> from posology.table import make_table
    >>> frame = pd.DataFrame({"area": [50, 61.5, 70], "sold": ["2024-01-02"] * 3, "town": ["Bonn", "Ulm", "Bonn"]})
    >>> note_on_columns(make_table(frame.assign(rent=[1, 2, 3]), "rent").features)
    "3 columns are read: number 'area'; category 'town' (2 levels); date 'sold' (3 parts)."
    """
    found = columns_read(features)
    of_kinds = {kind: [one for one in found if one["kind"] == kind] for kind in KINDS}
    parts = [_of_a_kind(kind, own) for kind, own in of_kinds.items() if own]
    lacking = [f"{_name(one)} ({one['missing']:,})" for one in found if one["missing"]]
    missing = f" Cells are missing in {_some(lacking)}." if lacking else ""
    return f"{counted(len(found), 'column')} {'is' if len(found) == 1 else 'are'} read: {'; '.join(parts)}.{missing}"


def in_words(one: dict[str, Any]) -> str:
    """Say what a column was read as.

    Examples
    --------
    >>> in_words({"column": "town", "kind": "category", "count": 2, "missing": 0})
    'category of 2 levels'
    """
    noun = {"category": "level", "date": "part"}.get(one["kind"])
    return f"{one['kind']} of {counted(one['count'], noun)}" if noun else str(one["kind"])


def _plain(name: str, values: pd.Series, kind: str) -> dict[str, Any]:
    count = len(values.cat.categories) if kind == "category" else None
    if kind == "number" and values.dropna().isin((0.0, 1.0)).all():
        kind = "truth value"
    return {"column": name, "kind": kind, "count": count, "missing": int(values.isna().sum())}


def _date(features: pd.DataFrame, name: str) -> dict[str, Any]:
    parts = [part for part in ("days", "month", "weekday", "hour") if f"{name}:{part}" in features]
    return {"column": name, "kind": "date", "count": len(parts), "missing": int(features[f"{name}:days"].isna().sum())}


def _of_a_kind(kind: str, found: Sequence[dict[str, Any]]) -> str:
    noun = {"category": "level", "date": "part"}.get(kind)
    named = [f"{_name(one)} ({counted(one['count'], noun)})" if noun else _name(one) for one in found]
    return f"{KINDS[kind][len(found) > 1]} {_some(named)}"


def _name(one: dict[str, Any]) -> str:
    return f"'{shortened(one['column'])}'"


def _some(named: Sequence[str]) -> str:
    more = len(named) - NAMED
    return ", ".join(named[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
