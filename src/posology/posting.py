"""progress.json: how far a study is, for whoever looks into its folder while it runs.

It is replaced whole, at most once a second, and goes away when the study is finished. Which arm leads is not in it: who
sees that stops when a lead suits him.
"""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import NoneType
from typing import Any

from posology.files import json_at
from posology.pace import Pace
from posology.progress import Progress
from posology.working_time import WorkingTime

NAME = "progress.json"
EVERY = 1.0
"""Seconds between two writings."""

_KINDS: dict[str, Any] = {
    "words": str,
    "networks": int,
    "at_most": int,
    "seconds_left": (float, int, NoneType),
    "running": bool,
    "at": (float, int),
}

log = logging.getLogger("posology")


class Posted:
    """Passes progress on, logs it, and writes it into the study's folder once there is one; safe in several threads.

    What is worth keeping on a screen is logged as information, and so are stages; counts are not.

    Parameters
    ----------
    progress : Progress
        Who else is told.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._pace = Pace()
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._written = 0.0
        self._worked: Callable[[], WorkingTime] = WorkingTime

    def seconds_for(self, networks: int) -> float | None:
        """See `Pace`."""
        return self._pace.seconds_for(networks)

    def post_to(self, folder: Path, worked: Callable[[], WorkingTime] = WorkingTime) -> None:
        """Write into this folder from now on, and how long the study has `worked`."""
        self._folder, self._worked = folder, worked
        self._post(at_once=True)

    def stage(self, text: str) -> None:
        """See `Progress`."""
        self._progress.stage(text)
        log.info(text)
        self._pace.stage = text
        self._post(at_once=True)

    def say(self, text: str) -> None:
        """See `Progress`."""
        self._progress.say(text)
        log.info(text)

    def total(self, networks: int) -> None:
        """See `Progress`."""
        self._progress.total(networks)
        self._pace.expect(networks)

    def trained(self, networks: int, text: str, *, kept: bool) -> None:
        """See `Progress`."""
        self._progress.trained(networks, text, kept=kept)
        self._pace.stage = text
        self._pace.count(networks, kept=kept)
        self._post()

    def epochs(self, count: int) -> None:
        """See `Progress`."""
        self._progress.epochs(count)
        self._pace.epochs += count
        self._post()

    def end(self, *, finished: bool) -> None:
        """Take the file away where the study is finished, and leave word where it was stopped."""
        if finished and self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / NAME).unlink(missing_ok=True)
        else:
            self._post(at_once=True, running=False)
        self._folder = None

    def _post(self, *, at_once: bool = False, running: bool = True) -> None:
        with self._lock:
            now = time.monotonic()
            if self._folder is None or (now - self._written < EVERY and not at_once):
                return
            self._written = now
            content = {**self._pace.to_dict(), **self._worked().to_dict(), "running": running, "at": time.time()}
            # a full disk is told by what must be kept, not by this
            aside = self._folder / f".{NAME}.part"
            try:
                aside.write_text(json.dumps(content))
                aside.replace(self._folder / NAME)
            except OSError:
                with contextlib.suppress(OSError):
                    aside.unlink(missing_ok=True)


def read_progress(folder: Path) -> dict[str, Any] | None:
    """Read what was written last, or None where nothing was.

    Returns
    -------
    dict or None
        The counts and words of `Pace`; the `WorkingTime`, to which a run that goes on adds; `running`, false where it
        was stopped in order; `at`, seconds since 1970. None too where the file is not what `Posted` writes.
    """
    said = json_at(folder / NAME)
    right = isinstance(said, dict) and all(isinstance(said.get(name), kinds) for name, kinds in _KINDS.items())
    return said if right else None
