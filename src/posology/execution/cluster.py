"""Workers on the nodes of a Ray cluster, from the side of the driver: a staff like any other.

Everything else of a study is as on one machine: the same pool, the same record, the same worker processes, and one
driver that alone writes. A process of its own speaks with Ray (`gateway.py`).
"""

import contextlib
import itertools
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import posology
from posology.errors import InputError, WorkerError
from posology.execution.cluster_checks import check_address, check_reply, check_versions, refusal
from posology.execution.frames import Arrays, Message, read_frame, write_frame
from posology.execution.job import Job
from posology.execution.log import Log
from posology.execution.worker_process import Reply, Tell, silent
from posology.wording import counted

CLOSING = 20.0
"""Seconds that the nodes have to end their workers."""

Part = tuple[Message, dict[str, np.ndarray]]


class Cluster:
    """Workers on a Ray cluster for one study; a `Staff`.

    Parameters
    ----------
    address : str
        HOST:PORT of the cluster's head, or "auto" for the one that this machine is a node of.
    job : Job
        The study's constants: its table and its network file go to every node.
    versions : mapping
        Of packages that must be the same on every node.
    scratch : Path
        A folder for what the connection prints.

    Raises
    ------
    InputError
        There is no such cluster, Ray is not installed or another one, or the cluster has no CPU.
    """

    def __init__(self, address: str, job: Job, versions: Mapping[str, str], scratch: Path) -> None:
        check_address(address)
        self._address, self._versions = address, versions
        self._process = subprocess.Popen(
            # -P and an empty folder: what lies in the user's must not stand in for anything, here or on a node
            [sys.executable, "-P", "-c", "from posology.execution.gateway import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": _path()},
            cwd=scratch,
            start_new_session=True,
        )
        assert self._process.stderr is not None  # a pipe
        self._log = Log(self._process.stderr, scratch / "cluster.log")
        self._numbers, self._inboxes = itertools.count(), dict[int, queue.SimpleQueue[Part]]()
        self._writing, self._gone = threading.Lock(), False
        network = job.source.where if job.source.kind == "file" else ""
        try:
            self._send({"address": address, "table": job.table, "network": network, "packages": list(versions)})
            self.nodes = self._nodes()
        except BaseException:
            self._end()
            raise
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _nodes(self) -> list[dict[str, Any]]:
        assert self._process.stdout is not None  # a pipe
        try:
            answer, _ = read_frame(self._process.stdout)
        except EOFError:
            words = self._log.last_words().splitlines()[-1:] or ["no word"]
            answer = {"refused": f"the connection ended: {words[0]}"}
        if "refused" in answer:
            raise InputError(refusal(self._address, answer["refused"]))
        if not any(node["cpus"] for node in answer["nodes"]):
            raise InputError(
                f"The cluster at {self._address} has no CPUs to train on. Start a node that has: "
                "ray start --address=HOST:PORT --num-cpus=N"
            )
        return answer["nodes"]

    @property
    def places(self) -> int:
        """How many workers the cluster has cores for."""
        return sum(node["cpus"] for node in self.nodes)

    def hire(self, log: Path) -> "RemoteWorker":  # noqa: ARG002
        """See `Staff`: a worker whose log stays on its node."""
        number = next(self._numbers)
        self._inboxes[number] = queue.SimpleQueue()
        if self._gone:
            self._inboxes[number].put(self._lost())
        self._send({"to": "hire", "worker": number})
        return RemoteWorker(number, self._inboxes[number], self._send, self._versions)

    def let_go(self, worker: "RemoteWorker", rests: Callable[[], bool]) -> None:  # noqa: ARG002
        """See `Staff`."""
        worker.stop()

    def check_memory(self, needed: int, workers: int) -> None:
        """See `Staff`: Ray may give every core of a node a worker, while there are workers."""
        for node in self.nodes:
            most = min(node["cpus"], workers)
            if 0 < node["memory"] < needed * most:
                raise InputError(
                    f"Node {node['name']} may get {counted(most, 'worker')}, which would need about "
                    f"{needed * most / 1e9:.1f} GB of memory, and it has {node['memory'] / 1e9:.1f} GB for Ray. Use "
                    "fewer --workers, start it with fewer cores (ray start --num-cpus), or use a smaller network."
                )

    def _send(self, message: Message, arrays: Arrays | None = None) -> None:
        assert self._process.stdin is not None  # a pipe
        with self._writing, contextlib.suppress(OSError, ValueError):  # who waits for an answer is told by the reader
            write_frame(self._process.stdin, message, arrays)

    def _read(self) -> None:
        assert self._process.stdout is not None  # a pipe
        with contextlib.suppress(EOFError, OSError, ValueError):
            while True:
                message, arrays = read_frame(self._process.stdout)
                self._inboxes[message["worker"]].put((message, arrays))
        self._gone = True
        for inbox in list(self._inboxes.values()):
            inbox.put(self._lost())

    def _lost(self) -> Part:
        return {"raised": "worker", "text": f"The cluster at {self._address} is gone."}, {}

    def close(self) -> None:
        """Wait until the workers have ended, and leave the cluster."""
        self._send({"to": "close"})
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(CLOSING)
        self._end()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]  # both are pipes
        self._log.close()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RemoteWorker:
    """One worker of a cluster, as `Worker` is one of this machine.

    Parameters
    ----------
    number : int
    inbox : queue
        Of what the worker says.
    send : callable
        Sends to the gateway.
    versions : mapping
        Of packages that must be the same there.
    """

    def __init__(
        self,
        number: int,
        inbox: "queue.SimpleQueue[Part]",
        send: Callable[[Message, Arrays | None], None],
        versions: Mapping[str, str],
    ) -> None:
        self.bound, self.studies, self.process = False, 0, 0
        self._number, self._inbox, self._send, self._versions = number, inbox, send, versions
        self._node = ""

    def placed(self, seconds: float) -> bool:
        """See `Hired`.

        Raises
        ------
        InputError
            The worker cannot start on its node, or has other versions there.
        """
        if not self._node:
            with contextlib.suppress(queue.Empty):
                said, _ = self._inbox.get(timeout=seconds) if seconds else self._inbox.get_nowait()
                check_reply(said, "hire")
                check_versions(said["hired"], self._versions)
                self._node, self.process = said["hired"]["node"], said["hired"]["process"]
        return bool(self._node)

    def ask(self, message: Message, tell: Tell = silent, arrays: Arrays | None = None) -> Reply:
        """See `Worker.ask`; files of a finished network are written here."""
        self._send({"to": "ask", "worker": self._number, "message": message}, arrays)
        while "epochs" in (answer := self._inbox.get())[0]:
            tell(answer[0]["epochs"])
        said, found = answer
        check_reply(said, message["do"], self._node)
        if message["do"] != "finish":
            return said["reply"], found
        _write_finished(Path(message["folder"]), found)
        return said["reply"], {}

    def stop(self) -> None:
        """End it; its node ends the process."""
        self._send({"to": "end", "worker": self._number}, None)
        self._inbox.put(({"raised": "lost", "text": "The worker was let go."}, {}))


def _write_finished(folder: Path, files: Mapping[str, np.ndarray]) -> None:
    """Write the files of a finished network; model.keras whole and last, for it means that the study is finished."""
    for name in sorted(files, key=lambda name: name == "model.keras"):
        if Path(name).name != name:
            raise WorkerError(f"A node sent a file '{name}', which is no name of a file.")
        aside = folder / f".{name}.part"
        aside.write_bytes(files[name].tobytes())
        aside.replace(folder / name)


def _path() -> str:
    """Give Python's path with the posology that runs here, also where it was imported from a checkout."""
    return os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(Path(posology.__file__).parents[1])])
