"""`posology calibrate`: what it prints, and its exit codes."""

import json
import subprocess
import sys

import pytest

from posology.calibration import simulation
from posology.calibration.targets import Target
from posology.terminal.calibration import Counter

SMALL = ["calibrate", "--studies", "2", "--rows", "60", "--columns", "4"]


def test_it_prints_targets_and_rivals(call):
    said = call(*SMALL, "--generators", "N1")
    assert "false combine" in said.out
    assert "Nadeau-Bengio" in said.out
    assert "95% Wilson intervals" in said.out
    assert "Generators: N1, " in said.out
    assert "N1: 2 of 2 studies" in said.err


def test_progress_says_how_long_a_generator_takes(monkeypatch, capsys):
    now = iter([0.0, 100.0, 103.0, 200.0])
    monkeypatch.setattr("posology.terminal.calibration.time.monotonic", lambda: next(now))
    tell = Counter()
    for generator, done in (("N1", 1), ("N1", 2), ("E1", 1)):
        tell(generator, done, 10)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["N1: 1 of 10 studies", "N1: 2 of 10 studies, about 25 s left of it", "E1: 1 of 10 studies"]


def test_json_is_one_object(call):
    said = call(*SMALL, "--generators", "N1", "--json", "--quiet")
    assert sorted(json.loads(said.out)) == ["power", "targets"]
    assert said.err == ""


@pytest.mark.parametrize(("rate", "code"), [(0.01, 0), (0.05, 0), (0.4, 1)])
def test_the_exit_code_says_whether_a_target_is_missed(call, monkeypatch, rate, code):
    target = Target("T1", "N3", "false combine", rate, 100, max(0, rate - 0.02), rate + 0.02, 0.05, most=True)
    found = simulation.Calibration([target], [])
    monkeypatch.setattr(simulation, "calibrate", lambda *_, **__: found)
    said = call("calibrate")
    assert said.code == code
    assert ("Missed: T1 on N3, false combine." in said.out) == (code == 1)


def test_a_table_of_ones_own(call, table):
    said = call("calibrate", "--table", table, "--target", "price", "--studies", "2", "--json")
    assert {t["generator"] for t in json.loads(said.out)["targets"]} >= {"N4", "N2 here"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--generators", "N9"], "Unknown generator 'N9'."),
        (["--table", "houses.csv"], "--table is given without --target."),
        (["--studies", "0"], "studies is 0; it must be at least 2."),
        (["--study", "3"], "See: posology calibrate --help"),
    ],
)
def test_what_is_refused(call, table, options, message):
    said = call("calibrate", *options)
    assert said.code == 2
    assert said.out == ""
    assert message in said.err


def test_no_keras_and_no_jax():
    code = (
        "import sys, posology.calibration.simulation, posology.terminal.calibration; "
        "print([m for m in ('keras', 'jax') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
