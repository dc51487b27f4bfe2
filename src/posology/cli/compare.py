"""The command that sets two studies side by side."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from posology.cli.output import print_json


def compare(first: str, second: str, *, json: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Set two finished studies side by side: verdicts, scores, what was asked differently, whether they agree.

    Example: posology compare houses.posology houses_seed1.posology

    Parameters
    ----------
    first
        A study's folder.
    second
        Another's.
    json
        Print one JSON object on standard output and nothing else.
    """
    from posology.comparison import compare as compared
    from posology.report.findings import Findings
    from posology.terminal.comparison import print_comparison

    found = compared(Findings.read(Path(first)), Findings.read(Path(second)))
    print_json(found.to_dict()) if json else print_comparison(found, (first, second))
