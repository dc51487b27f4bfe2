"""The bar on a terminal that goes away, as one does whose window is closed under nohup."""

import os
import re
import sys
import time

import pytest

from posology.progress.bar import Bar


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudoterminals")
def test_a_terminal_that_is_gone_ends_no_study(monkeypatch):
    ours, theirs = os.openpty()
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Bar() as bar:
            bar.stage("starting the workers")
            time.sleep(0.2)
            assert b"starting the workers" in os.read(ours, 10_000)
            os.close(ours)
            with pytest.raises(OSError, match="Input/output"):
                os.write(theirs, b"nobody reads")
            bar.total(10)
            bar.trained(5, "tuning l2", kept=False)
            bar.say("a worker was lost")
            time.sleep(0.3)  # the bar draws itself, in a thread of its own
        print("a note", file=sys.stderr, flush=True)


def drawn(monkeypatch, columns, stage):
    """Draw a bar in a terminal of so many columns, and give what stands on its last line."""
    ours, theirs = os.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Bar() as bar:
            bar.total(12_345)
            bar.trained(1_312, stage, kept=False)
            bar.epochs(123_456)
            time.sleep(0.3)
            shown = os.read(ours, 100_000).decode()
    os.close(ours)
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "\n").split("\n")
    return [line.rstrip() for line in lines if "networks" in line][-1]


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudoterminals")
@pytest.mark.parametrize("stage", ["tuning weights+dropout", "scoring trees, a linear model, the network as written"])
def test_a_terminal_of_eighty_columns_has_the_counts_whole(monkeypatch, stage):
    line = drawn(monkeypatch, 80, stage)
    assert len(line) <= 80
    assert line.startswith(stage[:15])
    assert " 1,312 of at most 12,345 networks, about " in line
    assert line.endswith(" left")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudoterminals")
def test_a_wide_terminal_has_the_epochs_too(monkeypatch):
    assert drawn(monkeypatch, 140, "tuning weights+dropout").endswith(" left, 123,456 epochs")
