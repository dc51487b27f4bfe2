"""The time of a study is that of all its sessions, whatever ended them, and of earlier posologies what is known."""

import json

import pytest

from posology.posting import Posted
from posology.progress import Silent
from posology.working_time import WorkingTime


def test_a_new_folder_has_worked_no_time(tmp_path):
    assert WorkingTime.before(tmp_path) == WorkingTime(0.0, 0)
    assert WorkingTime.before(tmp_path / "absent").and_one_of(3.0) == WorkingTime(3.0, 1)


def test_a_session_that_was_killed_is_counted_to_its_last_word(tmp_path):
    Posted(Silent()).post_to(tmp_path, lambda: WorkingTime(75.0, 1))
    assert WorkingTime.before(tmp_path).and_one_of(249.0) == WorkingTime(324.0, 2)


def test_the_longer_of_a_finished_run_and_a_later_word_is_taken(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({**WorkingTime(60.0, 1).to_dict(), "folder": "x"}))
    assert WorkingTime.before(tmp_path) == WorkingTime(60.0, 1)
    Posted(Silent()).post_to(tmp_path, lambda: WorkingTime(75.0, 2))
    assert WorkingTime.before(tmp_path) == WorkingTime(75.0, 2)


@pytest.mark.parametrize("name", ["run.json", "progress.json", "packs/r0f0-tune1-split0-0.npz"])
def test_a_folder_of_an_earlier_posology_worked_at_least_so_long(tmp_path, name):
    (tmp_path / "packs").mkdir()
    (tmp_path / name).write_text(json.dumps({"seconds": 60.0, "folder": "x"} if name == "run.json" else {"epochs": 3}))
    worked = WorkingTime.before(tmp_path).and_one_of(5.0)
    assert worked.words() == ("at least 1 min 5 s" if name == "run.json" else "at least 5 s")
    assert WorkingTime.of(json.loads(json.dumps(worked.to_dict()))) == worked


@pytest.mark.parametrize("content", ["", "[]", '{"seconds": "long", "sessions": 2}', '{"sessions": null}'])
def test_a_damaged_file_ends_no_study(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    assert WorkingTime.before(tmp_path) == WorkingTime()


def test_a_report_of_an_earlier_posology_says_what_it_has():
    assert WorkingTime.of({"seconds": 61.0, "folder": "x"}).words() == "1 min 1 s"
