"""What a worker prints: never waited for, never large, its end at hand."""

import os
import time

from posology.execution.log import LAST, MOST, Log


def test_a_flood_is_read_to_its_end_and_kept_small(tmp_path):
    reader, writer = os.pipe()
    log = Log(os.fdopen(reader, "rb"), tmp_path / "log")
    for _ in range(64):
        os.write(writer, b"x" * (1 << 20))
        assert (tmp_path / "log").stat().st_size <= MOST
    os.write(writer, b"\nthe last line\n")
    os.close(writer)
    assert log.last_words().endswith("\nthe last line")


def test_a_log_that_cannot_be_written_holds_nobody_up(tmp_path):
    reader, writer = os.pipe()
    log = Log(os.fdopen(reader, "rb"), tmp_path / "no" / "log")
    began = time.monotonic()
    os.write(writer, b"x" * 100_000)
    os.write(writer, b"x" * 100_000)
    os.close(writer)
    assert log.last_words() == "x" * LAST
    assert time.monotonic() - began < 30
