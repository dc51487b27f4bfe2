"""Worker processes: one a core, single-threaded, kept alive for the whole study, on this machine or a cluster's.

Workers run Keras on JAX whatever the user's own process runs: they are started with an environment of their own, and
nothing is set in the user's. A worker lives in a session of its own, so that Ctrl-C reaches the driver alone. One that
is lost is replaced (`seat.py`); where its machine went away, its task is for whoever has a core.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from posology.errors import InputError, WorkerError
from posology.execution.frames import Message
from posology.execution.job import Job, pack_to_dict
from posology.execution.seat import LostWorker, Seat
from posology.execution.staff import Hired, OneStudy, Staff
from posology.execution.worker_process import NoPlaceError, Reply, Tell, Worker, silent
from posology.plan import Pack, PackResult
from posology.scratch import scratch_folder

RESTING = 1.0
"""Seconds that a pool waits at its end for a worker that answers already."""

HOMELESS = 300.0
"""Seconds that a worker waits for a core, where those of a cluster are taken or gone."""


class Pool:
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
    Used by `posology.study`: `with Pool(job, 2, folder) as pool: pool.submit(pack).result()`.
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
        self._staff: Staff = staff or OneStudy()
        self._tasks: queue.SimpleQueue[tuple[Message, Future[Reply]] | None] = queue.SimpleQueue()
        self._stopping = False
        self._present, self._leaving = workers, threading.Lock()
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

    def all_open(self) -> None:
        """Wait until every worker has opened the study, or finds no core: then as many packs begin at once."""
        wait(self._described)

    @property
    def workers(self) -> int:
        """How many work side by side."""
        return len(self._seats)

    def check_memory(self, needed: int) -> None:
        """Refuse a study whose workers need more memory than there is; `needed` is bytes of one."""
        self._staff.check_memory(needed, self.workers)

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
        # absolute: a network file may change the worker's folder
        return self._ask({"do": "finish", "pack": pack_to_dict(pack), "folder": str(folder.absolute())}).result()[0]

    def _ask(self, message: Message) -> "Future[Reply]":
        future: Future[Reply] = Future()
        self._tasks.put((message, future))
        return future

    def _opening(self, *, proves: bool) -> Message:
        return {"do": "open", "job": self._job.to_dict(), "proves": proves}

    def _hired(self, log: Path) -> Hired:
        worker = self._staff.hire(log)
        worker.studies += 1
        worker.bound |= self._job.source.kind == "file"
        return worker

    def _serve(self, seat: Seat, described: "Future[Reply]") -> None:
        try:
            described.set_result(self._opened(seat))
        except Exception as error:
            described.set_exception(error)
            self._leave(error, others_go_on=isinstance(error, NoPlaceError))
            return
        while (task := self._tasks.get()) is not None:
            try:
                self._done(seat, *task)
            except (WorkerError, InputError) as error:
                # a task's own InputError is on its future: this one is of a node that cannot have the worker
                self._leave(error, others_go_on=isinstance(error, (NoPlaceError, InputError)))
                return

    def _opened(self, seat: Seat) -> Reply:
        """Open the study, once there is a core; on another machine where the first goes away."""
        while True:
            self._find_place(seat)
            with contextlib.suppress(NoPlaceError):
                return seat.open()

    def _done(self, seat: Seat, message: Message, future: "Future[Reply]") -> None:
        """Have a task done, or give it back where the machine went away."""
        if not _begins(future):
            return
        try:
            future.set_result(seat.ask(message))
        except NoPlaceError:
            self._tasks.put((message, future))
            self._find_place(seat)
        except Exception as error:
            future.set_exception(error)
            if isinstance(error, WorkerError):
                raise

    def _find_place(self, seat: Seat) -> None:
        until = time.monotonic() + HOMELESS
        while not seat.settle(1.0):
            if self._stopping or time.monotonic() > until:
                raise NoPlaceError(f"No core of the cluster became free in {HOMELESS:.0f} seconds.")

    def _leave(self, error: Exception, *, others_go_on: bool) -> None:
        """Work no more; where the task is to blame or nobody is left, none will be done."""
        with self._leaving:
            self._present -= 1
            others_go_on &= self._present > 0
        if not others_go_on:
            self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        """Answer every waiting task with the error, so that nobody waits for a worker that is gone."""
        while not self._stopping:
            with contextlib.suppress(queue.Empty):
                task = self._tasks.get(timeout=0.2)
                if task is None:
                    return
                if _begins(task[1]):
                    task[1].set_exception(error)

    def close(self) -> None:
        """Let the workers go; what they were training is trained again on resume."""
        self._stopping = True
        self._give_up()
        for _ in self._threads:
            self._tasks.put(None)
        for seat, thread in zip(self._seats, self._threads, strict=True):
            seat.leave(partial(self._let_go, thread))

    def _let_go(self, thread: threading.Thread, worker: Hired) -> None:
        self._staff.let_go(worker, partial(_ends, thread))

    def _give_up(self) -> None:
        """Drop the tasks that no worker has begun."""
        with contextlib.suppress(queue.Empty):
            while True:
                task = self._tasks.get_nowait()
                if task is not None:
                    task[1].cancel()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _begins(future: "Future[Reply]") -> bool:
    """Tell whether a task is still wanted; one that was given back has begun before."""
    return future.running() or future.set_running_or_notify_cancel()


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
