"""The progress bar: what is happening in the user's words, on standard error."""

import sys
from types import TracebackType

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from posology.report.console import Terminal


class Bar:
    """A rich bar in a terminal; a plain line now and then where standard error is a file or a pipe.

    Parameters
    ----------
    quiet : bool
        Say nothing at all.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Terminal(stderr=True, quiet=quiet)
        self._live = self._console.is_terminal and not quiet
        self._quiet = quiet
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:,.0f} of at most {task.total:,.0f} networks, {task.fields[epochs]:,} epochs"),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=self._console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._tenths = 0
        self._epochs = 0

    def __enter__(self) -> "Bar":
        if self._live:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def stage(self, text: str) -> None:
        """Begin something without a count."""
        if self._live:
            self._describe(text)
        else:
            self._line(text)

    def say(self, text: str) -> None:
        """Leave a line on the screen."""
        if self._live:
            self._console.print(text)
        else:
            self._line(text)

    def total(self, networks: int) -> None:
        """Give the length of the bar."""
        self._describe("training")
        if self._task is not None:
            self._bar.update(self._task, total=networks)

    def trained(self, networks: int, text: str, *, kept: bool) -> None:
        """Advance the bar."""
        if self._task is None:
            self.total(networks)
        assert self._task is not None
        self._bar.update(self._task, advance=networks, description=f"kept: {text}" if kept else text)
        task = self._bar.tasks[0]
        tenths = int(10 * task.completed / (task.total or 1))
        if not self._live and tenths > self._tenths:
            self._tenths = tenths
            self._line(f"{task.completed:,.0f} of at most {task.total:,.0f} networks trained")

    def epochs(self, count: int) -> None:
        """Count epochs, so that a long network is seen to move."""
        self._epochs += count
        if self._task is not None:
            self._bar.update(self._task, epochs=self._epochs)

    def _describe(self, text: str) -> None:
        if self._task is None:
            self._task = self._bar.add_task(text, total=None, epochs=0)
        self._bar.update(self._task, description=text)

    def _line(self, text: str) -> None:
        if not self._quiet:
            print(text, file=sys.stderr, flush=True)
