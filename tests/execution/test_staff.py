"""Workers that stay for the next fit: who is hired again, who is ended, and what a forked child gets."""

import os
import time

import pytest

from posology import InputError, WorkerError
from posology.execution import staff
from posology.execution.staff import Kept
from posology.execution.worker_process import Worker


@pytest.fixture
def kept(monkeypatch):
    own, hired = Kept(), set()
    monkeypatch.setattr(staff, "Worker", lambda log: hired.add(worker := Worker(log)) or worker)
    yield own
    own._end()
    for worker in hired:
        worker.stop()


def rests():
    return True


def test_an_idle_worker_is_hired_again(kept):
    worker = kept.hire()
    kept.let_go(worker, rests)
    assert kept.hire() is worker
    other = kept.hire()
    assert other is not worker
    for each in (worker, other):
        kept.let_go(each, rests)
    kept.dismiss()
    assert not worker.lives
    assert not other.lives


def test_one_that_knows_the_network_is_preferred(kept):
    first, second = kept.hire(), kept.hire()
    first.known = {"a"}
    for each in (first, second):
        kept.let_go(each, rests)
    assert kept.hire(knows="a") is first
    assert kept.hire(knows="b") is second


def test_one_that_holds_a_file_of_the_users_serves_its_network_alone(kept):
    worker = kept.hire()
    worker.bound, worker.known = True, {"a"}
    kept.let_go(worker, rests)
    other = kept.hire()
    assert other is not worker
    assert kept.hire(knows="a") is worker
    worker.known = set()
    kept.let_go(worker, rests)
    assert not worker.lives


def test_one_that_is_busy_failed_or_has_served_long_is_ended(kept):
    busy, failed, old = kept.hire(), kept.hire(), kept.hire()
    kept.let_go(busy, lambda: False)
    with pytest.raises(WorkerError, match="A worker failed during 'nothing'"):
        failed.ask({"do": "nothing"})
    kept.let_go(failed, rests)
    old.studies = staff.MOST_STUDIES
    kept.let_go(old, rests)
    assert not any(worker.lives for worker in (busy, failed, old))


def test_one_that_refuses_an_input_is_sound(kept):
    worker = kept.hire()
    with pytest.raises(InputError):
        worker.ask({"do": "fit", "source": {"kind": "file", "where": "/none.py", "function": "f"}})
    assert worker.sound
    assert worker.lives


def test_one_that_died_while_idle_is_replaced(kept):
    worker = kept.hire()
    kept.let_go(worker, rests)
    worker.stop()
    other = kept.hire()
    assert other is not worker
    assert other.lives


def test_idle_workers_end_after_a_while(kept, monkeypatch):
    monkeypatch.setattr(staff, "IDLE", 0.1)
    worker = kept.hire()
    kept.let_go(worker, rests)
    until = time.monotonic() + 10
    while worker.lives and time.monotonic() < until:
        time.sleep(0.05)
    assert not worker.lives


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning", "ignore:.*fork.*:RuntimeWarning")
def test_a_forked_child_begins_with_none_and_leaves_the_parents_alone(kept):
    worker = kept.hire()
    kept.let_go(worker, rests)
    child = os.fork()
    if not child:
        os._exit(1 if kept._idle or kept._logs else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert kept.hire() is worker
    assert worker.lives
