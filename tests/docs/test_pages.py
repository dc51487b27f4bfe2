"""The documentation is true: commands exist, the tutorials run, the reference is whole, the site builds."""

import contextlib
import io
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import partialmethod
from pathlib import Path

import matplotlib as mpl
import pytest

import posology
import posology.regularizers
from posology import Study
from posology.cli import app, main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
NUMBERS = {"repeats": 1, "folds": 2, "trials": 2, "refits": 1, "epochs": 3, "inner_splits": 1}
SMALL = [*(f"--{name.replace('_', '-')}={number}" for name, number in NUMBERS.items()), "--no-levers", "--quiet"]


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    title: str
    code: str
    line: int

    def commands(self):
        """Its commands of posology, each as arguments; comments and outputs aside."""
        lines = self.code.replace("\\\n", " ").splitlines()
        parts = [part.strip().removeprefix("$ ") for line in lines for part in re.split(" && | [|>] ", line)]
        return [shlex.split(part, comments=True)[1:] for part in parts if part.startswith("posology ")]


def blocks(page):
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"^```(\w*)(?: title=\"([^\"]+)\")?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        language, title, code = found.groups(default="")
        yield Block(language, title, code, text[: found.start(3)].count("\n"))


COMMANDS = [
    (page, tuple(arguments))
    for page in PAGES
    for block in blocks(page)
    if block.language in ("", "bash")
    for arguments in block.commands()
]


def test_there_are_commands_to_check():
    assert len(COMMANDS) > 50


@pytest.mark.parametrize(("page", "arguments"), COMMANDS, ids=lambda v: v.stem if isinstance(v, Path) else " ".join(v))
def test_a_command_of_a_page_is_one(page, arguments):
    command, bound, _ = app.parse_args(list(arguments), exit_on_error=False, print_error=False)
    assert command.__name__ == arguments[0]
    assert bound.arguments or arguments[0] in ("demo", "doctor", "calibrate")


# tutorials


@pytest.fixture
def small(monkeypatch):
    """Make the studies of the tutorials small: that their code runs is the question, not what it finds."""
    monkeypatch.setattr(Study, "__init__", partialmethod(Study.__init__, **NUMBERS, levers=False))


def run_block(block, page, names):
    if block.title:
        Path(block.title).write_text(block.code)
    elif block.language == "python":
        code = compile("\n" * block.line + block.code, str(page), "exec")
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, names)
    elif block.language == "bash":
        for arguments in block.commands():
            run_command(arguments)


def run_command(arguments):
    """Run a command in this process; a study of a file is only made small by the file."""
    studies = arguments[0] in ("study", "demo")
    if studies and arguments[1].endswith(".toml"):
        with Path(arguments[1]).open("a") as file:
            file.write("".join(f"\n{name} = {number}" for name, number in NUMBERS.items()))
    elif studies:
        arguments = [*arguments, *SMALL]
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0, arguments


TUTORIALS = ("question", "own_table", "own_network", "classes", "more_rows")
QUICK = "more_rows"
"""The one of every run: a single study."""


@pytest.mark.parametrize("name", [n if n == QUICK else pytest.param(n, marks=pytest.mark.slow) for n in TUTORIALS])
def test_a_tutorial_runs(name, tmp_path, monkeypatch, small, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    page = DOCS / "tutorials" / f"{name}.md"
    names = {}
    with mpl.rc_context():
        for block in blocks(page):
            run_block(block, page, names)
    sys.modules.pop("net", None)


def test_every_tutorial_is_run():
    assert sorted(TUTORIALS) == sorted(page.stem for page in (DOCS / "tutorials").glob("*.md"))


# reference


def test_everything_public_is_in_the_reference():
    shown = set(re.findall(r"^::: (\S+)$", (DOCS / "reference.md").read_text(), re.MULTILINE))
    public = {f"posology.{name}" for name in posology.__all__}
    rooms = {name: getattr(posology.regularizers, name) for name in posology.regularizers.__all__}
    # lists and functions of that room are the house's own
    public |= {f"posology.regularizers.{name}" for name, one in rooms.items() if isinstance(one, type)}
    assert public <= shown, f"write into docs/reference.md: {sorted(public - shown)}"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mkdocs") is None, reason="needs the [docs] extra")
def test_the_site_builds_without_a_warning(tmp_path):
    done = subprocess.run(
        [shutil.which("mkdocs"), "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "is it right?" in (tmp_path / "site" / "index.html").read_text()
