"""Files that a user names, read with care: regular files only, no larger than they can be, and JSON that is JSON."""

import errno
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from posology.errors import InputError

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}
_REASONS = {
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "its symbolic links lead round in a circle",
    errno.EACCES: "this user may not read it",
}


def given_path(text: str | os.PathLike[str]) -> Path:
    """Turn what a user wrote into a path; "~" is the home folder.

    Raises
    ------
    InputError
        It can be no path.

    Examples
    --------
    >>> given_path("houses.csv").name
    'houses.csv'
    """
    path = Path(text)
    if "\0" in str(path):
        raise InputError(f"{str(path)!r} is no path: it holds a NUL character. Give the path of a file.")
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise InputError(f"'{path}' is in the home folder of a user who is not here. Write the whole path.") from error


def is_regular(path: Path, advice: str) -> bool:
    """Tell whether there is a file to be read; what is there and can never be read to its end is refused.

    Parameters
    ----------
    path
        A folder counts as no file.
    advice
        What to do, for the message: a sentence.

    Raises
    ------
    InputError
        A pipe, a device or a socket; or a path that the system refuses.

    Examples
    --------
    >>> is_regular(Path("nowhere.csv"), "Give a table.")
    False
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror)
        raise InputError(f"'{path}' cannot be read: {reason}. {advice}") from error
    kind = stat.S_IFMT(mode)
    if kind not in (stat.S_IFREG, stat.S_IFDIR):
        raise InputError(f"'{path}' is {_KINDS.get(kind, 'no file')}, not a file. {advice}")
    return kind == stat.S_IFREG


def json_at(path: Path) -> Any:
    """Give what a JSON file says; None where there is none, or it is damaged.

    Examples
    --------
    >>> json_at(Path("nowhere.json")) is None
    True
    """
    try:
        return json.loads(bytes_of(path))
    except (ValueError, RecursionError):
        return None


def read_small(path: Path, most: int, advice: str) -> bytes:
    """Read a file that is there and that no use of it makes large.

    Parameters
    ----------
    path
    most
        Bytes that it can have.
    advice
        What to do, for the message: a sentence.

    Raises
    ------
    InputError
        There is no such file, it is larger, or it cannot be read.
    """
    if not is_regular(path, advice):
        raise InputError(f"'{path}' is {'a folder' if path.is_dir() else 'not there'}. {advice}")
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}. {advice}") from error
    if len(content) > most:
        raise InputError(f"'{path}' has more than {most:,} bytes, which no such file has. {advice}")
    return content


def bytes_of(path: Path) -> bytes:
    """Give what a file holds; nothing where it is none, or cannot be read.

    Examples
    --------
    >>> bytes_of(Path("nowhere.csv"))
    b''
    """
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""


def parsed_json(content: bytes, where: object, advice: str) -> Any:
    """Read JSON as the standard has it: no NaN and no Infinity, each name once in an object, of a sane depth.

    Parameters
    ----------
    content
    where
        What it was read from, for the message.
    advice
        What to do, for the message: a sentence.

    Raises
    ------
    InputError
        It is none.

    Examples
    --------
    >>> parsed_json(b'{"a": 1.5}', "x.json", "Copy it again.")
    {'a': 1.5}
    """
    try:
        return json.loads(content, parse_constant=_refuse_constant, object_pairs_hook=_named_once)
    except RecursionError:
        reason = "it is nested too deeply"
    except ValueError as error:  # of JSON, of UTF-8, of numbers with thousands of digits
        reason = str(error)
    raise InputError(f"'{where}' is cut off or damaged: {reason}. {advice}")


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Give every object in what was JSON, however deep; in no order.

    Examples
    --------
    >>> [sorted(one) for one in objects_in({"a": [{"b": 1}]})]
    [['a'], ['b']]
    """
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            yield one
        left.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"JSON has no {name}")


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found
