"""Progress in a notebook: one line, replaced, escaped."""

import sys
import types

import pytest

from posology.progress import line as line_room
from posology.progress.line import Line


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

    inside = types.ModuleType("IPython.display")
    inside.HTML, inside.display = str, display
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", inside)
    monkeypatch.setattr(line_room, "EVERY", 0.0)
    return lines


def test_one_line_is_replaced(shown, capsys):
    line = Line()
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
    monkeypatch.setattr(line_room, "EVERY", 60.0)
    line = Line()
    line.total(40)
    line.stage("training")
    before = shown[0]
    line.trained(10, "tuning l2", kept=False)
    assert shown == [before]
