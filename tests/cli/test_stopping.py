"""Stopped in the middle by Ctrl-C, by a full disk: nothing is lost, nothing is left running.

And stopped by itself, because it is decided.
"""

import json
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ..processes import PATIENCE, alive, children, until
from .conftest import command, environment, files

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")


class Started:
    """A study in a process of its own, with two workers, waited for until it has kept some packs."""

    def __init__(self, study):
        self.folder = study.folder
        before = len(self.packs())
        words = command(*study.arguments(), "--workers", 2)
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), cwd=study.root
        )
        until(lambda: len(self.packs()) > before, self.process)
        self.workers = children(self.process.pid)
        assert len(self.workers) == 2

    def packs(self):
        return list((self.folder / "packs").glob("*.npz"))

    def ends(self):
        out, err = self.process.communicate(timeout=PATIENCE)
        until(lambda: not any(map(alive, self.workers)))
        return self.process.returncode, out, err


def test_ctrl_c_then_resume_gives_the_same_bytes_as_an_uninterrupted_study(call, finished, here):
    study = replace(finished, folder=here / "study")
    started = Started(study)
    started.process.send_signal(signal.SIGINT)
    code, out, err = started.ends()
    assert (code, out) == (3, "")
    assert err.endswith(f"Stopped. What was trained is kept; go on with: posology resume {study.folder}\n")
    assert "Traceback" not in err
    assert not (study.folder / "verdict.json").exists()
    kept = {p: p.stat().st_mtime_ns for p in started.packs()}
    first = json.loads((study.folder / "progress.json").read_text())["seconds"]
    began = time.monotonic()
    said = call("resume", study.folder, "--workers", 2)
    second = time.monotonic() - began
    assert said.code == 0, said.err
    run = json.loads((study.folder / "run.json").read_text())
    assert run["sessions"] == 2
    assert first < run["seconds"] < first + second
    assert " s in 2 sessions; " in said.out
    assert {p: p.stat().st_mtime_ns for p in kept} == kept
    assert (study.folder / "verdict.json").read_bytes() == (finished.folder / "verdict.json").read_bytes()
    assert call("resume", study.folder, "--workers", 2).code == 0
    looked = json.loads((study.folder / "run.json").read_text())
    assert (looked["sessions"], looked["seconds"]) == (2, run["seconds"]), "nothing was trained, none is a session"


@pytest.fixture
def small_disk(here):
    disk = here / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_keeps_what_was_finished(call, finished, small_disk):
    study = replace(finished, folder=small_disk / "study")
    said = call(*study.arguments(), "--workers", 1, "--json")
    assert said.code == 3, said
    assert json.loads(said.out)["exit_code"] == 3
    assert "The disk is full: " in said.err
    assert f"What was finished is kept. Free some space, then: posology resume {study.folder}" in said.err
    kept = [f for f in files(study.folder) if f.endswith(".npz")]
    assert kept
    for name in kept:
        assert (study.folder / name).read_bytes() == (finished.folder / name).read_bytes()
    assert not [f for f in files(study.folder) if f.endswith(".part")]


def test_a_disk_that_is_full_before_the_first_file(call, finished, small_disk):
    study = replace(finished, folder=small_disk / "study")
    (small_disk / "others").write_bytes(b"0" * shutil.disk_usage(small_disk).free)
    said = call(*study.arguments(), "--workers", 1)
    assert said.code == 2, said
    assert "The disk is full: " in said.err
    (small_disk / "others").unlink()
    assert not (study.folder / "study.json").exists()


def test_a_full_disk_at_the_last_step_says_so(call, finished, here, small_disk):
    folder = small_disk / "study"
    subprocess.run(["mount", "-o", "remount,size=2m", str(small_disk)], check=True)
    shutil.copytree(finished.folder, folder, ignore=shutil.ignore_patterns("model.keras", "all-refit.json"))
    (small_disk / "others").write_bytes(b"0" * (shutil.disk_usage(small_disk).free - 4096))
    study = replace(finished, folder=folder)
    said = call(*study.arguments(), "--workers", 1)
    assert said.code == 3, said
    assert "The disk is full" in said.err
    assert not (folder / "model.keras").exists()


@pytest.mark.slow
def test_a_halving_that_lost_its_later_packs_and_its_paused_trainings_gives_the_same_bytes(call, finished, here):
    sizes = ("--repeats", 1, "--folds", 2, "--trials", 4, "--refits", 1, "--epochs", 40, "--workers", 1)
    table = ("--target", "y", "--no-early-stopping", "--halving", 2)
    (here / "table.csv").write_text("a,b,y\n" + "".join(f"{i % 7},{i % 5},{(i % 7) * (i % 3)}\n" for i in range(60)))
    arguments = ("study", here / "table.csv", *table, *sizes, "--arms", "none; l1; dropout", "--out", here / "halved")
    said = call(*arguments)
    assert said.code == 0, said.err
    folder = here / "halved"
    names = sorted(p.name for p in (folder / "packs").glob("r0f0-*.npz"))
    assert [n for n in names if "rung1" in n]
    whole = {p.name: p.read_bytes() for p in folder.rglob("*.npz")}
    verdict = (folder / "verdict.json").read_bytes()
    # a power cut behind the first rung: the paused states went with the temporary folder
    for path in [folder / "verdict.json", folder / "model.keras", *(folder / "packs").glob("*rung[1-9]*.npz")]:
        path.unlink()
    said = call("resume", folder, "--workers", 1)
    assert said.code == 0, said.err
    assert (folder / "verdict.json").read_bytes() == verdict
    assert {p.name: p.read_bytes() for p in folder.rglob("*.npz")} == whole
    networks = json.loads(verdict)["study"]["networks"]
    assert networks >= 2 * (4 + 4 + 4 + 3), "a member counts once, however many rungs it climbs"


def test_a_decided_study_stops_and_its_resume_gives_the_same_bytes(call, table, here):
    sizes = ("--repeats", 3, "--folds", 2, "--trials", 1, "--inner-splits", 1, "--refits", 1, "--epochs", 1)
    how = ("--arms", "none; dropout", "--rope", 0.9, "--workers", 1, "--out", here / "study")
    said = call("study", table, "--target", "price", *sizes, *how)
    assert said.code == 0, said.err
    assert "4 resamples (stopped after 2 of 3 repeats: decided), 29 networks trained" in " ".join(said.out.split())
    assert "After 1 of at most 3 repeats, differences below " in said.err
    assert "Your margin is 0.9; " in said.err
    verdict = (here / "study" / "verdict.json").read_bytes()
    stopping = json.loads(verdict)["study"]["stopping"]
    assert (stopping["ended"], stopping["repeats"], stopping["repeats_at_most"]) == ("decided", 2, 3)
    assert [(one["repeat"], one["outcome"]) for one in stopping["looks"]] == [(2, "decided")]
    # begun ahead, or by a run that was told to train all repeats: it counts for nothing
    ahead = here / "study" / "packs" / "r2f0-tune1-split0-0.npz"
    ahead.write_bytes((here / "study" / "packs" / "r1f0-tune1-split0-0.npz").read_bytes())
    (here / "study" / "model.keras").unlink()
    (here / "study" / "verdict.json").unlink()
    said = call("resume", here / "study", "--workers", 2)
    assert said.code == 0, said.err
    assert (here / "study" / "verdict.json").read_bytes() == verdict
