"""Temporary folders that outlive nobody: one that a killed process left behind is removed by the next one."""

import contextlib
import errno
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
def shared_folder(name: str) -> Iterator[Path]:
    """Give a temporary folder that several processes use: it goes with the last of them.

    Parameters
    ----------
    name : str
        That all of them know, and nobody else can guess.

    Raises
    ------
    PermissionError
        Somebody else has a folder of that name.

    Examples
    --------
    >>> with shared_folder("a") as one, shared_folder("a") as other:
    ...     one == other
    True
    >>> other.exists()
    False
    """
    _sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}{name}"
    with _joined(folder) as file:
        try:
            yield folder
        finally:
            if _locked(file):  # alone: the others' locks have ended
                shutil.rmtree(folder, ignore_errors=True)


def _joined(folder: Path) -> IO[str]:
    """Open the file by which a folder is used, and lock it with the others; the folder is made where there is none."""
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        if not _is_own(folder):
            raise PermissionError(errno.EACCES, "is not this user's own folder", str(folder))
        with contextlib.suppress(FileNotFoundError), contextlib.ExitStack() as opened:
            file = opened.enter_context((folder / ALIVE).open("a"))
            fcntl.flock(file, fcntl.LOCK_SH)
            # the last of the others may have removed it while we waited
            if (folder / ALIVE).stat().st_ino == os.fstat(file.fileno()).st_ino:
                opened.pop_all()
                return file


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
