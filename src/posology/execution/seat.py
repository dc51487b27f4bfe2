"""A seat for a worker: one that is lost, killed or out of memory, is replaced, and its task is asked again.

A task is asked twice, then in halves that need half the memory, down to single networks, and later packs are as small
from the start; a network whose training killed two workers ends the study. Nothing is ever scored as failed because of
the machine: what a study finds depends on the table and the network alone, and the same task gives the same bits
whoever does it, and in whatever parts. Where the worker's whole machine went away, the task was not to blame: it goes
back to whoever has a core.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from posology.errors import WorkerError
from posology.execution.frames import Message
from posology.execution.staff import Hired
from posology.execution.worker_process import LostError, NoPlaceError, Reply, Tell


@dataclass(frozen=True)
class LostWorker:
    """A worker that was lost.

    Parameters
    ----------
    task : str
        What it was doing: the name of a pack, or another word.
    networks : int
        That it was training at once.
    reason : str
    """

    task: str
    networks: int
    reason: str


class Seat:
    """Where one worker after another sits.

    Parameters
    ----------
    hire : callable
        Gives a worker.
    open_with : dict
        The message with which a worker opens the study.
    tell : callable
        Told the epochs that are trained.
    lost : callable
        Told of every worker that is lost.
    """

    def __init__(
        self, hire: Callable[[], Hired], open_with: Message, tell: Tell, lost: Callable[[LostWorker], None]
    ) -> None:
        self._hire, self._open_with, self._tell, self._lost = hire, open_with, tell, lost
        self._most: int | None = None
        """Networks that a pack can have, once memory was short."""
        self._left = threading.Lock()
        self._closed = self._opened = False
        self.worker = hire()

    def open(self) -> Reply:
        """Let the worker open the study; another one where the first is lost."""
        return self._asked_twice(self._open_with)

    def ask(self, message: Message) -> Reply:
        """Have a task done, whatever becomes of workers.

        Raises
        ------
        WorkerError
            The task failed, or took two workers with it and cannot be made smaller.
        NoPlaceError
            The machine went away, and there is no core for another worker yet.
        """
        members = _members(message)
        if self._most is not None and len(members) > self._most:
            return _joined([self.ask(part) for part in _halved(message)])
        if self._most is not None and members:
            message = {**message, "room": self._most}
        try:
            return self._asked_twice(message, halves=len(members) > 1)
        except LostError as error:
            if not members or message.get("room") == 1 or self._closed:
                raise _ended(message, error) from error
        # the packs that come will not fit either; a program that was not told has room for a whole pack
        self._most = _half(message.get("room", len(members)))
        return self.ask(message)

    def leave(self, let_go: Callable[[Hired], None]) -> None:
        """Let the worker go; nobody is hired any more."""
        with self._left:
            self._closed = True
            let_go(self.worker)

    def _asked_twice(self, message: Message, *, halves: bool = False) -> Reply:
        try:
            return self._asked(message)
        except LostError as error:
            self._replace(message, error)
            # what found no memory at its full size finds none again
            if error.memory and halves:
                raise
        try:
            return self._asked(message)
        except LostError as error:
            self._replace(message, error)
            raise

    def _asked(self, message: Message) -> Reply:
        if not self.worker.placed(0):
            raise NoPlaceError("There is no core for another worker.")
        if not self._opened and message is not self._open_with:
            self.worker.ask(self._open_with)
        reply = self.worker.ask(message, self._tell)
        self._opened = True
        return reply

    def _replace(self, message: Message, error: LostError) -> None:
        with self._left:
            if self._closed:
                raise error
            self._lost(LostWorker(str(message.get("name") or message["do"]), len(_members(message)), str(error)))
            self.worker.stop()
            self.worker, self._opened = self._hire(), False
        if error.machine:
            raise NoPlaceError(str(error)) from error


def _members(message: Message) -> list[Any]:
    return list(message["pack"]["members"]) if message["do"] == "pack" else []


def _half(number: int) -> int:
    return -(-number // 2)


def _halved(message: Message) -> list[Message]:
    """Give a pack in two."""
    members = _members(message)
    middle = _half(len(members))
    parts = members[:middle], members[middle:]
    return [{**message, "pack": {**message["pack"], "members": part}} for part in parts]


def _joined(replies: list[Reply]) -> Reply:
    """Join the results of parts, whose first axis is the member."""
    (first, arrays), *_ = replies
    return first, {name: np.concatenate([found[name] for _, found in replies]) for name in arrays}


def _ended(message: Message, error: LostError) -> WorkerError:
    if not (error.memory or message["do"] == "pack"):
        return error
    return WorkerError(
        f"{error} Two workers were lost to the same network: is there too little memory? Use fewer --workers, a "
        "smaller network or a sample of the table."
    )
