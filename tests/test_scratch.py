"""Temporary folders: gone at the end, and those of killed processes by the next one."""

import os
import subprocess
import sys
import tempfile

import pytest

from posology.scratch import scratch_folder

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
