"""A process that speaks with Ray for the driver: frames on its standard input and output, actors on the other side.

Ray changes the process that it is in (signal handlers, variables of the environment, threads, what is printed), and
ends it when its cluster goes away; none of that may happen to the user's. When the driver goes, standard input ends and
so does this process; Ray then ends its actors, and they their workers.
"""

import asyncio
import contextlib
import json
import os
import secrets
import socket
import threading
from pathlib import Path
from typing import Any

import numpy as np

from posology.execution.frames import Message, Pipe, pack_arrays, read_frame, unpack_arrays, write_frame
from posology.network.file_parts import file_parts

REACHING = 5.0
"""Seconds for a connection to an address: Ray itself would wait for minutes."""
LEAVING = 5.0
"""Seconds that an actor has to end its worker before Ray ends the actor."""


def main() -> None:
    """Connect, then serve until the driver closes the pipe."""
    out, messages = os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    asked, _ = read_frame(messages)
    try:
        nodes = connected(asked["address"])
    except Exception as error:  # Ray has many ways to say no
        write_frame(out, {"refused": f"{type(error).__name__}: {error}"})
        return
    write_frame(out, {"nodes": nodes})
    asyncio.run(_serve(_Actors(asked, out), messages))


def connected(address: str) -> list[dict[str, Any]]:
    """Connect to a cluster and list its living nodes."""
    if ":" in address:
        host, _, port = address.rpartition(":")
        socket.create_connection((host, int(port)), REACHING).close()
    import ray

    ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    living = [node for node in ray.nodes() if node["Alive"]]
    return [
        {
            "name": node["NodeManagerHostname"],
            "cpus": int(node["Resources"].get("CPU", 0)),
            "memory": int(node["Resources"].get("memory", 0)),
        }
        for node in living
    ]


async def _serve(actors: "_Actors", messages: Pipe) -> None:
    inbox: asyncio.Queue[tuple[Message, dict[str, np.ndarray]]] = asyncio.Queue()
    threading.Thread(target=_listen, args=(messages, inbox, asyncio.get_running_loop()), daemon=True).start()
    tasks: set[asyncio.Task[None]] = set()
    while True:
        message, arrays = await inbox.get()
        if message["to"] == "close":
            await asyncio.gather(*tasks, return_exceptions=True)
            return
        tasks.add(task := asyncio.create_task(actors.do(message, arrays)))
        task.add_done_callback(tasks.discard)


def _listen(
    stream: Pipe,
    inbox: "asyncio.Queue[tuple[Message, dict[str, np.ndarray]]]",
    loop: asyncio.AbstractEventLoop,
) -> None:
    while True:
        try:
            frame = read_frame(stream)
        except (EOFError, OSError):
            os._exit(0)
        loop.call_soon_threadsafe(inbox.put_nowait, frame)


class _Actors:
    """The actors of one study, by the number of their seat's worker."""

    def __init__(self, asked: Message, out: Pipe) -> None:
        import ray

        self._ray, self._out = ray, out
        from posology.execution.relay import Relay

        self._class = ray.remote(Relay)
        self._study = f"cluster-{secrets.token_hex(8)}"
        self._packages, self._address = list(asked["packages"]), asked["address"]
        # once into the object store: it brings a copy to every node that has an actor, and no more than one
        self._table = ray.put(np.fromfile(asked["table"], "uint8"))
        parts = file_parts(Path(asked["network"])) if asked["network"] else {}
        self._network = {name: path.read_bytes() for name, path in parts.items()}
        self._hired: dict[int, Any] = {}
        self._placed: set[int] = set()

    async def do(self, message: Message, arrays: dict[str, np.ndarray]) -> None:
        """Do what the driver asks, and tell it what comes of it."""
        number = message["worker"]
        try:
            await getattr(self, f"_{message['to']}")(number, message, arrays)
        except self._ray.exceptions.OutOfMemoryError:
            self._tell(number, {"raised": "lost", "text": "A node of the cluster has no memory left.", "memory": True})
        except self._ray.exceptions.LocalRayletDiedError:
            self._tell(number, {"raised": "worker", "text": f"The cluster at {self._address} is gone."})
        except self._ray.exceptions.RayError as error:
            self._tell(number, {"raised": self._kind(error), "text": _said(error)})
        except Exception as error:  # nobody may wait in vain
            self._tell(number, {"raised": "failed", "text": f"{type(error).__name__}: {error}"})

    async def _hire(self, number: int, _message: Message, _arrays: dict[str, np.ndarray]) -> None:
        # two threads, so that it can be ended while it waits for its worker; spread, so that every node is used
        options = {"num_cpus": 1, "max_concurrency": 2, "max_restarts": 0, "scheduling_strategy": "SPREAD"}
        actor = self._hired[number] = self._class.options(**options).remote(self._study, self._table, self._network)
        facts = await actor.facts.remote(self._packages)
        self._placed.add(number)
        self._tell(number, {"hired": facts})

    async def _ask(self, number: int, message: Message, arrays: dict[str, np.ndarray]) -> None:
        given = pack_arrays(arrays) if arrays else b""
        asked = self._hired[number].ask.options(num_returns="streaming").remote(json.dumps(message["message"]), given)
        async for part in asked:
            said, found = await part
            self._tell(number, json.loads(said), unpack_arrays(found) if found else {})

    async def _end(self, number: int, _message: Message, _arrays: dict[str, np.ndarray]) -> None:
        actor = self._hired.pop(number)
        if number in self._placed:
            with contextlib.suppress(TimeoutError, self._ray.exceptions.RayError):
                await asyncio.wait_for(asyncio.shield(actor.end.remote()), LEAVING)
        self._ray.kill(actor)

    def _kind(self, error: Exception) -> str:
        """Tell a machine that went away from an actor that cannot be."""
        failed = getattr(error, "actor_init_failed", False) or isinstance(error, self._ray.exceptions.RayTaskError)
        return "unable" if failed else "machine"

    def _tell(self, number: int, message: Message, arrays: dict[str, np.ndarray] | None = None) -> None:
        write_frame(self._out, {"worker": number, **message}, arrays)


def _said(error: Exception) -> str:
    """Give the last thing that an error of Ray says, which is what happened first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
