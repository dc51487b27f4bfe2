"""Standard streams that are closed, full, without a reader, or lack a sign: the exit code still tells what happened."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from posology import streams

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="has no full device")


def shell(line, folder, **more):
    words = ["sh", "-c", f'"$0" -m posology {line}', sys.executable]
    environment = {**os.environ, **more}
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder, env=environment)


def test_closed_standard_error_does_not_change_the_exit_code(tmp_path):
    done = shell("study missing.csv --target y 2>&-", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")


def test_no_file_gets_a_standard_descriptor(tmp_path):
    """What a caller closed is open again before anything else is."""
    told = "import os, posology.streams as s; s.settle(); print(os.open('/dev/null', 0) > 2, file=open('told', 'w'))"
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        words = ["sh", "-c", f'"$0" -c "{told}" {closed}; cat told; rm told', sys.executable]
        assert subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path).stdout == "True\n", (
            closed
        )


@needs_full
@pytest.mark.parametrize("json", ["", " --json"])
def test_a_full_disk_behind_standard_output_is_told(tmp_path, json):
    table = "a,y\n" + "".join(f"{i * i % 11},{i % 5}\n" for i in range(30))
    (tmp_path / "t.csv").write_text(table)
    line = "completion bash > /dev/full" if not json else "study t.csv --target x --json > /dev/full"
    done = shell(line, tmp_path)
    assert "Traceback" not in done.stderr
    wanted = (2, "posology: ") if json else (1, "where the output goes, and may this user write there?\n")
    assert done.returncode == wanted[0]
    assert wanted[1] in done.stderr


def test_a_sign_that_the_encoding_lacks_is_written_as_an_escape(tmp_path):
    done = shell("study größe.csv --target y", tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert done.stderr.startswith("posology: There is no file 'gr\\xf6\\xdfe.csv'"), done.stderr


def test_standard_output_too(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    streams.settle()
    print("0.02 ±0.01", flush=True)
    assert written.getvalue() == rb"0.02 \xb10.01" + b"\n"


@needs_full
def test_progress_that_cannot_be_told_ends_nothing(monkeypatch):
    with FULL.open("w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        streams.tell("tuning none")
        streams.tell("tuning dropout")
        assert str(Path(f"/proc/self/fd/{full.fileno()}").readlink()) == os.devnull
        monkeypatch.undo()
