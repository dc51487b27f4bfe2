"""Local worker processes: one a core, single-threaded, kept alive for the whole study.

Workers run Keras on JAX whatever the user's own process runs: they are started with an environment of their own, and
nothing is set in the user's. A worker lives in a session of its own, so that Ctrl-C reaches the driver alone. One that
is lost is replaced (`seat.py`).
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from posology.errors import WorkerError
from posology.execution.frames import Message
from posology.execution.job import Job, pack_to_dict
from posology.execution.seat import LostWorker, Seat
from posology.execution.staff import OneStudy, Staff
from posology.execution.worker_process import Reply, Tell, Worker, silent
from posology.plan import Pack, PackResult
from posology.scratch import scratch_folder

RESTING = 1.0
"""Seconds that a pool waits at its end for a worker that answers already."""


class LocalPool:
    """Workers that train packs side by side.

    Parameters
    ----------
    job : Job
        The study's constants; every worker opens it before its first pack.
    workers : int
        Processes; one a core.
    logs : Path
        Folder for the workers' logs.
    tell : callable
        Told the epochs that workers trained since it was told last; called from the pool's threads.
    staff : Staff, optional
        Gives the workers and takes them back; by default they live as long as the pool.
    proves : bool
        Whether the first worker runs the network, to see that its regularizers act.
    lost : callable
        Told of every worker that was lost and replaced; called from the pool's threads.

    Examples
    --------
    Used by `posology.study`: `with LocalPool(job, 2, folder) as pool: pool.submit(pack).result()`.
    """

    def __init__(
        self,
        job: Job,
        workers: int,
        logs: Path,
        tell: Tell = silent,
        staff: Staff | None = None,
        *,
        proves: bool = True,
        lost: Callable[[LostWorker], None] = lambda _: None,
    ) -> None:
        self._job, self._tell = job, tell
        self._staff = staff or OneStudy()
        self._tasks: queue.SimpleQueue[tuple[Message, Future[Reply]] | None] = queue.SimpleQueue()
        self._stopping = False
        # one proof that the regularizers act is enough
        self._seats = [
            Seat(partial(self._hired, logs / f"worker-{i}.log"), self._opening(proves=proves and i == 0), tell, lost)
            for i in range(workers)
        ]
        self._described: list[Future[Reply]] = [Future() for _ in self._seats]
        self._threads = [
            threading.Thread(target=self._serve, args=pair, daemon=True)
            for pair in zip(self._seats, self._described, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def describe(self) -> dict[str, Any]:
        """Wait for the first worker's description of the network."""
        return self._described[0].result()[0]

    def processes(self) -> list[int]:
        """Give the workers' process numbers."""
        return [seat.worker.process for seat in self._seats]

    def submit(self, pack: Pack) -> "Future[Reply]":
        """Queue a pack; packs are taken in the order of submission."""
        return self._ask({"do": "pack", "name": pack.name, "pack": pack_to_dict(pack)})

    def rival(self, name: str, repeat: int, fold: int, level: float = 0.0) -> "Future[Reply]":
        """Queue a model that is no network, on the rows of a resample; with a level it is to predict that quantile."""
        return self._ask({"do": "rival", "name": name, "repeat": repeat, "fold": fold, "level": level})

    def finish(self, pack: Pack, folder: Path) -> dict[str, Any]:
        """Train the prescription's network on all rows and keep it in `folder`."""
        return self._ask({"do": "finish", "pack": pack_to_dict(pack), "folder": str(folder)}).result()[0]

    def _ask(self, message: Message) -> "Future[Reply]":
        future: Future[Reply] = Future()
        self._tasks.put((message, future))
        return future

    def _opening(self, *, proves: bool) -> Message:
        return {"do": "open", "job": self._job.to_dict(), "proves": proves}

    def _hired(self, log: Path) -> Worker:
        worker = self._staff.hire(log)
        worker.studies += 1
        worker.bound |= self._job.source.kind == "file"
        return worker

    def _serve(self, seat: Seat, described: "Future[Reply]") -> None:
        try:
            described.set_result(seat.open())
        except Exception as error:
            described.set_exception(error)
            self._refuse(error)
            return
        while (task := self._tasks.get()) is not None:
            message, future = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(seat.ask(message))
            except Exception as error:
                future.set_exception(error)
                if isinstance(error, WorkerError):
                    self._refuse(error)
                    return

    def _refuse(self, error: Exception) -> None:
        """Answer every waiting task with the error, so that nobody waits for a worker that is gone."""
        while not self._stopping:
            with contextlib.suppress(queue.Empty):
                task = self._tasks.get(timeout=0.2)
                if task is None:
                    return
                if task[1].set_running_or_notify_cancel():
                    task[1].set_exception(error)

    def close(self) -> None:
        """Let the workers go; what they were training is trained again on resume."""
        self._stopping = True
        self._give_up()
        for _ in self._threads:
            self._tasks.put(None)
        for seat, thread in zip(self._seats, self._threads, strict=True):
            seat.leave(partial(self._let_go, thread))

    def _let_go(self, thread: threading.Thread, worker: Worker) -> None:
        self._staff.let_go(worker, partial(_ends, thread))

    def _give_up(self) -> None:
        """Drop the tasks that no worker has begun."""
        with contextlib.suppress(queue.Empty):
            while True:
                task = self._tasks.get_nowait()
                if task is not None:
                    task[1].cancel()

    def __enter__(self) -> "LocalPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _ends(thread: threading.Thread) -> bool:
    thread.join(RESTING)
    return not thread.is_alive()


def result_of(reply: Reply) -> PackResult:
    """Read a worker's answer to a pack."""
    return PackResult(**reply[1])


@contextlib.contextmanager
def one_worker() -> Iterator[Worker]:
    """Give a worker for a single errand, such as predicting."""
    with scratch_folder() as scratch:
        worker = Worker(scratch / "worker.log")
        try:
            yield worker
        finally:
            worker.stop()
