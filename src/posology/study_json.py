"""study.json: what a study is asked, sealed, and once more in a copy; and what in a folder is mended by it."""

import contextlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from posology.continuing import DECISIVE, Held
from posology.errors import InputError
from posology.files import bytes_of, parsed_json, read_small
from posology.seals import seal_of, unsealed
from posology.study_file import resolved_beside

SCHEMA = 7
OLDEST = 6
"""The oldest layout that is read: its packs do not say what they hold, and are known by their names."""

COPY = ".study.json.copy"
"""What study.json says, once more: all that a damaged disk could take with a single file."""

BEGINNING = {"packs", ".lock", ".study.json.part", COPY, f".{COPY}.part"}
"""What a run leaves that was killed, or found no room, before study.json was written: as good as empty."""

MOST_BYTES = 2**28
AGAIN = "Start the study again in another folder."


def named(settings: Mapping[str, Any]) -> Held:
    """Name a study that begins by all that its networks depend on: packs of another are none of its own."""
    depends = {name: value for name, value in settings.items() if name not in ("table", "versions", "budget")}
    depends |= {name: settings["versions"].get(name) for name in DECISIVE}
    return {**settings, "id": seal_of(json.loads(json.dumps(depends)))[:16]}


def begun(folder: Path) -> bool:
    """Tell whether a folder has a study: its study.json, or the copy beside what was trained."""
    if (folder / "study.json").is_file():
        return True
    return (folder / COPY).is_file() and not {path.name for path in folder.iterdir()} <= BEGINNING


def read_settings(folder: Path) -> dict[str, Any]:
    """Read what a folder's study was asked.

    Raises
    ------
    InputError
        No study there, or one of another layout.
    """
    path = folder / "study.json"
    if not folder.is_dir() or not begun(folder):
        raise InputError(
            f"The folder '{folder}' holds no study (no study.json). Start one: posology study TABLE --target COL"
        )
    settings = _asked(folder)
    told = settings.get("schema")
    if not isinstance(told, int) or isinstance(told, bool):
        raise InputError(f"'{path}' is damaged: it has no schema. {AGAIN}")
    if told > SCHEMA:
        raise InputError(f"'{path}' was written by a newer posology. Upgrade: pip install --upgrade posology")
    if told < OLDEST:
        raise InputError(
            f"'{path}' was written by an earlier posology, whose packs this one cannot read. Use that version, or "
            "start the study again in another folder."
        )
    if not isinstance(settings.get("settings"), dict):
        raise InputError(f"'{path}' is damaged: it has no settings. {AGAIN}")
    return settings


def _asked(folder: Path) -> dict[str, Any]:
    """Read study.json, or its copy where it is damaged or was changed."""
    path = folder / "study.json"
    try:
        return _said(path, path)
    except InputError:
        with contextlib.suppress(InputError):
            return _said(folder / COPY, path)
        raise


def _said(file: Path, path: Path) -> dict[str, Any]:
    """Read what `file` says of a study, as `path` says or should."""
    found = parsed_json(read_small(file, MOST_BYTES, AGAIN), path, AGAIN)
    if not isinstance(found, dict):
        raise InputError(f"'{path}' is damaged: it has no schema. {AGAIN}")
    if (said := unsealed(found)) is None:
        raise InputError(f"'{path}' was changed after posology wrote it. Put the old one back. {AGAIN}")
    return said


def mended(folder: Path, there: Mapping[str, Any]) -> Iterator[str]:
    """Say which files of a study no longer say what it was asked; they are written again."""
    path, options = folder / "study.json", folder / "study.toml"
    try:
        _said(path, path)
    except InputError:
        yield f"'{path}' was damaged or changed: what its copy says is studied, and it is written again."
    wanted = tomllib.loads(resolved_beside(there))
    try:
        same = not options.exists() or tomllib.loads(bytes_of(options).decode()) == wanted
    except (ValueError, RecursionError):
        same = False
    if not same:
        yield (
            f"'{options}' was changed and is written again: a study goes on as it was asked. To study something else, "
            "give a changed copy to posology study with another --out."
        )
