"""The command line: which commands there are, and how each call ends.

Exit codes: 0 done, 2 bad usage or bad input, 3 stopped and resumable, 1 anything else.
"""

import errno
import sys
from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from typing import Any, NoReturn

import cyclopts

from posology import __version__
from posology.cli.calibrate import calibrate
from posology.cli.compare import compare
from posology.cli.completion import completion
from posology.cli.doctor import doctor
from posology.cli.init import init
from posology.cli.inspect import inspect
from posology.cli.output import print_json, say
from posology.cli.results import export, predict, report, results
from posology.cli.studies import demo, resume, study
from posology.cli.watch import watch
from posology.errors import PosologyError
from posology.streams import abandon, settle

COMMANDS: tuple[Callable[..., None], ...] = (
    study, init, demo, resume, watch, predict, inspect, results, export, report, compare, calibrate, doctor,
    completion,
)  # fmt: skip

OF_PATHS = {errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EINVAL}
"""Errors of a path that a user named; others are of the machine."""
_ROOM = "Is there room in the temporary folder (TMPDIR) and where the output goes, and may this user write there?"


def _default(value: Any) -> str | None:
    """Write a default in the help, where it says something: nothing given, or a switch that is off, says nothing."""
    return None if value is None or value is False or value in ("", ()) else str(value)


app = cyclopts.App(
    name="posology",
    version=__version__,
    help="Should I combine L1/L2 penalties with Dropout, or use them separately, and at what strengths?",
    help_format="markdown",
    default_parameter=cyclopts.Parameter(show_default=_default),
)
for place, command in enumerate(COMMANDS):
    app.command(command, sort_key=place)  # in the order in which they are needed


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit with its code; never with a traceback for what a user can cause."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    settle()
    try:
        console = _console(arguments)
        app(arguments, console=console, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except cyclopts.CycloptsError as error:
        _fail(arguments, f"{_told(error)} See: posology {_command(arguments)}--help", 2)
    except PosologyError as error:
        _fail(arguments, str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail(arguments, "Stopped.", 3)
    except BrokenPipeError:  # the reader of standard output went away, as `| head` does
        abandon(sys.stdout)
        sys.exit(1)
    except OSError as error:
        if error.errno in OF_PATHS and error.filename is not None:
            _fail(arguments, f"'{error.filename}' cannot be used: {error.strerror}. Check the path.", 2)
        _fail(arguments, f"{error}. {_ROOM}", 1)
    except MemoryError:
        _fail(arguments, "Out of memory. Use fewer --workers, or a smaller table.", 1)
    sys.exit(0)


def _console(arguments: Sequence[str]) -> Any:
    """Give the console of the help, as wide as all plain output; other calls are spared the import."""
    if arguments and not {"--help", "-h"} & set(arguments):
        return None
    from posology.console import Terminal

    return Terminal()


def _told(error: cyclopts.CycloptsError) -> str:
    """Say what a call lacks, and how the command is written; of anything else, cyclopts' own words."""
    if not isinstance(error, cyclopts.MissingArgumentError):
        return str(error)
    command = next((one for one in COMMANDS if [one.__name__] == list(error.command_chain or ())), None)
    given = error.argument is not None and (error.keyword or error.argument.tokens)
    if command is None or error.argument is None or given:
        return str(error)
    needed = [p for p in signature(command).parameters.values() if p.default is Parameter.empty]
    words = {p.name: p.name.upper() if p.kind is not Parameter.KEYWORD_ONLY else f"--{p.name}" for p in needed}
    usage = [f"{word} {name.upper()}" if word.startswith("--") else word for name, word in words.items()]
    missing = words.get(error.argument.field_info.name, error.argument.name)
    more = " --target COL" if command is study else ""
    return f"{missing} is missing. Write: posology {command.__name__} {' '.join(usage)}{more}."


def _command(arguments: Sequence[str]) -> str:
    known = {command.__name__ for command in COMMANDS}
    return f"{arguments[0]} " if arguments and arguments[0] in known else ""


def _fail(arguments: Sequence[str], text: str, code: int) -> NoReturn:
    say(f"posology: {text}")
    try:
        if "--json" in arguments:
            print_json({"error": text, "exit_code": code})
        sys.stdout.flush()
    except OSError:  # its disk is full, or its reader went away
        abandon(sys.stdout)
    sys.exit(code)
