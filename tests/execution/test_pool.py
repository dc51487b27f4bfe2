"""The pool, from the side of whoever asks it; the workers are in test_seat.py and test_staff.py."""

from concurrent.futures import Future
from pathlib import Path

from posology.execution.pool import Pool
from posology.plan import Pack


class Noted(Pool):
    """Notes what would be asked of a worker."""

    def __init__(self):
        self.asked = []

    def _ask(self, message):
        self.asked.append(message)
        answer = Future()
        answer.set_result(({}, {}))
        return answer


def test_a_worker_is_told_the_whole_path_of_a_folder(tmp_path, monkeypatch):
    # the user's file may have changed the folder in which the worker is
    monkeypatch.chdir(tmp_path)
    pool = Noted()
    pool.finish(Pack("finish", 0, 0, 0, ()), Path("results"))
    assert pool.asked[0]["folder"] == str(tmp_path / "results")
