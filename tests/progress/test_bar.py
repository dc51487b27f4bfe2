"""The bar on a terminal that goes away, as one does whose window is closed under nohup."""

import os
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
