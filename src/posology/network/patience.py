"""How long a user's function may take: one that hangs must not hang a study."""

import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from posology.durations import in_words
from posology.errors import InputError

SECONDS = 600.0
"""Of one call. A network is built anew for every fit: one that takes longer could not be studied anyway."""


class _TooLongError(BaseException):
    """No Exception: a function that catches those must not go on."""


@contextmanager
def limited(name: str, file: str) -> Iterator[None]:
    """Interrupt what takes longer than `SECONDS`; in the main thread of a worker, for it sets a timer of the process.

    Parameters
    ----------
    name : str
        What is called, for the message.
    file : str
        The user's file, of which the message names the line.

    Raises
    ------
    InputError
        It took longer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    except _TooLongError as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
        line = f" It is at line {frames[-1].lineno}: {frames[-1].line}." if frames else ""
        raise InputError(
            f"{name} has not ended after {in_words(SECONDS)}.{line} It is called for every fit: let it build the "
            "network and nothing else."
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _TooLongError
