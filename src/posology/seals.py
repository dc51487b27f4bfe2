"""Seals: what a file said when posology wrote it, so that a change by hand, or another study's file, is found.

JSON is sealed by what it says, not by its bytes, for tools that keep folders change line ends. A seal is no signature:
it finds accidents and edits, not forgers.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

SEAL = "sha256"
"""The name under which JSON holds seals."""


def seal_of(content: Any) -> str:
    """Seal what is JSON.

    Examples
    --------
    >>> seal_of({"a": 1, "b": 2.5}) == seal_of({"b": 2.5, "a": 1})
    True
    >>> seal_of({"a": 1})[:8]
    '015abd7f'
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Give a JSON object with its own seal in it."""
    return {**content, SEAL: seal_of(content)}


def unsealed(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give what was sealed, or None where it was changed since; what has no seal is as it is.

    Examples
    --------
    >>> unsealed(sealed({"margin": 0.01}))
    {'margin': 0.01}
    >>> unsealed({**sealed({"margin": 0.01}), "margin": 0.2}) is None
    True
    """
    bare = {name: value for name, value in content.items() if name != SEAL}
    return bare if content.get(SEAL, seal_of(bare)) == seal_of(bare) else None


def file_seal(path: Path) -> str:
    """Seal a file, or give nothing where it cannot be read."""
    try:
        content = path.read_bytes() if path.is_file() else b""
        return seal_of(json.loads(content)) if path.suffix == ".json" else hashlib.sha256(content).hexdigest()
    except (OSError, ValueError, RecursionError):
        return ""


def file_seals(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Seal the files of a folder that are there."""
    return {name: file_seal(folder / name) for name in names if (folder / name).is_file()}


def changed(folder: Path, seals: Any) -> list[str]:
    """Name the files that are gone or say something else than `file_seals` found; of seals that are none, nothing."""
    known = seals if isinstance(seals, Mapping) else {}
    return [name for name, seal in known.items() if seal != file_seal(folder / name)]
