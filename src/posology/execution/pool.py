"""Local worker processes: one a core, single-threaded, kept alive for the whole study.

Workers run Keras on JAX whatever the user's own process runs: they are started with an environment of their own, and
nothing is set in the user's. A worker lives in a session of its own, so that Ctrl-C reaches the driver alone.
"""

import contextlib
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from posology.errors import InputError, StoppedError, WorkerError
from posology.execution.environment import worker_environment
from posology.execution.frames import Message, read_frame, write_frame
from posology.execution.job import Job, pack_to_dict
from posology.plan import Pack, PackResult

Reply = tuple[Message, dict[str, np.ndarray]]
Tell = Callable[[int], None]


def _silent(_epochs: int) -> None:
    pass


class Worker:
    """One worker process.

    Parameters
    ----------
    log : Path
        File that takes what the worker, and the user's network file in it, print.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(
                # -P: a keras.py in the user's folder must not stand in for Keras
                [sys.executable, "-P", "-m", "posology.execution.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=worker_environment(),
                start_new_session=True,
            )

    @property
    def process(self) -> int:
        """The process number."""
        return self._process.pid

    def ask(self, message: Message, tell: Tell = _silent) -> Reply:
        """Send a message and wait for the answer.

        Parameters
        ----------
        message : dict
            What to do.
        tell : callable
            Told the epochs that were trained since it was told last, while the worker works.

        Raises
        ------
        InputError
            The worker refuses the user's table or network.
        StoppedError
            The disk is full.
        WorkerError
            The worker failed or ended.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None  # noqa: PT018  both are pipes
        try:
            write_frame(stdin, message)
            while "epochs" in (answer := read_frame(stdout))[0]:
                tell(answer[0]["epochs"])
            reply, arrays = answer
        except (EOFError, OSError) as error:
            raise WorkerError(
                f"A worker process ended {self._ending()} during '{message['do']}'.{self._tail()}"
            ) from error
        if reply.get("error") == "input":
            raise InputError(reply["text"])
        if reply.get("error") == "full":
            raise StoppedError(
                f"The disk is full ({reply['text']}). What was finished is kept. Free some space, then run it again."
            )
        if "error" in reply:
            raise WorkerError(f"A worker failed during '{message['do']}': {reply['text']}.{self._tail()}")
        return reply, arrays

    def stop(self) -> None:
        """End the process at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _ending(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=5)
            return f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return "without an answer"

    def _tail(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()[-3:]
        return f" Its last words ({self._log}): " + " | ".join(lines) if lines else ""


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

    Examples
    --------
    Used by `posology.study`: `with LocalPool(job, 2, folder) as pool: pool.submit(pack).result()`.
    """

    def __init__(self, job: Job, workers: int, logs: Path, tell: Tell = _silent) -> None:
        self._job, self._tell = job, tell
        self._tasks: queue.SimpleQueue[tuple[Message, Future[Reply]] | None] = queue.SimpleQueue()
        self._stopping = False
        self._workers = [Worker(logs / f"worker-{i}.log") for i in range(workers)]
        self._described: list[Future[Reply]] = [Future() for _ in self._workers]
        self._threads = [
            threading.Thread(target=self._serve, args=pair, daemon=True)
            for pair in zip(self._workers, self._described, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def describe(self) -> dict[str, Any]:
        """Wait for the first worker's description of the network."""
        return self._described[0].result()[0]

    def processes(self) -> list[int]:
        """Give the workers' process numbers."""
        return [worker.process for worker in self._workers]

    def submit(self, pack: Pack) -> "Future[Reply]":
        """Queue a pack; packs are taken in the order of submission."""
        return self._ask({"do": "pack", "name": pack.name, "pack": pack_to_dict(pack)})

    def rival(self, name: str, repeat: int, fold: int) -> "Future[Reply]":
        """Queue a model that is no network, on the rows of a resample."""
        return self._ask({"do": "rival", "name": name, "repeat": repeat, "fold": fold})

    def finish(self, pack: Pack, folder: Path) -> dict[str, Any]:
        """Train the prescription's network on all rows and keep it in `folder`."""
        return self._ask({"do": "finish", "pack": pack_to_dict(pack), "folder": str(folder)}).result()[0]

    def _ask(self, message: Message) -> "Future[Reply]":
        future: Future[Reply] = Future()
        self._tasks.put((message, future))
        return future

    def _serve(self, worker: Worker, described: "Future[Reply]") -> None:
        try:
            # one proof that the regularizers act is enough
            proves = described is self._described[0]
            described.set_result(worker.ask({"do": "open", "job": self._job.to_dict(), "proves": proves}))
        except Exception as error:
            described.set_exception(error)
            self._refuse(error)
            return
        while (task := self._tasks.get()) is not None:
            message, future = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(worker.ask(message, self._tell))
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
        """Kill the workers; what they were training is trained again on resume."""
        self._stopping = True
        for worker in self._workers:
            worker.stop()
        for _ in self._threads:
            self._tasks.put(None)

    def __enter__(self) -> "LocalPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def result_of(reply: Reply) -> PackResult:
    """Read a worker's answer to a pack."""
    return PackResult(**reply[1])


@contextlib.contextmanager
def one_worker(log: Path) -> Iterator[Worker]:
    """Give a worker for a single errand, such as predicting."""
    worker = Worker(log)
    try:
        yield worker
    finally:
        worker.stop()
