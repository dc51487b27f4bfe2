"""The command that looks at the installation."""

import sys
from typing import Annotated

from cyclopts import Parameter

from posology.cli.output import print_json, say


def doctor(
    *,
    json: Annotated[bool, Parameter(negative=())] = False,
    quiet: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Look whether this installation is well: versions, folders, memory, arithmetic, agreement with Keras, speed.

    Ends with 1 where something is wrong, each with its remedy.

    Parameters
    ----------
    json
        Print one JSON object on standard output and nothing else.
    quiet
        Do not say what is being looked at.
    """
    from posology.doctor import diagnose
    from posology.terminal.doctor import print_diagnosis

    found = diagnose((lambda _: None) if quiet else say)
    print_json(found.to_dict()) if json else print_diagnosis(found)
    if not found.well:
        sys.exit(1)
