"""The lock of a study's folder: one run has it, others can look whether it is taken."""

import contextlib
import fcntl
import time
from pathlib import Path
from typing import IO

from posology.errors import InputError

LOCK = ".lock"
TRIES = 4
"""To lock it: who looks whether it is locked has it for a moment."""


def lock(file: IO[str], folder: Path) -> None:
    """Take the lock, for as long as the file is open.

    Raises
    ------
    InputError
        Another run has it.
    """
    for _ in range(TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.05)
    raise InputError(
        f"The folder '{folder}' is in use by another run of posology. Wait for it, or choose another --out."
    )


def in_use(folder: Path) -> bool:
    """Tell whether a run has the folder."""
    try:
        with (folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False
