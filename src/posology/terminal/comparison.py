"""Two studies side by side in the terminal."""

import json
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from posology.comparison import Comparison
from posology.terminal.console import Terminal, plain_table

LONGEST = 48
"""Signs of a setting that are shown; a fingerprint tells nobody more."""


def print_comparison(found: Comparison, names: Sequence[str]) -> None:
    """Print on standard output; plain where that is not a terminal."""
    console = Terminal(140)
    console.print(found.sentence, style="bold")
    for name, verdict in zip(names, found.verdicts, strict=True):
        console.print(f"{name}: {verdict}")
    if not found.same_rows:
        console.print("They are about different tables: another verdict may be the table's doing.")
    console.print()
    console.print(_scores(found, names) if found.scores else "Their scores are not on one scale.")
    console.print()
    console.print(_settings(found, names) if found.differences else "They were asked the same.")


def _scores(found: Comparison, names: Sequence[str]) -> Table:
    table = _table("arm", *names, "second minus first")
    for pair in found.scores:
        both = pair.first is not None and pair.second is not None
        apart = f"{(pair.second or 0) - (pair.first or 0):+.4f}" if both else ""
        shown = ["-" if score is None else f"{score:.4f}" for score in (pair.first, pair.second)]
        table.add_row(pair.arm, *shown, apart)
    table.caption = f"{found.score}, held-out rows; no interval belongs to a difference between studies"
    table.caption_justify = "left"
    return table


def _settings(found: Comparison, names: Sequence[str]) -> Table:
    table = _table("asked differently", *names)
    for one in found.differences:
        table.add_row(one.name, _short(one.first), _short(one.second))
    return table


def _table(*names: str) -> Table:
    table = plain_table()
    for name in names:
        table.add_column(name)
    return table


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
