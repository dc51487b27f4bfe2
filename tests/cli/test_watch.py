"""`posology watch`: follows a study to its end, or says where it stopped; exit codes."""

import json
import threading

import pytest

from posology.posting import NAME, Posted
from posology.progress import Silent
from posology.study_json import SCHEMA


@pytest.fixture
def folder(here):
    (here / "s").mkdir()
    (here / "s" / "study.json").write_text(json.dumps({"schema": SCHEMA, "settings": {}}))
    return here / "s"


@pytest.fixture
def posted(folder):
    posted = Posted(Silent())
    posted.post_to(folder)
    posted.total(40)
    posted.stage("tuning [bold]l2[/bold]")
    return posted


def test_it_ends_with_the_study(call, folder, posted, monkeypatch):
    monkeypatch.setattr("posology.terminal.watching.View.pause", 0.01)

    def finish():
        posted.stage("drawing the report")
        (folder / "verdict.json").write_text(json.dumps({"verdict": {"sentences": ["Use L2 alone."]}}))
        posted.end(finished=True)

    threading.Timer(0.3, finish).start()
    said = call("watch", "s")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "tuning [bold]l2[/bold]: 0 of at most 40 networks"
    assert lines[-1] == "Finished. Use L2 alone."
    assert len(lines) == len(set(lines))
    assert not (folder / NAME).exists()


def test_a_stop_ends_with_3(call, folder, posted):
    posted.end(finished=False)
    said = call("watch", "s")
    assert said.code == 3
    assert said.out.endswith("Go on with: posology resume s\n")


def test_once(call, folder, posted):
    assert call("watch", "s", "--once").code == 0


def test_json(call, folder, posted):
    found = json.loads(call("watch", "s", "--json").out)
    assert (found["state"], found["at_most"]) == ("running", 40)


def test_no_study(call, here):
    assert call("watch", "gone").code == 2


def test_in_a_terminal_it_draws(folder, posted, monkeypatch, capsys):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    from posology.terminal.watching import View
    from posology.watching import Look

    with View() as view:
        view.show(Look("running", "tuning l2", 10, 40, 3.0, ((1, 2.0, 2.5), (2, 1.0, 1.5))))
    out = capsys.readouterr().out
    for words in ("tuning l2", "training loss", "held-out loss", "2.5 to 1.5", "epochs 1 to 2; means of the latest"):
        assert words in out


def test_served_until_it_is_interrupted(call, folder, posted, monkeypatch):
    def interrupted(server):
        assert server.folder.name == "s"
        raise KeyboardInterrupt

    monkeypatch.setattr("posology.serving.Server.serve_forever", interrupted)
    said = call("watch", "s", "--serve")
    assert said.code == 0
    assert said.out.startswith("http://127.0.0.1:")
    assert "keep it to yourself" in said.err


def test_interrupted_watching_leaves_the_study(call, folder, posted, monkeypatch):
    def interrupted(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    said = call("watch", "s")
    assert (said.code, said.err) == (0, "")


def test_json_of_a_finished_study_says_how_many_networks_it_came_to(call, folder):
    verdict = {"verdict": {"sentences": ["Use L2 alone."]}, "study": {"networks": 1055}}
    (folder / "verdict.json").write_text(json.dumps(verdict))
    found = json.loads(call("watch", "s", "--json").out)
    assert (found["state"], found["networks"], found["at_most"]) == ("finished", 1055, 1055)
