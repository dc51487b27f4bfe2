"""Standard streams as a caller may leave them: closed, full, without a reader, or of an encoding that lacks a sign."""

import io
import os
import sys
from pathlib import Path
from typing import Any, TextIO


def settle() -> None:
    """Make the standard streams ones that can be written, in the process of a command.

    A descriptor that the caller closed leads to the null device: the next file that is opened, such as an index of
    SQLite, would have its number otherwise, and get what is printed. What an encoding lacks is written as an escape.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    null = Path(os.devnull)
    sys.stdin = sys.stdin or null.open(encoding="utf-8")
    sys.stdout = sys.stdout or null.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or null.open("w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tell(text: str, end: str = "\n") -> None:
    """Write a line on standard error; one that nobody can read, as on a full disk, is no reason to end a study."""
    try:
        print(text, file=sys.stderr, end=end, flush=True)
    except OSError:
        abandon(sys.stderr)


class Forgiving:
    """A stream for who draws on it, which goes nowhere once its terminal is gone.

    Parameters
    ----------
    stream
        Anything that takes text.

    Examples
    --------
    >>> Forgiving(io.StringIO()).write("tuning")
    6
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, if anybody reads."""
        try:
            return int(self._stream.write(text))
        except OSError:
            abandon(self._stream)
            return len(text)

    def flush(self) -> None:
        """Send what was written, if anybody reads."""
        try:
            self._stream.flush()
        except OSError:
            abandon(self._stream)

    def __getattr__(self, name: str) -> Any:
        """Be the stream in all else."""
        return getattr(self._stream, name)


def abandon(stream: TextIO) -> None:
    """Lead a stream that fails to the null device, so that Python does not try it again at its end."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):  # no stream of the system
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)
