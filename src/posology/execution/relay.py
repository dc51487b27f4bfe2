"""On a node of a cluster: an actor that keeps one worker process and passes messages on to it.

The worker is the very process that a study on one machine has, with the environment that this node's own self-test
chose; the actor itself loads neither Keras nor JAX. The actors of one study on one node share a folder: the table and
the network file are written there once, and the fits that are prepared from them too. When the actor ends, however it
ends, the worker's standard input does and so the worker.
"""

import contextlib
import json
import os
import platform
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from posology.errors import InputError, PosologyError, StoppedError
from posology.execution.alone import alone
from posology.execution.frames import Message, pack_arrays, unpack_arrays
from posology.execution.worker_process import LostError, Worker
from posology.scratch import shared_folder

Part = tuple[str, bytes]
"""JSON, and arrays as `.npz` or nothing."""

EVERY = 5.0
"""Seconds between two words on how far a pack is: a thousand workers share one driver."""

TABLE = "table.feather"


class Relay:
    """Keeps a worker process on a node.

    Parameters
    ----------
    study : str
        Name of the study's folder on this node.
    table : uint8 array (byte,)
        The table's file.
    network : mapping
        From place to bytes of the network file and of what it imports, itself first; empty where there is none.
    """

    def __init__(self, study: str, table: np.ndarray, network: Mapping[str, bytes]) -> None:
        self._left = contextlib.ExitStack()
        self._folder = self._left.enter_context(shared_folder(study))
        self._network = next(iter(network), "")
        with alone(self._folder / "lock"):
            _written(self._folder / TABLE, table.data)
            for name, content in network.items():
                _written(self._folder / "network" / name, content)
        self._worker: Worker | None = None

    def facts(self, names: Sequence[str]) -> dict[str, Any]:
        """Say where this is, and which versions of these packages are installed here."""
        found = {name: _version(name) for name in names}
        return {"node": platform.node(), "process": os.getpid(), "versions": found}

    def ask(self, message: str, arrays: bytes) -> Iterator[Part]:
        """Have the worker do something; give how far it is, and at last its answer or what it raised."""
        told: queue.SimpleQueue[Part | None] = queue.SimpleQueue()
        asked = self._here(json.loads(message))
        thread = threading.Thread(target=self._do, args=(asked, unpack_arrays(arrays) if arrays else {}, told.put))
        thread.start()
        while (part := told.get()) is not None:
            yield part
        thread.join()

    def end(self) -> bool:
        """End the worker, in the middle of something if need be, and leave the node as it was."""
        if self._worker is not None:
            self._worker.stop()
        self._left.close()
        return True

    def _here(self, message: Message) -> Message:
        """Put this node's paths in the place of the driver's."""
        if message["do"] == "open":
            job = {**message["job"], "table": str(self._folder / TABLE), "scratch": str(self._folder)}
            if self._network:
                job["source"] = {**job["source"], "where": str(self._folder / "network" / self._network)}
            return {**message, "job": job}
        return message

    def _do(self, message: Message, given: Mapping[str, np.ndarray], put: Callable[[Part | None], None]) -> None:
        pace = _Pace(put)
        try:
            reply, arrays = self._done(message, given, pace.add)
            pace.tell()
            put((json.dumps({"reply": reply}), pack_arrays(arrays) if arrays else b""))
        except PosologyError as error:
            put((json.dumps(told_of(error)), b""))
        except Exception as error:  # the driver decides what to say
            put((json.dumps({"raised": "failed", "text": f"{type(error).__name__}: {error}"}), b""))
        finally:
            put(None)

    def _done(
        self, message: Message, given: Mapping[str, np.ndarray], tell: Callable[[int], None]
    ) -> tuple[Message, dict[str, np.ndarray]]:
        if self._worker is None:
            self._worker = Worker(self._folder / f"worker-{os.getpid()}.log")
        if message["do"] != "finish":
            return self._worker.ask(message, tell, given)
        # a finished network is files, and its folder is on the driver's machine
        with tempfile.TemporaryDirectory(dir=self._folder) as made:
            reply, _ = self._worker.ask({**message, "folder": made}, tell)
            return reply, {path.name: np.frombuffer(path.read_bytes(), "uint8") for path in Path(made).iterdir()}


class _Pace:
    """Adds epochs up and passes them on now and then."""

    def __init__(self, put: Callable[[Part], None]) -> None:
        self._put, self._epochs, self._told = put, 0, time.monotonic()

    def add(self, epochs: int) -> None:
        self._epochs += epochs
        if time.monotonic() - self._told >= EVERY:
            self.tell()

    def tell(self) -> None:
        if self._epochs:
            self._put((json.dumps({"epochs": self._epochs}), b""))
        self._epochs, self._told = 0, time.monotonic()


def told_of(error: PosologyError) -> Message:
    """Put an error of a worker into words that `raised_by` reads."""
    kinds = {InputError: "input", StoppedError: "stopped", LostError: "lost"}
    kind = next((name for known, name in kinds.items() if isinstance(error, known)), "worker")
    return {"raised": kind, "text": str(error), "memory": isinstance(error, LostError) and error.memory}


def _version(name: str) -> str | None:
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version(name)
    return None


def _written(path: Path, content: bytes | memoryview) -> None:
    """Write a file, unless another actor of this node has."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.part")
    aside.write_bytes(content)
    aside.replace(path)
