"""The table that a command is given."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from posology.cli.output import say
from posology.errors import InputError, LeakWarning

if TYPE_CHECKING:
    from posology.table import Table


def load(path: Path, target: str | Sequence[str], drop: Sequence[str], **beside: str | None) -> "Table":
    """Read a table; `target` names one target or several; `beside` its task, and the columns of groups and weights."""
    from posology.table import make_table, read_frame

    return _noted(lambda: make_table(read_frame(path), target, drop, **beside))


def load_demo() -> "Table":
    """Load the table of the demonstration."""
    from posology.data import concrete
    from posology.table import make_table

    return _noted(lambda: make_table(concrete(), "strength_mpa"))


def _noted(load: Callable[[], "Table"]) -> "Table":
    """Load a table; what it warns of is among its notes, which are shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakWarning)
        table = load()
    for note in table.notes:
        say(f"Note: {note}")
    return table


def last_column(columns: Sequence[str]) -> str:
    """Take the last column as the target, as tables of the kind have it, and say so."""
    name = str(columns[-1])
    say(f"Note: '{name}', the last column, is taken as the target; --target names another.")
    return name


def both_or_none(table: str | None, target: str | None) -> None:
    """Refuse a table without its target, and a target without its table."""
    if (table is None) != (target is None):
        given, missing = ("--table", "--target") if target is None else ("--target", "--table")
        raise InputError(f"{given} is given without {missing}. Give both, or none for random rows.")


def of_table_only(table: str | None, **options: str | None) -> None:
    """Refuse what says how a table is read where there is none."""
    for name, value in options.items():
        if value and table is None:
            raise InputError(f"--{name} is given without --table. Give both, or none for random rows.")
