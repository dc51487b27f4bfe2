"""The command that shows how often the verdict is right."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from posology.cli.output import print_json
from posology.cli.tables import both_or_none, load
from posology.wording import separated


def calibrate(
    *,
    generators: str = "N0,N2,N3,E1,A1",
    studies: int = 200,
    rows: int | None = None,
    columns: int | None = None,
    table: str | None = None,
    target: str | None = None,
    drop: str = "",
    seed: int = 0,
    json: Annotated[bool, Parameter(negative=())] = False,
    quiet: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show how often the verdict is right, on simulated studies whose truth is known. Some minutes.

    Ends with 1 where a target is missed for certain.

    Example: posology calibrate --generators N3,C2 --studies 1000

    Parameters
    ----------
    generators
        Of docs/calibration.md, separated by commas: N0, N1, N1-lasso, N2, N3 (nothing to find), E1, E2 (equivalent), A1
        (one alone), C2 (combine), S1-wide, S1-tails, S1-uneven, S1-blocks (stress), R1 (random ReLU networks).
    studies
        Of each generator.
    rows
        Of every simulated table; or of a random sample of --table, 1,000 at most by default.
    columns
        Of every simulated table.
    table
        Instead of generators: your table, with its target shuffled, and with its arms tied by flipped signs.
    target
        The column to predict.
    drop
        Columns to leave out, separated by commas; in double quotes where a name has one.
    seed
        Of everything random.
    json
        Print one JSON object on standard output and nothing else.
    quiet
        No progress.
    """
    from posology.calibration.simulation import calibrate as simulated
    from posology.terminal.calibration import Counter, print_calibration

    both_or_none(table, target)
    loaded = None if table is None or target is None else load(Path(table), target, separated(drop))
    tell = Counter(quiet=quiet)
    found = simulated(separated(generators), studies, rows=rows, columns=columns, table=loaded, seed=seed, tell=tell)
    print_json(found.to_dict()) if json else print_calibration(found)
    if found.missed:
        sys.exit(1)
