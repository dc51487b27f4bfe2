"""Local worker processes: one a core, single-threaded, kept alive for the whole study.

Workers run Keras on JAX whatever the user's own process runs: they are started with an environment of their own, and
nothing is set in the user's. A worker lives in a session of its own, so that Ctrl-C reaches the driver alone.
"""

import contextlib
import importlib.metadata
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

import posology
from posology.errors import InputError, StoppedError, WorkerError
from posology.execution.frames import Message, read_frame, write_frame
from posology.execution.job import Job, pack_to_dict
from posology.plan import Pack, PackResult

Reply = tuple[Message, dict[str, np.ndarray]]

# jax 0.10.2 sent some products on CPU to a new kernel library, with wrong results in reported cases (jax#39103); an
# empty list switches it off. Older and newer releases may not know the option, and unknown options abort.
_YNN_OFF = "--xla_cpu_experimental_ynn_fusion_type="
_YNN_RELEASES = ("0.10.2", "0.11")


def worker_environment() -> dict[str, str]:
    """Give the environment of a worker: the user's, with Keras on JAX and one thread."""
    flags = ["--xla_cpu_multi_thread_eigen=false", "intra_op_parallelism_threads=1"]
    if importlib.metadata.version("jaxlib").startswith(_YNN_RELEASES):
        flags.append(_YNN_OFF)
    # the posology that the driver runs, also where it was imported from a checkout
    paths = [*filter(None, [os.environ.get("PYTHONPATH")]), str(Path(posology.__file__).parents[1])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "JAX_ENABLE_X64": "0",
        "XLA_FLAGS": " ".join(flags),
        # what XLA sizes its thread pool by; without it two workers on two cores are four threads
        "NPROC": "1",
        "PJRT_NPROC": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONUNBUFFERED": "1",
    }


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

    def ask(self, message: Message) -> Reply:
        """Send a message and wait for the answer.

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
            reply, arrays = read_frame(stdout)
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

    Examples
    --------
    Used by `posology.study`: `with LocalPool(job, 2, folder) as pool: pool.submit(pack).result()`.
    """

    def __init__(self, job: Job, workers: int, logs: Path) -> None:
        self._job = job
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

    def submit(self, pack: Pack) -> "Future[Reply]":
        """Queue a pack; packs are taken in the order of submission."""
        return self._ask({"do": "pack", "name": pack.name, "pack": pack_to_dict(pack)})

    def finish(self, pack: Pack, folder: Path) -> dict[str, Any]:
        """Train the prescription's network on all rows and keep it in `folder`."""
        return self._ask({"do": "finish", "pack": pack_to_dict(pack), "folder": str(folder)}).result()[0]

    def _ask(self, message: Message) -> "Future[Reply]":
        future: Future[Reply] = Future()
        self._tasks.put((message, future))
        return future

    def _serve(self, worker: Worker, described: "Future[Reply]") -> None:
        try:
            described.set_result(worker.ask({"do": "open", "job": self._job.to_dict()}))
        except Exception as error:
            described.set_exception(error)
            self._refuse(error)
            return
        while (task := self._tasks.get()) is not None:
            message, future = task
            try:
                future.set_result(worker.ask(message))
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
