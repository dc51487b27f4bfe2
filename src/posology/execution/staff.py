"""Who the workers of a pool are: hired for one study, or kept for the next.

A worker needs some seconds to load Keras and JAX. A study of minutes does not mind and ends its workers. Estimators are
fitted many times in one process, for seconds each, and predict row by row: theirs wait here, idle, for the next fit.
Idle workers end after `IDLE` seconds, when the process does, and by `dismiss()`; a forked child begins with none.
"""

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from posology.execution.frames import Arrays, Message
from posology.execution.sizing import check_memory
from posology.execution.worker_process import Reply, Tell, Worker, silent

IDLE = 120.0
"""Seconds that a worker waits for its next study before it ends."""

MOST_STUDIES = 100
"""Of one worker: what Keras and JAX keep of each is bounded so."""


@runtime_checkable
class Hired(Protocol):
    """A worker, wherever it is."""

    studies: int
    """That it has opened."""
    bound: bool
    """Whether it has imported a file of the user's."""

    @property
    def process(self) -> int:
        """The process number, on its machine."""

    def ask(self, message: Message, tell: Tell = silent, arrays: Arrays | None = None) -> Reply:
        """Send a message and wait for the answer; see `Worker`."""

    def placed(self, seconds: float) -> bool:
        """Wait so long for a core to run on; tell whether there is one."""

    def stop(self) -> None:
        """End it at once."""


@runtime_checkable
class Staff(Protocol):
    """Gives a pool its workers and takes them back."""

    def hire(self, log: Path) -> Hired:
        """Give a worker; what it prints goes to the log, or to one of its own."""

    def let_go(self, worker: Any, rests: Callable[[], bool]) -> None:
        """Take a worker back; `rests` waits a moment, and tells whether the worker has nothing to do."""

    def check_memory(self, needed: int, workers: int) -> None:
        """Refuse workers that together need more than there is; `needed` is bytes of one."""


class OneStudy:
    """Workers that are started for a pool and end with it."""

    def hire(self, log: Path) -> Worker:
        """See `Staff`."""
        return Worker(log)

    def let_go(self, worker: Hired, rests: Callable[[], bool]) -> None:  # noqa: ARG002
        """See `Staff`: in the middle of a pack, if need be."""
        worker.stop()

    def check_memory(self, needed: int, workers: int) -> None:
        """See `Staff`."""
        check_memory(needed, workers)


class Kept:
    """Workers that stay for the next pool of this process; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[Worker, threading.Timer] = {}
        self._logs: Path | None = None
        self._started = 0
        atexit.register(self._end)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def hire(self, log: Path | None = None, knows: str = "") -> Worker:
        """See `Staff`: an idle worker, one that knows a network if there is one, or a new one."""
        del log  # a worker that is kept outlives the folder of one study
        with self._lock:
            while (worker := self._chosen(knows)) is not None:
                self._idle.pop(worker).cancel()
                if worker.lives:
                    return worker
                worker.stop()
            self._logs = self._logs or Path(tempfile.mkdtemp(prefix="posology-workers-"))
            self._started += 1
            return Worker(self._logs / f"worker-{self._started}.log")

    def _chosen(self, knows: str) -> Worker | None:
        free = [worker for worker in self._idle if not worker.bound]
        return next((worker for worker in self._idle if knows in worker.known), free[-1] if free else None)

    def let_go(self, worker: Worker, rests: Callable[[], bool]) -> None:
        """See `Staff`: one that is in the middle of something, has failed, or may hold an old file of the user's, ends.

        One that has loaded a network of the user's file to predict with is kept for that network alone.
        """
        used_up = worker.studies >= MOST_STUDIES or (worker.bound and not worker.known)
        if not rests() or not worker.sound or used_up:
            worker.stop()
            return
        timer = threading.Timer(IDLE, self._dismiss, [worker])
        timer.daemon = True
        with self._lock:
            self._idle[worker] = timer
        timer.start()

    def check_memory(self, needed: int, workers: int) -> None:
        """See `Staff`."""
        check_memory(needed, workers)

    @contextmanager
    def errand(self, knows: str = "") -> Iterator[Worker]:
        """Lend a worker for one question."""
        worker = self.hire(knows=knows)
        try:
            yield worker
        finally:
            self.let_go(worker, lambda: True)

    def dismiss(self) -> None:
        """End the workers that are idle."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for worker, timer in idle.items():
            timer.cancel()
            worker.stop()

    def _end(self) -> None:
        self.dismiss()
        if self._logs is not None:
            shutil.rmtree(self._logs, ignore_errors=True)

    def _dismiss(self, worker: Worker) -> None:
        with self._lock:
            there = self._idle.pop(worker, None) is not None
        if there:
            worker.stop()

    def _forget(self) -> None:
        """Leave the parent's workers to it: in a forked child they are only open pipes."""
        self._lock = threading.Lock()
        for worker in self._idle:
            worker.forget()
        self._idle, self._logs = {}, None


KEPT = Kept()
"""The workers of this process's estimators."""
