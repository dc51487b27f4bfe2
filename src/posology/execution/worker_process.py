"""One worker process, from the side of the driver."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from posology.errors import InputError, StoppedError, WorkerError
from posology.execution.environment import worker_environment
from posology.execution.frames import Arrays, Message, read_frame, write_frame
from posology.execution.log import Log

Reply = tuple[Message, dict[str, np.ndarray]]
Tell = Callable[[int], None]


def silent(_epochs: int) -> None:
    """Tell nobody."""


class LostError(WorkerError):
    """A worker ended in the middle of a task, or found no memory for it: another one may do better.

    Parameters
    ----------
    text : str
    memory : bool
        Whether it was memory, for certain.
    machine : bool
        Whether the worker's machine went away, which says nothing about the task.
    """

    def __init__(self, text: str, *, memory: bool = False, machine: bool = False) -> None:
        super().__init__(text)
        self.memory, self.machine = memory, machine


class NoPlaceError(WorkerError):
    """There is no free core for a worker now; its task is for others to do."""


class Worker:
    """One worker process.

    Parameters
    ----------
    log : Path
        File that takes what the worker, and the user's network file in it, print last.
    """

    def __init__(self, log: Path) -> None:
        self.sound = True
        """Whether every answer so far was one."""
        self.known: set[str] = set()
        """The networks that it has loaded to predict with, by their names."""
        self.bound = False
        """Whether it has imported a file of the user's, which may be another one the next time."""
        self.studies = 0
        """That it has opened."""
        self._process = subprocess.Popen(
            # -P: a keras.py in the user's folder must not stand in for Keras
            [sys.executable, "-P", "-m", "posology.execution.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=worker_environment(),
            start_new_session=True,
        )
        assert self._process.stderr is not None  # a pipe
        self._log = Log(self._process.stderr, log)

    @property
    def process(self) -> int:
        """The process number."""
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def ask(self, message: Message, tell: Tell = silent, arrays: Arrays | None = None) -> Reply:
        """Send a message and wait for the answer.

        Parameters
        ----------
        message : dict
            What to do.
        tell : callable
            Told the epochs that were trained since it was told last, while the worker works.
        arrays : mapping, optional
            Sent along.

        Raises
        ------
        InputError
            The worker refuses the user's table or network.
        StoppedError
            The disk is full, or the study's temporary folder is gone.
        LostError
            The worker ended, or found no memory.
        WorkerError
            The worker failed.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None  # noqa: PT018  both are pipes
        sound, self.sound = self.sound, False  # until the answer is there
        try:
            write_frame(stdin, message, arrays)
            while "epochs" in (answer := read_frame(stdout))[0]:
                tell(answer[0]["epochs"])
            reply, found = answer
        except (EOFError, OSError) as error:
            raise LostError(
                f"A worker process ended {self._ending()} during '{message['do']}'.{self._tail()}"
            ) from error
        self.sound = sound and reply.get("error") in (None, "input")
        if reply.get("error") == "input":
            raise InputError(reply["text"])
        if reply.get("error") == "full":
            raise StoppedError(
                f"The disk is full ({reply['text']}). What was finished is kept. Free some space, then run it again."
            )
        if reply.get("error") == "gone":
            raise StoppedError(
                f"The study's temporary folder was removed while it ran ({reply['text']}). What was finished is kept. "
                "Let nothing clean the temporary folder (TMPDIR) meanwhile, and run it again."
            )
        if reply.get("error") == "memory":
            raise LostError(f"A worker found no memory during '{message['do']}'.", memory=True)
        if "error" in reply:
            raise WorkerError(f"A worker failed during '{message['do']}': {reply['text']}.{self._tail()}")
        return reply, found

    def placed(self, seconds: float) -> bool:  # noqa: ARG002
        """Wait so long for a core to run on; here there always is one."""
        return True

    def forget(self) -> None:
        """Close this process's ends of the pipes, and leave the worker to whoever else has them."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._log.close()

    def stop(self) -> None:
        """End the process at once, and what the user's network file has started in it."""
        if self.lives:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.forget()

    def _ending(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=5)
            return f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return "without an answer"

    def _tail(self) -> str:
        lines = self._log.last_words().splitlines()[-3:]
        return " Its last words: " + " | ".join(lines) if lines else ""
