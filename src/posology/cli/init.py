"""The command that writes a study file."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from posology.cli.options import Targets
from posology.cli.output import write
from posology.cli.tables import last_column
from posology.errors import InputError


def init(
    table: str, *, target: Targets = (), output: Annotated[str, Parameter(name=["--output", "--out"])] = "study.toml"
) -> None:
    """Write a study file for a table: every option with what it does, to be changed and run.

    Example: posology init houses.csv && posology study study.toml

    Parameters
    ----------
    table
        CSV, TSV, Parquet or Feather.
    target
        The column to predict, or several; the last one when absent.
    output
        File to write; it must not exist yet.
    """
    from posology.cli.study_options import described
    from posology.study_file import commented
    from posology.table import read_frame
    from posology.table.targets import chosen_targets
    from posology.wording import did_you_mean

    path = Path(output)
    if path.exists():
        raise InputError(f"The file '{path}' exists. Choose another --out.")
    columns = [str(name) for name in read_frame(Path(table)).columns]
    target = target or (last_column(columns),)
    named = chosen_targets(target, columns)
    if unknown := [name for name in named if name not in columns]:
        raise InputError(f"'{table}' has no column '{unknown[0]}'.{did_you_mean(unknown[0], columns)}")
    place = Path(table).resolve()
    shown = place.relative_to(path.resolve().parent) if place.is_relative_to(path.resolve().parent) else place
    write(path, commented(str(shown), named if len(named) > 1 else named[0], described()))
    sys.stdout.write(f"Written to '{path}'. Change what you like, then: posology study {path}\n")
