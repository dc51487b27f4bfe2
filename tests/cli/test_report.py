"""The report of a finished study, by the command."""

import json

import pytest

from .conftest import TARGET, files


def test_a_study_leaves_its_report(finished):
    text = (finished.folder / "report.html").read_text()
    assert text.startswith("<!doctype html>")
    assert TARGET in text


def test_it_is_drawn_again_as_it_was(call, finished):
    path = finished.folder / "report.html"
    before = path.read_bytes()
    path.unlink()
    said = call("report", finished.folder)
    assert (said.code, said.out, said.err) == (0, f"Written to '{path}'\n", "")
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["r.html", "r.md", "r.json"])
def test_forms(call, finished, here, name):
    assert call("report", finished.folder, "--output", name).code == 0
    assert files(here) == [name]
    if name == "r.json":
        assert json.loads((here / name).read_text())["run"]["folder"] == str(finished.folder)


def test_ignored_checks(call, finished, here):
    assert call("report", finished.folder, "--output", "r.md", "--ignore", "pos001,POS016").code == 0
    text = (here / "r.md").read_text()
    assert "- **ignored** POS001" in text
    assert "- **ignored** POS016" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--ignore", "POS17"], "There is no check 'POS17'. Did you mean 'POS01"),
        (["--output", "r.pdf"], "ends in none of '.html', '.md', '.json'"),
        (["--output", "none/r.html"], "cannot be written: No such file or directory. Choose another --output."),
    ],
)
def test_errors(call, finished, here, arguments, words):
    said = call("report", finished.folder, *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err
    assert files(here) == []


def test_a_folder_that_is_none(call, here):
    said = call("report", "nowhere.posology")
    assert said.code == 2
    assert "holds no study" in said.err


def test_it_is_shown_in_the_browser(call, finished, here, monkeypatch):
    shown = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    assert call("report", finished.folder, "--output", "r.html", "--open").code == 0
    assert shown == [(here / "r.html").resolve().as_uri()]
