"""Temporary folders that outlive nobody: one that a killed process left behind is removed by the next one."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PREFIX = "posology-"
ALIVE = ".alive"
"""A file that is locked as long as the folder is used: the lock ends with the process, however that ends."""


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a temporary folder, and remove those of processes that were killed.

    Examples
    --------
    >>> with scratch_folder() as folder:
    ...     folder.is_dir()
    True
    >>> folder.exists()
    False
    """
    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as made, _alive(Path(made)):
        yield Path(made)


@contextlib.contextmanager
def _alive(folder: Path) -> Iterator[None]:
    aside = folder / f"{ALIVE}.part"
    with aside.open("w") as file:
        _locked(file)
        # it has its name when it is locked: nobody finds it unlocked while its process lives
        aside.replace(folder / ALIVE)
        yield


def _sweep(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        for folder in temporary.glob(f"{PREFIX}*"):
            if _is_own(folder) and _is_left(folder / ALIVE):
                shutil.rmtree(folder, ignore_errors=True)


def _is_own(folder: Path) -> bool:
    """Tell folders of this user from links and from what others put there."""
    with contextlib.suppress(OSError):
        return not folder.is_symlink() and folder.is_dir() and folder.stat().st_uid == os.getuid()
    return False


def _is_left(alive: Path) -> bool:
    with contextlib.suppress(OSError), alive.open("r+") as file:
        return _locked(file)
    return False


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
