"""The progress bar: what is happening in the user's words, on standard error."""

import sys
import threading
import time
from types import TracebackType

from rich.progress import BarColumn, Progress, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from posology.console import Terminal
from posology.durations import in_words
from posology.pace import Pace
from posology.streams import Forgiving, tell

QUIET = 30.0
"""Seconds without a line after which a log is told that the study goes on."""

WIDE = 110
"""Columns of a terminal that has room for a long bar and for the epochs."""


class _Stage(TextColumn):
    """What is happening; where the line has no room for all, its end gives way and not the counts."""

    def render(self, task: Task) -> Text:
        """Write it in one line."""
        return Text(task.description, no_wrap=True, overflow="ellipsis")


class Bar:
    """A rich bar in a terminal; a plain line now and then, twice a minute at least, in a file or a pipe.

    Parameters
    ----------
    quiet : bool
        Say nothing at all.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Terminal(file=Forgiving(sys.stderr), quiet=quiet)
        self._live = self._console.is_terminal and not quiet
        self._quiet = quiet
        self._wide = self._console.width >= WIDE
        self._bar = Progress(
            _Stage("", table_column=Column()),
            BarColumn(bar_width=24 if self._wide else 8),
            TextColumn("{task.fields[counted]}", markup=False, table_column=Column(no_wrap=True)),
            console=self._console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._tenths = 0
        self._pace = Pace()
        self._said = self._stage_began = time.monotonic()
        self._ended = threading.Event()
        self._reminder = threading.Thread(target=self._remind, daemon=True)

    def __enter__(self) -> "Bar":
        if self._live:
            self._bar.start()
        elif not self._quiet:
            self._reminder.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._bar.stop()
        self._ended.set()

    def stage(self, text: str) -> None:
        """Begin something without a count."""
        if self._live:
            self._describe(text)
        else:
            self._pace.stage, self._stage_began = text, time.monotonic()
            self._line(text)

    def say(self, text: str) -> None:
        """Leave a line on the screen."""
        if self._live:
            self._console.print(text)
        else:
            self._line(text)

    def total(self, networks: int) -> None:
        """Give the length of the bar."""
        self._pace.expect(networks)
        self._describe("training")

    def trained(self, networks: int, text: str, *, kept: bool) -> None:
        """Advance the bar."""
        self._pace.count(networks, kept=kept)
        self._describe(f"kept: {text}" if kept else text)
        tenths = 10 * self._pace.networks // (self._pace.at_most or 1)
        if not self._live and tenths > self._tenths:
            self._tenths = tenths
            self._line(self._pace.words())

    def epochs(self, count: int) -> None:
        """Count epochs, so that a long network is seen to move."""
        self._pace.epochs += count
        if self._task is not None:
            self._bar.update(self._task, counted=self._counted())

    def _describe(self, text: str) -> None:
        self._pace.stage = text
        if self._task is None:
            self._task = self._bar.add_task(text, total=None, counted="")
        total, done = self._pace.at_most or None, self._pace.networks
        self._bar.update(self._task, description=text, counted=self._counted(), total=total, completed=done)

    def _counted(self) -> str:
        counted = self._pace.counted()
        return f"{counted}, {self._pace.epochs:,} epochs" if counted and self._wide else counted

    def _line(self, text: str) -> None:
        self._said = time.monotonic()
        if not self._quiet:
            tell(text)

    def _remind(self) -> None:
        """Say what goes on, wherever nothing was said for a while."""
        while not self._ended.wait(max(0.01, self._said + QUIET - time.monotonic())):
            if time.monotonic() - self._said >= QUIET:
                self._line(self._reminded())

    def _reminded(self) -> str:
        if self._pace.counted():
            return f"{self._pace.words()}, {self._pace.epochs:,} epochs so far"
        return f"{self._pace.stage or 'at work'}, for {in_words(time.monotonic() - self._stage_began)} so far"
