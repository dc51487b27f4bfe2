"""A user's file runs as a guest in a worker: it may not stay for ever, change its settings, or end it."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from posology.errors import InputError
from posology.network.patience import limited
from posology.network.raised import raised_at
from posology.network.settings_kept import settings_kept

TAKE_OUT = "Take that out: it is to build the network and nothing else."


class ProcessExit(BaseException):
    """The guest wants to end the process; no Exception, for a function that catches those must not go on."""


@contextmanager
def guest(name: str, file: str) -> Iterator[None]:
    """Run a user's code, in a worker; not in the user's own process, where Ctrl-C is theirs.

    Parameters
    ----------
    name : str
        What is called, for messages.
    file : str
        The user's file, of which messages name the line.

    Raises
    ------
    InputError
        It took too long, or would have ended the process.
    """
    with _staying(name, file), limited(name, file), settings_kept():
        yield


@contextmanager
def _staying(name: str, file: str) -> Iterator[None]:
    """Say what would have ended the worker without a word: `os._exit`, KeyboardInterrupt and their like."""
    leave, here = os._exit, (os.getpid(), threading.get_ident())

    def refuse(code: int) -> None:
        # a child of the file's own may end, and so may the worker, whose other thread sees that the driver went away
        if (os.getpid(), threading.get_ident()) != here:
            leave(code)
        raise ProcessExit(f"os._exit({code})")

    os._exit = refuse  # type: ignore[assignment]
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        raise InputError(f"{name} would end the process that runs it{raised_at(error, file)} {TAKE_OUT}") from error
    finally:
        os._exit = leave
