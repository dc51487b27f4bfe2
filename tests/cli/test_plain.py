"""Where there is no terminal, or NO_COLOR is set, nothing but plain text; --quiet; completion in a real shell."""

import os
import pty
import re
import shutil
import subprocess
import sys
import time

import pytest

from posology.progress.bar import Bar

from .conftest import command, environment

ESCAPE = "\x1b"


def in_a_terminal(arguments, **more):
    """Run the command in a terminal, and give what it wrote there."""
    driver, terminal = pty.openpty()
    env = environment(TERM="xterm-256color", COLUMNS="100", **more)
    process = subprocess.Popen(command(*arguments), stdout=terminal, stderr=terminal, stdin=terminal, env=env)
    os.close(terminal)
    parts = []
    try:
        while part := os.read(driver, 4096):
            parts.append(part)
    except OSError:  # the other end is closed: the process has ended
        pass
    os.close(driver)
    assert process.wait() == 0
    return b"".join(parts).decode()


def colored(text):
    """Tell whether text has colours; bold and dim are none."""
    return any(f"{ESCAPE}[{code}" in text for code in ("3", "1;3", "38", "9"))


def test_no_color_is_kept_to(finished):
    arguments = ["compare", finished.folder, finished.folder]
    assert not colored(in_a_terminal(arguments, NO_COLOR="1"))
    help_ = in_a_terminal(["study", "--help"], NO_COLOR="1")
    assert "--target" in help_
    assert not colored(help_)


def test_colours_in_a_terminal_without_it(finished):
    assert colored(in_a_terminal(["study", "--help"]))


def test_no_escape_codes_where_there_is_no_terminal(call, finished, here):
    for arguments in (["compare", finished.folder, finished.folder], ["study", "--help"], ["watch", finished.folder]):
        said = call(*arguments)
        assert said.code == 0
        assert ESCAPE not in said.out + said.err


def told(bar):
    with bar:
        bar.stage("starting the workers")
        bar.total(100)
        for _ in range(20):
            bar.trained(5, "tuning dropout", kept=False)
            bar.epochs(50)
        bar.say("a note [bold]")


def test_progress_in_a_log_is_a_line_a_tenth(capsys):
    told(Bar())
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ESCAPE not in captured.err
    lines = captured.err.splitlines()
    assert lines[0] == "starting the workers"
    assert lines[-1] == "a note [bold]"
    assert len(lines) == 12
    assert lines[1].startswith("tuning dropout: 10 of at most 100 networks")


def test_a_log_is_told_that_a_long_stage_goes_on(monkeypatch, capsys):
    monkeypatch.setattr("posology.progress.bar.QUIET", 0.05)
    with Bar() as bar:
        bar.stage("starting the workers")
        time.sleep(0.3)
        bar.total(100)
        bar.trained(5, "tuning dropout", kept=False)
        bar.epochs(50)
        time.sleep(0.3)
    time.sleep(0.2)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "starting the workers"
    assert "starting the workers, for 0 s so far" in lines[1:]
    assert re.fullmatch(r"tuning dropout: 5 of at most 100 networks, about .* left, 50 epochs so far", lines[-1])
    bar.stage("at the end")
    time.sleep(0.2)
    assert capsys.readouterr().err == "at the end\n"  # nothing is said any more once it has ended


def test_quiet_says_nothing(capsys):
    told(Bar(quiet=True))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_progress_in_a_terminal_says_how_long(monkeypatch, capsys):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "120")
    bar = Bar()
    with bar:
        bar.total(100)
        bar.trained(20, "tuning [red]dropout", kept=False)
        bar._bar.refresh()
    assert "20 of at most 100 networks, about " in capsys.readouterr().err


# completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(call, shell):
    said = call("completion", shell)
    assert (said.code, said.err) == (0, "")
    assert "posology" in said.out
    assert "ensemble" in said.out


def test_another_shell(call):
    said = call("completion", "ksh")
    assert said.code == 2
    assert "bash" in said.err


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "completed"),
    [("posology st", "study"), ("posology study --ensem", "--ensemble"), ("posology comp", "compare completion")],
)
def test_bash_completes(call, here, words, completed):
    (here / "script").write_text(call("completion", "bash").out)
    last = len(words.split()) - 1
    lines = f"source ./script; COMP_WORDS=({words}); COMP_CWORD={last}; _posology; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(["bash", "-c", lines], capture_output=True, text=True, check=True)
    assert done.stdout.split() == completed.split()


def test_start_up_loads_nothing_heavy():
    heavy = ("numpy", "pandas", "jax", "keras", "rich.live")
    code = f"import sys, posology.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout.strip() == "[]"
