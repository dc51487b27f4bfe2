"""The command that shows a study while it runs."""

import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from posology.cli.output import print_json


def watch(
    folder: str,
    *,
    once: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show how far a running study is: networks, time left, losses by epoch. Which arm leads is not shown.

    Who sees a lead stops when it suits him; the verdict comes at the end. Ends with the study: with 0 where it is
    finished, with 3 where it was stopped and can be resumed. Ctrl-C ends the watching, not the study.

    Example: posology watch houses.posology

    Parameters
    ----------
    folder
        The study's folder.
    once
        Look once.
    json
        Look once, and print one JSON object on standard output and nothing else.
    """
    from posology.report.watching import View
    from posology.watching import look

    seen = look(Path(folder))
    if json:
        print_json(seen.to_dict())
        return
    with View() as view:
        view.show(seen)
        while not once and seen.state in ("running", "silent"):
            time.sleep(view.pause)
            seen = look(Path(folder))
            view.show(seen)
    if seen.state == "stopped":
        sys.exit(3)
