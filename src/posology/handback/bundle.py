"""A bundle: one file that predicts, for whoever trusts nobody. It holds JSON, arrays and Keras' own layers, no code.

A zip archive of `bundle.json`, which says what the others are, and the files of a finished study that predict:
`model.keras`, `preparation.json`, `preparation.skops`, `layout.json` and, for classes, `classes.json`.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from posology import __version__
from posology.errors import InputError
from posology.files import parsed_json, read_small
from posology.handback.keras_file import check_keras_file
from posology.network.source import NetworkSource
from posology.scratch import scratch_folder
from posology.stored_zip import read_parts
from posology.study_json import SCHEMA, read_settings
from posology.wording import quoted

FORMAT = "posology bundle 1"
NEEDED = ("model.keras", "preparation.json", "preparation.skops", "layout.json")
FILES = (*NEEDED, "classes.json")
MOST_BYTES = 2**31
AGAIN = "Ask for it again: posology export FOLDER --to bundle"


def write_bundle(folder: Path, place: Path) -> None:
    """Write the bundle of a finished study into a new file, whole or not at all.

    Raises
    ------
    InputError
        The file is there already or cannot be written, or the network has layers that are not Keras' own.
    """
    if place.exists():
        raise InputError(f"'{place}' exists. Choose another --out.")
    parts = {name: (folder / name).read_bytes() for name in FILES if (folder / name).is_file()}
    own = "A bundle runs nobody's code, so it cannot have layers of your own: use --to keras"
    check_keras_file(parts["model.keras"], str(folder / "model.keras"), f"{own}.")
    about = {
        "format": FORMAT,
        "posology": __version__,
        "target": read_settings(folder)["target"],
        "files": {name: {"bytes": len(part), "sha256": _hash(part)} for name, part in parts.items()},
    }
    unfinished = place.with_name(f"{place.name}.unfinished")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("bundle.json", json.dumps(about, indent=1))
            for name, part in parts.items():
                archive.writestr(name, part)
        unfinished.replace(place)
    except OSError as error:
        raise InputError(f"'{place}' cannot be written: {error.strerror}. Choose another --out.") from error
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Check a bundle and lay its files out in a temporary folder, as a finished study has them.

    Raises
    ------
    InputError
        It is no bundle, a damaged one, or one that holds what could run code or read files.
    """
    parts = read_parts(read_small(path, MOST_BYTES, AGAIN), path, r"[a-z]+\.(json|keras|skops)", AGAIN)
    about = _checked_about(path, parts)
    check_keras_file(parts["model.keras"], f"{path}: model.keras", AGAIN)
    with scratch_folder() as folder:
        for name, part in parts.items():
            (folder / name).write_bytes(part)
        # without a network file: nothing in a bundle can name one
        study = {"schema": SCHEMA, "target": about["target"], "settings": {"source": NetworkSource().to_dict()}}
        (folder / "study.json").write_text(json.dumps(study))
        yield folder


def _checked_about(path: Path, parts: dict[str, bytes]) -> dict[str, Any]:
    """Take `bundle.json` out of the parts, and hold the others against it."""
    if "bundle.json" not in parts:
        raise InputError(f"'{path}' is no bundle: it has no bundle.json. {AGAIN}")
    about = parsed_json(parts.pop("bundle.json"), f"{path}: bundle.json", AGAIN)
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        found = about.get("format") if isinstance(about, dict) else type(about).__name__
        raise InputError(f"'{path}' has the format {found!r}; this posology reads {FORMAT!r}. {AGAIN}")
    if not _names_targets(about.get("target")) or not isinstance(about.get("files"), dict):
        raise InputError(f"'{path}' is damaged: bundle.json names no target or no files. {AGAIN}")
    if strange := [name for name in {*parts, *about["files"]} if name not in FILES]:
        raise InputError(f"'{path}' has parts that do not belong to it, {quoted(sorted(strange), 3)}. {AGAIN}")
    if lacking := sorted(({*NEEDED, *about["files"]} - set(parts)) | (set(parts) - set(about["files"]))):
        raise InputError(f"'{path}' is damaged: {quoted(lacking)} is not there, or not in bundle.json. {AGAIN}")
    for name, part in parts.items():
        if not isinstance(about["files"][name], Mapping) or about["files"][name].get("sha256") != _hash(part):
            raise InputError(f"'{path}' is damaged: {name} is not what bundle.json says. {AGAIN}")
    return about


def _names_targets(target: Any) -> bool:
    """Tell the name of a target, or those of several."""
    several = isinstance(target, list) and len(target) > 1 and all(isinstance(name, str) for name in target)
    return isinstance(target, str) or several


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
