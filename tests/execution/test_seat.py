"""A lost worker is replaced, and its task asked again: twice whole, then in halves."""

import numpy as np
import pytest

from posology.errors import InputError, WorkerError
from posology.execution.seat import Seat
from posology.execution.worker_process import LostError, NoPlaceError

OPEN = {"do": "open"}


class Scripted:
    """A worker that is lost to some tasks: `deadly` tells to which, and whether it was memory."""

    def __init__(self, deadly, done):
        self._deadly, self._done = deadly, done
        self.opened = self.stopped = False

    def placed(self, _seconds):
        return True

    def ask(self, message, _tell=None):
        assert not self.stopped
        if message["do"] == "open":
            self.opened = True
            return {"described": True}, {}
        assert self.opened, "a new worker opens the study first"
        members = message["pack"]["members"] if "pack" in message else []
        if (memory := self._deadly(members, message.get("room"))) is not None:
            raise LostError("It ended.", memory=memory)
        self._done.append((members, message.get("room")))
        return {}, {"loss": np.array(members, float), "curve": np.array(members, float)[:, None]}

    def stop(self):
        self.stopped = True


@pytest.fixture
def seat():
    def made(deadly):
        hired, done, lost = [], [], []

        def hire():
            hired.append(Scripted(deadly, done))
            return hired[-1]

        one = Seat(hire, OPEN, lambda _: None, lost.append)
        assert one.open()[0] == {"described": True}
        one.hired, one.done, one.lost = hired, done, lost
        return one

    return made


def task(members):
    return {"do": "pack", "name": "r0f0-tune1-split0-0", "pack": {"name": "r0f0-tune1-split0-0", "members": members}}


def test_a_task_that_lost_its_worker_once_is_done_whole_by_another(seat):
    deaths = iter([False])
    one = seat(lambda _members, _room: next(deaths, None))
    np.testing.assert_array_equal(one.ask(task([1, 2, 3]))[1]["loss"], [1, 2, 3])
    assert one.done == [([1, 2, 3], None)]
    assert len(one.hired) == 2
    assert one.hired[0].stopped
    assert [(w.task, w.networks, w.reason) for w in one.lost] == [("r0f0-tune1-split0-0", 3, "It ended.")]


def test_a_task_without_memory_is_done_in_halves_in_the_order_of_its_members(seat):
    one = seat(lambda _members, room: True if (room or 8) > 2 else None)
    found = one.ask(task([1, 2, 3, 4, 5]))[1]
    np.testing.assert_array_equal(found["loss"], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(found["curve"], [[1], [2], [3], [4], [5]])
    assert one.done == [([1, 2], 2), ([3], 2), ([4, 5], 2)]
    lost, one.done[:] = len(one.lost), []
    one.ask(task([6]))
    one.ask(task([7, 8, 9]))
    assert one.done == [([6], 2), ([7, 8], 2), ([9], 2)], "what comes later is small from the start"
    assert len(one.lost) == lost


def test_a_single_network_is_tried_in_a_program_of_its_own(seat):
    one = seat(lambda _members, room: True if room != 1 else None)
    np.testing.assert_array_equal(one.ask(task([4]))[1]["loss"], [4])
    assert one.done == [([4], 1)], "a program is as large as a whole pack, however few networks it has"


def test_a_task_that_kills_twice_is_split_too(seat):
    one = seat(lambda members, _room: False if len(members) > 2 else None)
    np.testing.assert_array_equal(one.ask(task([1, 2, 3]))[1]["loss"], [1, 2, 3])
    assert len(one.lost) == 2


def test_a_single_network_that_kills_two_workers_ends_the_study(seat):
    one = seat(lambda members, _room: False if 3 in members else None)
    with pytest.raises(WorkerError, match=r"It ended\. Two workers were lost to the same network: .* fewer --workers"):
        one.ask(task([1, 2, 3]))
    assert ([1, 2], 2) in one.done, "its neighbours were trained"


def test_a_refusal_is_not_asked_again(seat):
    def refuses(members, room):
        raise InputError("No.")

    one = seat(refuses)
    with pytest.raises(InputError):
        one.ask(task([1]))
    assert len(one.hired) == 1


def test_nobody_is_hired_for_a_seat_that_was_left(seat):
    one = seat(lambda _members, _room: False)
    one.leave(lambda worker: worker.stop())
    one.hired[0].stopped = False
    with pytest.raises(WorkerError):
        one.ask(task([1, 2]))
    assert len(one.hired) == 1
    assert not one.lost


def test_the_task_of_a_machine_that_went_away_is_for_others(seat):
    one = seat(lambda _members, _room: None)

    def gone(_message, _tell=None):
        raise LostError("Gone.", machine=True)

    one.worker.ask = gone
    with pytest.raises(NoPlaceError):
        one.ask(task([1, 2]))
    np.testing.assert_array_equal(one.ask(task([1, 2]))[1]["loss"], [1, 2])
    assert one.done == [([1, 2], None)], "whole: the machine says nothing about memory"
