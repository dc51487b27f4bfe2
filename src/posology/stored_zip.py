"""Zip archives from strangers: read whole, from memory, and only where every part lies in them as it is.

Bundles, `.keras` files and `.skops` files are zip archives that store their parts without compressing them. To insist
on it leaves no room for a bomb: the parts together are no larger than the archive.
"""

import io
import re
import stat
import zipfile
from collections import Counter

from posology.errors import InputError
from posology.wording import quoted

MOST_PARTS = 1000


def read_parts(content: bytes, where: object, allowed: str, advice: str) -> dict[str, bytes]:
    """Read the parts of an archive by their names; nothing is written to the disk.

    Parameters
    ----------
    content
        Of the archive.
    where
        What it was read from, for messages.
    allowed
        Pattern that the name of every part has to match.
    advice
        What to do, for messages: a sentence.

    Raises
    ------
    InputError
        It is no zip archive or a damaged one, or has a part that is compressed, encrypted, a link, there twice or of
        another name.

    Examples
    --------
    >>> archive = io.BytesIO()
    >>> with zipfile.ZipFile(archive, "w") as writing:
    ...     writing.writestr("config.json", "{}")
    >>> read_parts(archive.getvalue(), "model.keras", "config[.]json", "Export it again.")
    {'config.json': b'{}'}
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if wrong := _wrong(parts, allowed, len(content)):
                raise InputError(f"'{where}' is refused: {wrong}. {advice}")
            return {part.filename: archive.read(part) for part in parts}
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"'{where}' is cut off or damaged: {error}. {advice}") from error


def _wrong(parts: list[zipfile.ZipInfo], allowed: str, size: int) -> str:
    if len(parts) > MOST_PARTS:
        return f"it has {len(parts):,} parts"
    names = [part.filename for part in parts]
    if strange := [name for name in names if not re.fullmatch(allowed, name)]:
        return f"it has parts that do not belong to it, {quoted(strange, 3)}"
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        return f"it has {quoted(twice, 3)} twice"
    if odd := [name for name, part in zip(names, parts, strict=True) if _is_odd(part)]:
        return f"{quoted(odd, 3)} in it is compressed, encrypted or a link"
    if sum(part.file_size for part in parts) > size:
        return "its parts are larger than itself"
    return ""


def _is_odd(part: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(part.external_attr >> 16)
    stored = part.compress_type == zipfile.ZIP_STORED and part.file_size == part.compress_size
    return not stored or bool(part.flag_bits & 1) or kind not in (0, stat.S_IFREG)
