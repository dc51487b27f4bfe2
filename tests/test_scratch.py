"""Temporary folders: gone at the end, and those of killed processes by the next one."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile

import pytest

from posology.scratch import scratch_folder, shared_folder

KILLED = """
import os, signal
from posology.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "table.feather").write_text("rows")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def kill_one(temporary):
    environment = {**os.environ, "TMPDIR": str(temporary)}
    assert subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False).returncode == -9


def test_what_a_killed_process_left_is_removed_by_the_next(temporary):
    kill_one(temporary)
    (left,) = temporary.iterdir()
    assert (left / "table.feather").exists()
    with scratch_folder() as folder:
        assert list(temporary.iterdir()) == [folder]
    assert list(temporary.iterdir()) == []


def test_what_is_in_use_or_not_ours_stays(temporary):
    (temporary / "posology-study-ab").mkdir()
    (temporary / "elsewhere").mkdir()
    (temporary / "elsewhere" / ".alive").touch()
    (temporary / "posology-link").symlink_to(temporary / "elsewhere")
    with scratch_folder() as first, scratch_folder() as second:
        assert first.is_dir()
        assert second.is_dir()
        assert (temporary / "posology-study-ab").is_dir()
    assert (temporary / "elsewhere" / ".alive").exists()


def failing(missing):
    with shared_folder("study") as folder:
        (folder / "table.feather").write_text("rows")
        raise FileNotFoundError(missing)


def test_a_shared_folder_goes_when_its_last_user_fails_and_what_that_says_is_told(temporary):
    with shared_folder("study") as folder:
        with pytest.raises(FileNotFoundError, match=r"net\.py"):
            failing("net.py")
        assert folder.is_dir(), "another uses it"
    assert list(temporary.iterdir()) == []
    with pytest.raises(FileNotFoundError, match=r"net\.py"):
        failing("net.py")
    assert list(temporary.iterdir()) == []


def test_a_shared_folder_that_its_last_user_removes_meanwhile_is_made_again(temporary, monkeypatch):
    lock, seen = fcntl.flock, []

    def late(file, how):
        if not seen:
            seen.append(os.fstat(file.fileno()).st_ino)
            shutil.rmtree(temporary / "posology-study")
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with shared_folder("study") as folder:
        assert (folder / ".alive").is_file()
    assert len(seen) == 1
    assert list(temporary.iterdir()) == []
