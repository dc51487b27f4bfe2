"""What a machine does to a folder: read-only, in use, damaged, a clock that jumps."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
import zipfile

import pandas as pd
import pytest

from ..processes import PATIENCE, until
from .kit import Case, packs, verdict


@pytest.fixture
def again(whole, tmp_path):
    """Give a copy of the finished study as one that was stopped before its last steps."""
    folder = tmp_path / "study"
    shutil.copytree(whole, folder)
    for name in ("verdict.json", "evidence.json", "model.keras", "report.html"):
        (folder / name).unlink()
    return folder


@pytest.fixture
def read_only(tmp_path):
    """Mount a file system that nobody can write to, root neither."""
    place = tmp_path / "mounted"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    yield place, lambda how: subprocess.run(["mount", "-o", f"remount,{how}", str(place)], check=True)
    subprocess.run(["umount", str(place)], check=True)


def resumed(case, folder):
    done = case.run("resume", folder, "--workers", 1)
    assert done.code == 0, done.err
    return done


def test_a_read_only_folder_is_refused_and_unchanged(case, again, whole, read_only):
    place, remount = read_only
    folder = place / "study"
    shutil.copytree(again, folder)
    before = packs(folder)
    remount("ro")
    done = case.run("resume", folder, "--workers", 1)
    assert done.code == 2
    assert f"The folder '{folder}' cannot be written: Read-only file system. Choose another --out." in done.err
    read = case.run("results", folder)
    assert read.code == 0
    assert read.out.startswith("stage,arm,trial,repeat,fold,split,seed,strengths,epoch,train_loss,watched_loss")
    remount("rw")
    resumed(case, folder)
    assert before.items() <= packs(folder).items()
    assert verdict(folder) == verdict(whole)


def test_damage_everywhere_is_found_and_what_it_hit_is_trained_again(case, again, whole):
    """A torn last write, a flipped byte, a copy, a folder for a file, an index and options, all in one folder."""
    (again / "study.json").write_bytes((again / "study.json").read_bytes()[:-50])
    first, second, *others = sorted((again / "packs").glob("r0*.npz"))
    first.write_bytes(first.read_bytes()[:-100])
    flipped = bytearray(second.read_bytes())
    flipped[len(flipped) // 2] ^= 0x55
    second.write_bytes(flipped)
    (again / "packs" / ".r9.npz.part").write_bytes(b"half")
    index = bytearray((again / "study.sqlite").read_bytes())
    index[4096:8192] = os.urandom(4096)
    (again / "study.sqlite").write_bytes(index)
    (again / "model.keras").write_bytes(b"half")
    (again / "packs" / "zz.npz").write_bytes(others[0].read_bytes())
    third = others.pop()
    third.unlink()
    third.mkdir()
    options = (again / "study.toml").read_text()
    (again / "study.toml").write_text(options.replace("margin = 0.01", "margin = 0.3"))
    untouched = {path.name: path.stat().st_mtime_ns for path in others}
    told = resumed(case, again).err
    assert f"'{again / 'study.json'}' was damaged or changed: what its copy says is studied" in told
    assert f"'{again / 'study.toml'}' was changed and is written again: a study goes on as it was asked." in told
    assert (again / "study.toml").read_text() == options
    assert untouched.items() <= packs(again).items()
    assert verdict(again) == verdict(whole)
    assert zipfile.is_zipfile(again / "model.keras")
    counts = []
    for folder in (again, whole):
        base = sqlite3.connect(folder / "study.sqlite")
        counts.append(base.execute("SELECT count(*), sum(epoch), sum(watched_loss) FROM results").fetchone())
        base.close()
    assert counts[0] == counts[1]


def test_packs_of_another_table_are_not_taken_for_this_studys(case, again, whole, tmp_path):
    """They have its arms, trials, folds and seeds, and what they say must not reach its verdict."""
    other = Case.made(tmp_path / "other", rows=60)
    table = pd.read_csv(other.root / "houses.csv")
    table.assign(price=-3 * table["price"].iloc[::-1].to_numpy()).to_csv(other.root / "houses.csv", index=False)
    folder = other.root / "study"
    process = other.start(*other.study(folder))
    until(lambda: len(packs(folder)) > 1, process)
    process.kill()
    process.communicate()
    for path in (folder / "packs").glob("r0*.npz"):
        shutil.copy(path, again / "packs")
    said = case.run("results", again)
    assert "Damaged or not this study's, and left out: 'r0f0-tune1-split0-0.npz'" in said.err
    resumed(case, again)
    assert verdict(again) == verdict(whole)


def test_a_second_run_on_a_folder_is_refused_and_the_first_goes_on(case, whole, tmp_path):
    folder = tmp_path / "study"
    first = case.start(*case.study(folder))
    until(lambda: packs(folder), first)
    # held at its first packs, for on a busy machine it would end before the second has begun
    first.send_signal(signal.SIGSTOP)
    second = case.run("resume", folder, "--workers", 1)
    first.send_signal(signal.SIGCONT)
    running = case.run("results", folder)
    assert running.code == 0
    assert len(running.out.splitlines()) > 1, "results are read while it runs"
    assert second.code == 2
    assert f"The folder '{folder}' is in use by another run of posology." in second.err
    _, err = first.communicate()
    assert first.returncode == 0, err
    assert verdict(folder) == verdict(whole)


@pytest.mark.slow
def test_files_of_tomorrow_and_of_the_last_century_are_as_good_as_others(case, again, whole):
    """What a clock that jumped leaves behind."""
    for i, path in enumerate(sorted(again.rglob("*"))):
        moment = time.time() + 1e8 if i % 2 else 0
        os.utime(path, (moment, moment))
    before = packs(again)
    resumed(case, again)
    assert before.items() <= packs(again).items()
    assert verdict(again) == verdict(whole)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("the terminal closes", "posology: Stopped. What was trained is kept; go on with: "),
        ("the folder is moved", "was removed or moved while the study ran. Put it back, then: posology resume "),
        (
            "the temporary folder is cleaned",
            "Let nothing clean the temporary folder (TMPDIR) meanwhile, and run it again.",
        ),
    ],
)
def test_what_is_taken_away_in_the_middle_is_told_and_the_study_can_go_on(case, whole, tmp_path, fault, says):
    folder, aside = tmp_path / "study", tmp_path / "aside"
    process = case.start(*case.study(folder))
    until(lambda: packs(folder), process)
    if fault == "the terminal closes":
        process.send_signal(signal.SIGHUP)
    elif fault == "the folder is moved":
        folder.rename(aside)
    else:
        shutil.rmtree(next(case.temporary.glob("posology-*")))
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert says in err
    assert "Traceback" not in err
    assert not list(case.temporary.glob("posology-*"))
    if aside.exists():
        aside.rename(folder)
    resumed(case, folder)
    assert verdict(folder) == verdict(whole)
