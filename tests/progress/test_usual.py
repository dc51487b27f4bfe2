"""Who is told by default: a notebook, a terminal, else nobody."""

import contextlib
import os
import sys
import threading
import time
import types

import numpy as np
import pytest

from posology import PosologyRegressor, Study
from posology.progress import Silent
from posology.progress.bar import Bar
from posology.progress.line import Line
from posology.progress.usual import in_notebook, usual_progress

END = b"<end>"


@pytest.fixture
def shell(monkeypatch):
    """Stand in for IPython: give what it says that it runs in."""
    python = types.ModuleType("IPython")
    monkeypatch.setitem(sys.modules, "IPython", python)

    def says(found):
        python.get_ipython = lambda: found

    return says


@contextlib.contextmanager
def terminal(monkeypatch):
    """Make standard error a terminal; give a function that says what was read there since it was asked last."""
    ours, theirs = os.openpty()
    monkeypatch.setenv("TERM", "xterm")
    read, seen = threading.Event(), bytearray()

    def look():
        # a terminal that nobody reads stops who writes; one that is closed is an error to who reads
        with contextlib.suppress(OSError):
            while chunk := os.read(ours, 4096):
                seen.extend(chunk)
                if seen.endswith(END):
                    read.set()

    reader = threading.Thread(target=look)
    reader.start()
    with os.fdopen(theirs, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)

        def since() -> str:
            read.clear()
            stream.write(END.decode())
            stream.flush()
            assert read.wait(10)
            said = seen.removesuffix(END).decode()
            seen.clear()
            return said

        yield since
    reader.join()
    os.close(ours)


def test_a_notebook_gets_a_line(shell):
    shell(types.SimpleNamespace(kernel=object()))
    with usual_progress() as told:
        assert isinstance(told, Line)


@pytest.mark.parametrize("found", [types.SimpleNamespace(), None])
def test_a_terminal_of_ipython_has_no_kernel(shell, found):
    shell(found)
    assert in_notebook() is None


@pytest.mark.parametrize("closed", [True, False])
def test_where_nobody_looks_on_nothing_is_said(monkeypatch, tmp_path, closed):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    with (tmp_path / "log").open("w") as log:
        monkeypatch.setattr(sys, "stderr", None if closed else log)
        with usual_progress() as told:
            assert isinstance(told, Silent)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudoterminals")
def test_a_terminal_gets_a_bar(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    with terminal(monkeypatch) as shown, usual_progress() as told:
        assert isinstance(told, Bar)
        told.stage("starting the workers")
        time.sleep(0.2)  # it draws itself, in a thread of its own
        assert "starting the workers" in shown()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudoterminals")
def test_a_study_in_a_script_shows_its_progress_and_an_estimator_does_not(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    x, noise = np.random.default_rng(0).normal(size=(60, 3)), np.random.default_rng(1).normal(size=60)
    y = x[:, 0] + noise
    small = {"repeats": 1, "folds": 2, "trials": 1, "inner_splits": 1, "refits": 1, "epochs": 1, "levers": False}
    with terminal(monkeypatch) as shown:
        PosologyRegressor("question", ensemble=1, epochs=1, n_jobs=1).fit(x, y)
        assert shown() == ""
        Study("question", x, y, arms="none; l2", workers=1, **small).run()
        assert "starting the workers" in shown()
