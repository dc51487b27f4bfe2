"""Two studies side by side in the terminal."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from posology.comparison import Comparison
from posology.console import Terminal, plain_table
from posology.wording import capital, shortened

LONGEST = 48
"""Characters of an option's value that are shown."""


def print_comparison(found: Comparison, names: Sequence[str]) -> None:
    """Print on standard output; plain where that is not a terminal."""
    console = Terminal()
    console.print(found.sentence, style="bold")
    for name, verdict in zip(names, found.verdicts, strict=True):
        console.print(f"{name}: {verdict}")
    if not found.same_rows:
        console.print(
            "Their tables differ (other fingerprints). What can be compared is what each advises and what was asked; a "
            "score is of its own rows, and the difference of two says nothing about the arms."
        )
    console.print()
    if found.scores:
        console.print(_scores(found, names))
        apart = " No interval belongs to a difference between studies." if found.same_rows else ""
        console.print(f"{capital(found.score)}, on held-out rows.{apart}")
    else:
        scales = ", and in ".join(f"{name} {scale}" for name, scale in zip(names, found.scales, strict=True))
        console.print(f"Their scores are not on one scale: in {scales}.")
    console.print()
    console.print(_settings(found, names) if found.asked else "They were asked the same.")


def _scores(found: Comparison, names: Sequence[str]) -> Table:
    # of other rows, a difference would be read as a gain
    table = _table("arm", *names, *(["second minus first"] if found.same_rows else []))
    for pair in found.scores:
        both = pair.first is not None and pair.second is not None
        apart = f"{(pair.second or 0) - (pair.first or 0):+z.4f}" if both else ""
        shown = ["-" if score is None else f"{score:.4f}" for score in (pair.first, pair.second)]
        table.add_row(pair.arm, *shown, *([apart] if found.same_rows else []))
    return table


def _settings(found: Comparison, names: Sequence[str]) -> Table:
    table = _table("asked differently", *names)
    for one in found.asked:
        table.add_row(one.name, _short(one.first), _short(one.second))
    return table


def _table(*names: str) -> Table:
    table = plain_table()
    for name in names:
        table.add_column(name)
    return table


def _short(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "not given" if value is None else "yes" if value else "no"
    return shortened(", ".join(map(str, value)) if isinstance(value, list) else str(value), LONGEST)
