"""kill -9 of the driver, of a worker, of both: nothing is lost, nobody is left, and the verdict is the same bytes."""

import json
import random

import pytest

from .kit import packs, rows_left, strike, verdict

AGAIN = 8


def some_packs(folder):
    return len(packs(folder)) >= 2


def check(case, folder, whole, struck):
    """Continue a study that was struck, and compare it with the undisturbed one."""
    assert struck.orphans == 0
    if not (folder / "study.json").exists():
        done = case.run(*case.study(folder))
    else:
        done = case.run("resume", folder, "--workers", 1)
    assert done.code == 0, done.err
    assert {name: at for name, at in packs(folder).items() if name in struck.kept} == struck.kept, (
        "none is trained anew"
    )
    assert verdict(folder) == verdict(whole)
    assert rows_left(case) == [], "nor are rows of the table left in the temporary folder"


def test_a_killed_driver(case, whole, tmp_path):
    struck = strike(case, tmp_path / "study", "driver", some_packs)
    assert struck.code == -9
    assert rows_left(case), "the table of the killed run is still there"
    check(case, tmp_path / "study", whole, struck)


def test_a_killed_worker_is_replaced(case, whole, tmp_path):
    folder = tmp_path / "study"
    struck = strike(case, folder, "worker", some_packs)
    assert struck.code == 0, struck.err
    assert "A worker process ended by signal 9 during 'pack'. Another worker takes its place." in struck.err
    (fault,) = map(json.loads, (folder / "faults.jsonl").read_text().splitlines())
    assert fault["reason"] == "A worker process ended by signal 9 during 'pack'."
    assert fault["networks"] >= 1
    assert verdict(folder) == verdict(whole)


@pytest.mark.slow
@pytest.mark.parametrize("victims", ["driver", "worker", "both"])
def test_at_random_moments(case, whole, tmp_path, victims):
    moments = random.Random(f"moments of {victims}")
    for i in range(AGAIN):
        folder = tmp_path / f"study-{i}"
        check(case, folder, whole, strike(case, folder, victims, moments.uniform(0, 25)))
