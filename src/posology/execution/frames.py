"""Messages between driver and workers: a JSON object and named arrays, over a pipe. No pickle is ever loaded."""

import io
import json
import struct
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

Message = dict[str, Any]
Arrays = Mapping[str, np.ndarray]


@runtime_checkable
class Pipe(Protocol):
    """An end of a pipe, or anything of bytes."""

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes, none at the end."""

    def write(self, data: bytes, /) -> int:
        """Take bytes."""

    def flush(self) -> None:
        """Send what was taken."""


_LENGTHS = struct.Struct("<QQ")


def write_frame(stream: Pipe, message: Message, arrays: Arrays | None = None) -> None:
    """Write one message: two lengths, the JSON, the arrays as `.npz` (uncompressed)."""
    head = json.dumps(message).encode()
    body = pack_arrays(arrays) if arrays else b""
    stream.write(_LENGTHS.pack(len(head), len(body)) + head + body)
    stream.flush()


def read_frame(stream: Pipe) -> tuple[Message, dict[str, np.ndarray]]:
    """Read one message.

    Raises
    ------
    EOFError
        The other side has closed the pipe, or ended in the middle of a message.

    Examples
    --------
    >>> pipe = io.BytesIO()
    >>> write_frame(pipe, {"do": "pack"}, {"a": np.arange(2)})
    >>> _ = pipe.seek(0)
    >>> read_frame(pipe)
    ({'do': 'pack'}, {'a': array([0, 1])})
    """
    head, body = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    message = json.loads(_exactly(stream, head))
    return message, unpack_arrays(_exactly(stream, body)) if body else {}


def pack_arrays(arrays: Arrays) -> bytes:
    """Write named arrays as `.npz`."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def unpack_arrays(data: bytes) -> dict[str, np.ndarray]:
    """Read named arrays from `.npz`; objects are refused."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _exactly(stream: Pipe, size: int) -> bytes:
    parts = []
    while size:
        part = stream.read(size)
        if not part:
            raise EOFError("the pipe was closed")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
