"""A text file on disk -> its bytes, whatever it is packed with, and never more of them than a table can have."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from posology.errors import InputError
from posology.wording import counted, first_line, quoted

MOST_BYTES = 2**31
"""Of text, unpacked: reading takes several times as much memory."""

PART = 2**24


def _zstandard(path: Path) -> Any:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")


def _only_member(path: Path) -> Any:
    archive = zipfile.ZipFile(path)
    return archive.open(member_of(path, archive))


PACKED: dict[str, tuple[str, bytes, Callable[[Path], Any]]] = {
    ".gz": ("gzip", b"\x1f\x8b", gzip.open),
    ".bz2": ("bzip2", b"BZh", bz2.open),
    ".xz": ("xz", b"\xfd7zXZ\x00", lzma.open),
    ".zst": ("Zstandard", b"\x28\xb5\x2f\xfd", _zstandard),
    ".zip": ("zip", b"PK\x03\x04", _only_member),
}
"""By ending: the name, the first bytes, and how the content is opened."""

DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError)
"""What the unpackers raise; RuntimeError is a zip file's wish for a password."""


def unpacked(path: Path) -> bytes:
    """Read a file's content, unpacked where its first bytes say that it is packed.

    Raises
    ------
    InputError
        It is damaged, larger than a table can be, or not packed as its name says.
    """
    with path.open("rb") as file:
        start = file.read(8)
    found = [ending for ending, (_, first, _) in PACKED.items() if start.startswith(first)]
    if not found and (ending := path.suffix.lower()) in PACKED:
        kind = PACKED[ending][0]
        raise InputError(f"'{path}' ends in {ending} but is not {kind} data. Remove the {ending} or compress it again.")
    if not found:
        return _bounded(path, path.open("rb"))
    kind, _, opener = PACKED[found[0]]
    try:
        return _bounded(path, opener(path))
    except DAMAGED as error:
        raise InputError(cut_off(path, kind, error)) from error


def _bounded(path: Path, stream: Any) -> bytes:
    parts, size = [], 0
    with stream:  # in parts, because read(n) takes n bytes of memory at once
        while size <= MOST_BYTES and (part := stream.read(PART)):
            parts.append(part)
            size += len(part)
    if size > MOST_BYTES:
        raise InputError(
            f"'{path}' holds more than {MOST_BYTES / 1e9:.1f} GB of text. Save it as Parquet, with the columns and "
            "rows that you need."
        )
    return b"".join(parts)


def member_of(path: Path, archive: zipfile.ZipFile) -> str:
    """Name the one file in an archive.

    Raises
    ------
    InputError
        There is none, or more than one.
    """
    names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise InputError(f"'{path}' is a workbook of a spreadsheet, not text. Save its sheet as CSV in UTF-8.")
    if len(names) != 1:
        listed = f": {quoted(names, 3)}" if names else ""
        raise InputError(f"'{path}' is a zip archive of {counted(len(names), 'file')}{listed}. Give one table.")
    return names[0]


def cut_off(path: Path, kind: str, error: Exception) -> str:
    """Say that a file is not whole."""
    reason = first_line(error)
    return f"'{path}' is cut off or damaged: it is not whole {kind} data ({reason}). Copy or export it again."
