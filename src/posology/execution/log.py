"""What a worker prints: read from its pipe as it comes, so that it never waits, and kept in a file that stays small."""

import contextlib
import os
import threading
from pathlib import Path
from typing import IO

MOST = 1 << 20
"""Bytes of the file: a network function that prints without end must not fill the disk."""

LAST = 4096
"""Bytes that are at hand when a worker fails."""


class Log:
    """The last of what comes through a pipe.

    Parameters
    ----------
    pipe : file
        The reader's end; a thread reads it to its end.
    path : Path
        The file; begun anew whenever it has reached `MOST`.
    """

    def __init__(self, pipe: IO[bytes], path: Path) -> None:
        self._pipe, self._path = pipe, path
        self._last = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def last_words(self) -> str:
        """Give the end of what was printed, once whoever prints has ended."""
        self._reader.join(timeout=1.0)
        return self._last.decode(errors="replace").strip()

    def close(self) -> None:
        """Wait for the end, or leave the pipe to whoever still has it."""
        self._reader.join(timeout=0.2)

    def _read(self) -> None:
        file = None
        with contextlib.suppress(OSError):
            file = self._path.open("ab", buffering=0)
        # a pipe that nobody reads would stop the worker, whatever becomes of the file
        while part := _some(self._pipe):
            self._last = (self._last + part)[-LAST:]
            with contextlib.suppress(OSError):
                if file is not None and file.tell() + len(part) > MOST:
                    file.truncate(0)
                if file is not None:
                    file.write(part)
        for each in (file, self._pipe):
            if each is not None:
                each.close()


def _some(pipe: IO[bytes]) -> bytes:
    try:
        return os.read(pipe.fileno(), 1 << 16)
    except (OSError, ValueError):
        return b""
