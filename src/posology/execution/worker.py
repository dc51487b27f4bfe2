"""A worker process: reads messages on standard input, answers on standard output, trains in between.

Started by `pool.py` as `python -m posology.execution.worker` with an environment of its own. Whatever the user's
network file prints goes to standard error, and what it reads is nothing, so that it cannot garble messages. When the
driver goes away, for whatever reason, standard input ends and so does the worker, in the middle of a pack if need be,
with whatever the network file has started.
"""

import errno
import inspect
import os
import queue
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from posology.errors import InputError
from posology.execution.frames import Message, Pipe, read_frame, write_frame
from posology.scratch import PREFIX

MOST_LOADED = 4
"""Networks that are kept loaded to predict with."""

Inbox = queue.SimpleQueue[tuple[Message, dict[str, np.ndarray]]]


def main() -> None:
    """Answer messages until the driver closes the pipe."""
    out, messages = os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    inbox: Inbox = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(messages, inbox), daemon=True).start()
    desk = _Desk(lambda epochs: write_frame(out, {"epochs": epochs}))
    while True:
        reply, arrays = _answer(desk, *inbox.get())
        write_frame(out, reply, arrays)


def _listen(stream: Pipe, inbox: Inbox) -> None:
    while True:
        try:
            inbox.put(read_frame(stream))
        except (EOFError, OSError):
            if os.getpgid(0) == os.getpid():
                os.killpg(0, signal.SIGKILL)
            os._exit(0)


def _answer(desk: "_Desk", message: Message, given: dict[str, np.ndarray]) -> tuple[Message, dict[str, np.ndarray]]:
    try:
        return desk.do(message, given)
    except InputError as error:
        return {"error": "input", "text": str(error)}, {}
    except OSError as error:
        if _is_memory(error):
            return {"error": "memory"}, {}
        traceback.print_exc()
        return {"error": _kind(error), "text": f"{type(error).__name__}: {error}"}, {}
    except Exception as error:  # the driver decides what to say
        if _is_memory(error):
            return {"error": "memory"}, {}
        traceback.print_exc()
        return {"error": "internal", "text": f"{type(error).__name__}: {error}"}, {}


def _kind(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        return "full"
    scratch = str(Path(tempfile.gettempdir()) / PREFIX)
    return "gone" if error.errno == errno.ENOENT and str(error.filename).startswith(scratch) else "internal"


def _is_memory(error: Exception) -> bool:
    """Tell whether memory was short: Python's word for it, the system's, the loader's of libraries, or XLA's."""
    said = ("Cannot allocate memory", "failed to map segment", "RESOURCE_EXHAUSTED")
    return isinstance(error, MemoryError) or any(words in str(error) for words in said)


class _Desk:
    """What the worker can be asked to do."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._trainer: Any = None
        self._predictors: dict[str, Any] = {}
        self._given: dict[str, np.ndarray] = {}
        self._tell = tell

    def do(self, message: Message, given: dict[str, np.ndarray]) -> tuple[Message, dict[str, np.ndarray]]:
        handler = getattr(self, f"_do_{message['do']}")
        self._given = given
        return handler(message)

    def _do_open(self, message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        import keras

        from posology.execution.job import Job
        from posology.execution.trainer import Trainer

        # a worker that goes from study to study names layers as a new one does
        self._trainer = None
        keras.utils.clear_session(free_memory=False)
        self._trainer = Trainer(Job.from_dict(message["job"]))
        return self._trainer.describe(proves=message["proves"]), {}

    def _do_pack(self, message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        from posology.execution.job import pack_from_dict

        pack = pack_from_dict(message["pack"])
        return {}, vars(self._trainer.run(pack, self._tell, message.get("room")))

    def _do_rival(self, message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        asked = (message[part] for part in ("name", "repeat", "fold", "level"))
        return {}, {"prediction": self._trainer.rival(*asked)}

    def _do_finish(self, message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        from posology.execution.job import pack_from_dict

        pack = pack_from_dict(message["pack"])
        return self._trainer.finish(pack, Path(message["folder"]), self._tell), {}

    def _do_fit(self, message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        from posology.network.guest import guest
        from posology.network.source import NetworkSource, build_by, load_name
        from posology.plan import read_fit_arguments

        source = NetworkSource(**message["source"])
        with guest(str(source), source.where):
            given = load_name(source)
            arguments = build_by(given, str(source), lambda: None) if inspect.isfunction(given) else given
        return {"fit": asdict(read_fit_arguments(arguments))}, {}

    def _do_predict(self, message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        from posology.execution.predicting import predict_file

        prediction, notes = predict_file(Path(message["folder"]), Path(message["table"]), message["target"])
        return {"notes": list(notes)}, {"prediction": prediction}

    def _do_load(self, message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        from posology.execution.predictor import Predictor
        from posology.network.source import NetworkSource

        while len(self._predictors) >= MOST_LOADED:
            del self._predictors[next(iter(self._predictors))]
        source, classes = NetworkSource(**message["source"]), message["classes"]
        how = {name: message[name] for name in ("logits", "labels")}
        self._predictors[message["name"]] = Predictor(self._given["model"].tobytes(), source, classes, **how)
        return {"loaded": list(self._predictors)}, {}

    def _do_forward(self, message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        return {}, {"prediction": self._predictors[message["name"]].predict(self._given["x"])}

    def _do_inspect(self, message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        from posology.execution.inspecting import inspect_source
        from posology.network.choice import Choice
        from posology.network.source import NetworkSource

        table = Path(message["table"]) if message["table"] else None
        choice = Choice.from_dict(message["choice"])
        return inspect_source(NetworkSource(**message["source"]), table, choice, message["inputs"]), {}

    def _do_examine(self, _message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        from posology.execution.examining import examine

        return examine(), {}

    def _do_export(self, message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        from posology.handback.writing import write_network

        folder, place = Path(message["folder"]), Path(message["place"])
        write_network(folder, message["to"], place, embedded=message["embedded"])
        return {}, {}

    def _do_code(self, message: Message) -> tuple[Message, dict[str, np.ndarray]]:
        from posology.handback.writing import code_of

        return code_of(Path(message["folder"])), {}


if __name__ == "__main__":
    main()
