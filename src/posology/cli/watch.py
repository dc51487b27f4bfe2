"""The command that shows a study while it runs."""

import contextlib
import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from posology.cli.output import print_json, say


def watch(
    folder: str,
    *,
    once: Annotated[bool, Parameter(negative=())] = False,
    serve: Annotated[bool, Parameter(negative=())] = False,
    port: int = 0,
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
    serve
        Show it as a page, for a browser on this machine, until Ctrl-C.
    port
        Of the page; by default any that is free.
    json
        Look once, and print one JSON object on standard output and nothing else.
    """
    from posology.watching import look

    if json:
        print_json(look(Path(folder)).to_dict())
    elif serve:
        _serve(Path(folder), port)
    else:
        _show(Path(folder), once=once)


def _show(folder: Path, *, once: bool) -> None:
    from posology.terminal.watching import View
    from posology.watching import look

    seen = look(folder)
    with View() as view, contextlib.suppress(KeyboardInterrupt):
        view.show(seen)
        while not once and seen.state in ("running", "silent"):
            time.sleep(view.pause)
            seen = look(folder)
            view.show(seen)
    if seen.state == "stopped":
        sys.exit(3)


def _serve(folder: Path, port: int) -> None:
    from posology.serving import Server

    with Server(folder, port) as server:
        sys.stdout.write(f"{server.address}\n")
        sys.stdout.flush()
        say("Open this address in a browser on this machine; keep it to yourself. Ctrl-C ends the page, not the study.")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
