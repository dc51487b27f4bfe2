"""Progress in a notebook: one line that is replaced, for nested bars break there."""

import time
from html import escape
from typing import Any

from posology.pace import Pace
from posology.wording import printable

EVERY = 0.5
"""Seconds between two changes of the line."""


class Line:
    """One line of HTML, replaced as the study goes on; what is worth keeping is printed above it."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._handle: Any = None
        self._shown = 0.0

    def stage(self, text: str) -> None:
        """See `Progress`."""
        self._pace.stage = text
        self._show(at_once=True)

    def say(self, text: str) -> None:
        """See `Progress`."""
        print(text)

    def total(self, networks: int) -> None:
        """See `Progress`."""
        self._pace.expect(networks)

    def trained(self, networks: int, text: str, *, kept: bool) -> None:
        """See `Progress`."""
        self._pace.count(networks, kept=kept)
        self._pace.stage = text
        self._show()

    def epochs(self, count: int) -> None:
        """See `Progress`; from a worker's thread, where a notebook takes no output."""
        self._pace.epochs += count

    def _show(self, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if now - self._shown < EVERY and not at_once:
            return
        self._shown = now
        from IPython.display import HTML, display

        pace = self._pace
        bar = f'<progress value="{pace.networks}" max="{pace.at_most}"></progress> ' if pace.counted() else ""
        line = HTML(f'<div role="status">{bar}{escape(printable(pace.words()))}</div>')
        if self._handle is None:
            self._handle = display(line, display_id=True)
        else:
            self._handle.update(line)
