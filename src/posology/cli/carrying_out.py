"""One study in the terminal: progress, what is printed at its end, and what a stop leaves."""

import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from posology.cli.options import How
from posology.cli.output import print_json
from posology.errors import StoppedError, WorkerError
from posology.wording import resume_command

if TYPE_CHECKING:
    from posology.continuing import Continuing
    from posology.settings import Settings
    from posology.study import Study
    from posology.table import Table


def carry_out(
    table: "Table",
    settings: "Settings",
    facts: dict[str, Any],
    folder: Path | None,
    how: How,
    *,
    dry_run: bool = False,
    continuing: "Continuing | None" = None,
) -> None:
    """Run a study, or forecast it, and print what came of it; `continuing` says what may differ from the folder's."""
    from posology.continuing import SAME
    from posology.durations import parse_duration
    from posology.progress.bar import Bar
    from posology.result import StudyResult
    from posology.study import Study
    from posology.terminal.forecast import print_forecast
    from posology.terminal.result import print_result
    from posology.tracking import trackers
    from posology.workforce import Workforce

    asked = Study.of(
        table,
        settings,
        folder=folder,
        workforce=Workforce(how.workers, how.cluster),
        budget=None if how.budget is None else parse_duration(how.budget),
        facts=facts,
        continuing=continuing or SAME,
        callbacks=trackers(how.track),
    )
    with Bar(quiet=how.quiet) as bar, _stoppable(asked):
        found = asked.forecast(bar) if dry_run else asked.run(bar)
    if how.json:
        print_json(found.to_dict())
    elif isinstance(found, StudyResult):
        print_result(found)
    else:
        print_forecast(found)


@contextmanager
def _stoppable(asked: "Study") -> Any:
    """Turn Ctrl-C, a polite kill and a terminal that closes into exit code 3 with the line that continues."""

    def interrupt(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _polite()}
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(f"Stopped. {_what_is_kept(asked)}") from None
    except WorkerError as error:
        raise WorkerError(f"{error} {_what_is_kept(asked)}") from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _polite() -> list[signal.Signals]:
    """Give the signals that ask a process to end; under nohup a terminal that closes is none of them."""
    closed = getattr(signal, "SIGHUP", None)  # unknown to Windows
    return [signal.SIGTERM, *([closed] if closed and signal.getsignal(closed) != signal.SIG_IGN else [])]


def _what_is_kept(asked: "Study") -> str:
    if asked.folder is None or not (asked.folder / "study.json").is_file():
        return "Nothing was kept yet."
    return f"What was trained is kept; go on with: {resume_command(asked.folder)}"
