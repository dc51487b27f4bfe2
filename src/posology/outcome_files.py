"""What a study writes at its end, read with care: whole, and as it was written."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posology.errors import InputError
from posology.files import json_at, parsed_json
from posology.record import in_use
from posology.seals import changed
from posology.wording import resume_command, watch_command
from posology.working_time import tells_time

RUN = "run.json"
"""Written last: what differs from run to run, and the seals of verdict.json and evidence.json."""

SEALED = ("verdict.json", "evidence.json")

NETWORK = "packs/all-refit.json"
"""What is known of the tuned network, and the seals of its files."""


def has_network(folder: Path, kept: Mapping[str, Any], *, classes: bool) -> bool:
    """Tell whether a folder has the tuned network that `kept` tells of, whole, with what belongs to it."""
    names = ["preparation.json", "preparation.skops", "layout.json", *(["classes.json"] if classes else [])]
    beside = (folder / name for name in names)
    whole = zipfile.is_zipfile(folder / "model.keras") and all(p.is_file() and p.stat().st_size for p in beside)
    return whole and not changed(folder, kept.get("files"))


def lacks_classes(folder: Path) -> bool:
    """Tell whether the names of classes are lost, of which verdict.json says that there are some."""
    try:
        study = json_at(folder / "verdict.json")["study"]
        return not {"classes", "labels"}.isdisjoint(study) and not (folder / "classes.json").is_file()
    except (KeyError, TypeError):
        return False  # none is there, as in a bundle, which checks its parts by itself


def not_finished(folder: Path, name: str) -> str:
    """Say that a study has not written a file of its end, and what to do: wait where it runs, else go on with it."""
    if in_use(folder):
        return f"The study in '{folder}' still runs: it has no {name} yet. See how far it is: {watch_command(folder)}"
    return f"The study in '{folder}' is not finished: it has no {name}. Finish it: {resume_command(folder)}"


def read_of_its_end(folder: Path, name: str) -> Any:
    """Read a JSON file that a study writes at its end, such as verdict.json.

    Raises
    ------
    InputError
        It is not there yet, or damaged.
    """
    path, advice = folder / name, f"Write it again: {resume_command(folder)}"
    if not path.is_file():
        raise InputError(not_finished(folder, name))
    found = parsed_json(path.read_bytes(), path, advice)
    if not isinstance(found, dict):
        raise InputError(f"'{path}' is damaged: it is no JSON object. {advice}")
    if name in changed(folder, _object(folder / RUN).get("files")):
        raise InputError(f"'{path}' was changed after posology wrote it. {advice}")
    return found


def read_run(folder: Path) -> dict[str, Any]:
    """Read run.json, its seals aside: the working time, and `folder`.

    Raises
    ------
    InputError
        It is not there yet, or damaged.
    """
    found = read_of_its_end(folder, RUN)
    if not tells_time(found) or "seconds" not in found or not isinstance(found.get("folder"), str):
        raise InputError(f"'{folder / RUN}' is damaged: it has no time. Write it again: {resume_command(folder)}")
    return {name: value for name, value in found.items() if name != "files"}


def changed_network(folder: Path) -> list[str]:
    """Name the files of the tuned network that are there and are not what the study wrote."""
    return [name for name in changed(folder, _object(folder / NETWORK).get("files")) if (folder / name).is_file()]


def _object(path: Path) -> dict[str, Any]:
    """Read a JSON object; nothing where it is damaged or not there."""
    found = json_at(path)
    return found if isinstance(found, dict) else {}
