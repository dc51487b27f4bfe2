"""Progress in a notebook: one line, replaced, escaped; nothing where there is no kernel."""

import sys
import types

import pytest

from posology.progress import Silent
from posology.report import notebook
from posology.report.notebook import Line, usual_progress


class Handle:
    def __init__(self, shown):
        self.shown = shown

    def update(self, line):
        self.shown[-1] = line


@pytest.fixture
def shown(monkeypatch):
    """Stand in for IPython, which posology does not need: what a notebook shows, a line for each display."""
    lines = []

    def display(line, *, display_id):
        assert display_id is True
        lines.append(line)
        return Handle(lines)

    python, inside = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    python.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    inside.HTML, inside.display = str, display
    monkeypatch.setitem(sys.modules, "IPython", python)
    monkeypatch.setitem(sys.modules, "IPython.display", inside)
    monkeypatch.setattr(notebook, "EVERY", 0.0)
    return lines


def test_one_line_is_replaced(shown, capsys):
    line = usual_progress()
    assert isinstance(line, Line)
    line.stage("starting the workers")
    assert shown == ['<div role="status">starting the workers</div>']
    line.total(40)
    line.trained(10, "tuning <b>l2</b>", kept=False)
    line.epochs(7)
    line.say("a note")
    assert len(shown) == 1
    assert shown[0].startswith(
        '<div role="status"><progress value="10" max="40"></progress> tuning &lt;b&gt;l2&lt;/b&gt;'
    )
    assert ": 10 of at most 40 networks" in shown[0]
    assert capsys.readouterr().out == "a note\n"


def test_it_is_not_changed_all_the_time(shown, monkeypatch):
    monkeypatch.setattr(notebook, "EVERY", 60.0)
    line = Line()
    line.total(40)
    line.stage("training")
    before = shown[0]
    line.trained(10, "tuning l2", kept=False)
    assert shown == [before]


def test_a_terminal_of_ipython_has_no_kernel(shown):
    sys.modules["IPython"].get_ipython = lambda: types.SimpleNamespace()
    assert isinstance(usual_progress(), Silent)
    sys.modules["IPython"].get_ipython = lambda: None
    assert isinstance(usual_progress(), Silent)


def test_elsewhere_nothing_is_said(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert isinstance(usual_progress(), Silent)
