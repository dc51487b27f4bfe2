"""How far a study is, in words, in its folder, and as seen by who looks into it."""

import fcntl
import json
import os
import sqlite3
import time

import pytest

from posology.errors import InputError
from posology.folder_lock import LOCK
from posology.pace import Pace
from posology.posting import NAME, Posted, read_progress
from posology.progress import Silent
from posology.results_index import NAME as INDEX
from posology.study_json import SCHEMA
from posology.watching import look


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_kept_networks_take_no_time():
    clock = Clock()
    pace = Pace("tuning l2", at_most=1000, clock=clock)
    pace.count(500, kept=True)
    assert pace.seconds_left() is None
    assert pace.words() == "tuning l2: 500 of at most 1,000 networks"
    clock.now += 10
    pace.count(100)
    assert pace.seconds_left() == 40
    assert pace.words() == "tuning l2: 600 of at most 1,000 networks, about 40 s left"


def test_nothing_is_left_at_the_end():
    clock = Clock()
    pace = Pace("scoring l2", at_most=10, clock=clock)
    pace.count(10)
    assert pace.words() == "scoring l2"


def test_starting_the_workers_is_no_training():
    clock = Clock()
    pace = Pace("training", clock=clock)
    clock.now += 50
    pace.expect(40)
    clock.now += 10
    pace.count(10)
    assert pace.seconds_left() == 30
    pace.expect(60)
    assert pace.seconds_left() == 50


def test_networks_that_waited_for_compilations_do_not_set_the_pace():
    clock = Clock()
    pace = Pace("tuning l2", at_most=1000, clock=clock)
    clock.now += 60  # compiles
    pace.count(10)
    assert pace.seconds_left() == 60 / 10 * 990
    clock.now += 10
    pace.count(10)
    assert pace.seconds_left() == 980


def test_the_time_left_counts_down_between_packs_and_grows_where_one_is_late():
    clock = Clock()
    pace = Pace("tuning l2", at_most=1000, clock=clock)
    pace.expect(1000)
    for _ in range(2):
        clock.now += 10
        pace.count(10)
    seen = [pace.seconds_left()]
    for _ in range(3):
        clock.now += 5
        seen.append(pace.seconds_left())
    assert seen == [980, 975, 970, 1.25 * 980 - 10]


def test_the_last_networks_of_a_pack_take_no_negative_time():
    clock = Clock()
    pace = Pace("tuning l2", clock=clock)
    pace.expect(12)
    clock.now += 10
    pace.count(10)
    clock.now += 5
    assert pace.words() == "tuning l2: 10 of at most 12 networks, about 5 s left"


def test_the_pace_is_read_while_networks_are_counted():
    class Read(Pace):
        def __setattr__(self, name, value):
            super().__setattr__(name, value)
            if "_marks" in vars(self):
                self.words()  # as another thread may, between any two steps

    clock = Clock()
    pace = Read("tuning l2", clock=clock)
    pace.expect(100)
    for kept in (True, False, True, False):
        clock.now += 10
        pace.count(10, kept=kept)
    assert pace.words() == "tuning l2: 40 of at most 100 networks, about 2 min left"


def test_a_pace_before_any_network_is_none():
    pace = Pace("tuning l2", at_most=1000, clock=Clock())
    for _ in range(2):  # rungs that begin no network
        pace.count(0)
    assert pace.seconds_left() is None
    assert pace.seconds_for(10) is None


def test_before_the_number_is_known():
    assert Pace("starting the workers").words() == "starting the workers"


class Heard(Silent):
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def stage(self, text):
        self.told.append(text)

    def say(self, text):
        self.told.append(text)

    def total(self, networks):
        self.told.append(networks)

    def trained(self, networks, text, *, kept):
        self.told.append((networks, text, kept))

    def epochs(self, count):
        self.told.append(count)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "study.json").write_text(json.dumps({"schema": SCHEMA, "settings": {}}))
    return tmp_path


def run(posted, folder):
    posted.stage("starting the workers")
    posted.post_to(folder)
    posted.total(40)
    posted.trained(8, "tuning dropout", kept=False)
    posted.epochs(80)
    posted.say("a line")
    posted.stage("drawing the report")


def test_progress_is_passed_on_and_written(folder):
    heard = Heard()
    posted = Posted(heard)
    run(posted, folder)
    assert heard.told == ["starting the workers", 40, (8, "tuning dropout", False), 80, "a line", "drawing the report"]
    said = read_progress(folder)
    assert (said["networks"], said["at_most"], said["epochs"], said["running"]) == (8, 40, 80, True)
    assert said["words"].startswith("drawing the report: 8 of at most 40 networks, about ")
    assert abs(said["at"] - time.time()) < 60
    posted.end(finished=True)
    assert [path.name for path in folder.iterdir()] == ["study.json"]


def test_it_is_written_once_a_second(folder, monkeypatch):
    posted = Posted(Silent())
    posted.post_to(folder)
    before = (folder / NAME).read_bytes()
    for _ in range(100):
        posted.epochs(1)
    assert (folder / NAME).read_bytes() == before


def test_a_folder_that_takes_nothing_ends_no_study(tmp_path):
    posted = Posted(Silent())
    run(posted, tmp_path / "gone")
    posted.end(finished=False)
    assert read_progress(tmp_path / "gone") is None


# looks


def test_a_running_study(folder):
    run(Posted(Silent()), folder)
    seen = look(folder)
    assert (seen.state, seen.networks, seen.at_most, seen.curve) == ("running", 8, 40, ())
    assert seen.seconds_left > 0


def test_losses_are_means_over_arms(folder):
    run(Posted(Silent()), folder)
    base = sqlite3.connect(folder / INDEX)
    with base:
        base.execute("CREATE TABLE networks (network INTEGER, stage TEXT, arm TEXT, failed INTEGER)")
        base.execute("CREATE TABLE losses (network INTEGER, epoch INTEGER, train_loss REAL, watched_loss REAL)")
        base.executemany("INSERT INTO networks VALUES (?, ?, ?, ?)", [
            (1, "tune", "none", 0), (2, "tune", "dropout", 0), (3, "tune", "l2", 1), (4, "refit", "l2", 0),
        ])  # fmt: skip
        base.executemany("INSERT INTO losses VALUES (?, ?, ?, ?)", [
            (1, 1, 1.0, 1.2), (2, 1, 3.0, 3.2), (3, 1, 9.0, 9.0), (4, 1, 9.0, 9.0),
            (1, 2, None, 0.5), (1, 3, 0.5, 0.75),
        ])  # fmt: skip
    base.close()
    seen = look(folder)
    assert seen.curve == ((1, 2.0, 2.2), (3, 0.5, 0.75))
    assert "dropout" not in json.dumps(seen.to_dict()["curve"])


def test_an_index_that_is_damaged_is_no_curve(folder):
    run(Posted(Silent()), folder)
    (folder / INDEX).write_bytes(b"torn")
    assert look(folder).curve == ()


def test_a_study_that_was_stopped(folder):
    posted = Posted(Silent())
    run(posted, folder)
    posted.end(finished=False)
    seen = look(folder)
    assert seen.state == "stopped"
    assert seen.words.startswith("Stopped at drawing the report: 8 of at most 40 networks")
    assert seen.words.endswith(f"Go on with: posology resume {folder}")


def test_a_study_that_says_nothing_any_more(folder):
    run(Posted(Silent()), folder)
    said = json.loads((folder / NAME).read_text())
    (folder / NAME).write_text(json.dumps({**said, "at": said["at"] - 240}))
    seen = look(folder)
    assert seen.state == "silent"
    assert seen.words.startswith("No word for 4 min; the last was: drawing the report")


def test_a_study_that_is_finished(folder):
    (folder / "verdict.json").write_text(json.dumps({"verdict": {"sentences": ["Use L2 alone.", "More."]}}))
    assert (look(folder).state, look(folder).words) == ("finished", "Finished. Use L2 alone.")


def test_a_study_that_has_just_begun(folder):
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert (look(folder).state, look(folder).words) == ("running", "starting")


@pytest.mark.parametrize(
    "said",
    [
        "[]", "{}", "{", "null", '{"words": null, "networks": 1, "at_most": 2, "seconds_left": 1, "running": true}',
        '{"words": "w", "networks": "a", "at_most": 2, "seconds_left": 1, "running": true, "at": "yesterday"}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_words_that_no_study_posts_are_none(folder, said):
    (folder / NAME).write_text(said)
    assert look(folder).state == "stopped"


@pytest.mark.parametrize("verdict", ["[]", "null", '{"verdict": {"sentences": []}}', '{"verdict": 5}', "[" * 100_000])
def test_a_damaged_verdict_is_none(folder, verdict):
    (folder / "verdict.json").write_text(verdict)
    assert look(folder).state == "stopped"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes that have a name")
def test_pipes_in_the_place_of_files_are_not_waited_for(folder):
    for name in (NAME, "verdict.json", INDEX):
        os.mkfifo(folder / name)
    assert look(folder).state == "stopped"


def test_a_folder_in_which_nothing_runs_such_as_a_fresh_copy(folder):
    (folder / LOCK).touch()
    assert look(folder).words == f"Nothing runs here. Go on with: posology resume {folder}"


def test_a_folder_without_a_study(tmp_path):
    with pytest.raises(InputError, match="holds no study"):
        look(tmp_path)
