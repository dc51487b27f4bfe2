"""A seat for a worker: one that is lost, killed or out of memory, is replaced, and its task is asked again.

A task is asked twice, then in halves that need half the memory, down to single networks; a network whose training
killed two workers ends the study. Nothing is ever scored as failed because of the machine: what a study finds depends
on the table and the network alone, and the same task gives the same bits whoever does it, and in whatever parts.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from posology.errors import WorkerError
from posology.execution.frames import Message
from posology.execution.worker_process import LostError, Reply, Tell, Worker


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
        self, hire: Callable[[], Worker], open_with: Message, tell: Tell, lost: Callable[[LostWorker], None]
    ) -> None:
        self._hire, self._open_with, self._tell, self._lost = hire, open_with, tell, lost
        self._left = threading.Lock()
        self._closed = False
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
        """
        try:
            return self._asked_twice(message, halves=len(_members(message)) > 1)
        except LostError as error:
            parts = _halved(message)
            if not parts or self._closed:
                raise _ended(message, error) from error
        return _joined([self.ask(part) for part in parts])

    def leave(self, let_go: Callable[[Worker], None]) -> None:
        """Let the worker go; nobody is hired any more."""
        with self._left:
            self._closed = True
            let_go(self.worker)

    def _asked_twice(self, message: Message, *, halves: bool = False) -> Reply:
        try:
            return self.worker.ask(message, self._tell)
        except LostError as error:
            self._replace(message, error)
            # what found no memory at its full size finds none again
            if error.memory and halves:
                raise
        try:
            return self.worker.ask(message, self._tell)
        except LostError as error:
            self._replace(message, error)
            raise

    def _replace(self, message: Message, error: LostError) -> None:
        with self._left:
            if self._closed:
                raise error
            self._lost(LostWorker(str(message.get("name") or message["do"]), len(_members(message)), str(error)))
            self.worker.stop()
            self.worker = self._hire()
        if message is not self._open_with:
            self.worker.ask(self._open_with)


def _members(message: Message) -> list[Any]:
    return list(message["pack"]["members"]) if message["do"] == "pack" else []


def _halved(message: Message) -> list[Message]:
    """Give a pack in two, each in a program of its own size; nothing where it cannot be smaller."""
    members = _members(message)
    middle = -(-len(members) // 2)
    parts = [members[:middle], members[middle:]] if len(members) > 1 else []
    return [{**message, "pack": {**message["pack"], "members": part}, "room": len(part)} for part in parts]


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
