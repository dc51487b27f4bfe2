"""A look into the folder of a study that runs: how far it is, how its trainings go, and never which arm leads."""

import contextlib
import sqlite3
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import posology
from posology.errors import InputError
from posology.files import json_at
from posology.folder_lock import in_use
from posology.posting import read_progress
from posology.results_index import NAME as INDEX
from posology.study_json import begun, read_settings
from posology.wording import resume_command

SCHEMA = 1
"""Of `Look.to_dict`."""

SILENT = 90.0
"""Seconds without a word after which a run is called silent: compiling a large network may take most of them."""

LATEST = 256
"""Networks whose losses are averaged."""

# of all arms together: which one leads is not for a study that runs
_CURVE = """
SELECT epoch, avg(train_loss), avg(watched_loss) FROM losses
WHERE train_loss IS NOT NULL AND watched_loss IS NOT NULL AND network IN
(SELECT network FROM networks WHERE NOT failed AND stage = 'tune' ORDER BY network DESC LIMIT ?)
GROUP BY epoch ORDER BY epoch
"""


@dataclass(frozen=True)
class Look:
    """What is seen in a study's folder; JSON types.

    Parameters
    ----------
    state : str
        `running`, `silent` (it was running when it last said a word), `stopped` or `finished`.
    words : str
        What is happening, or what to do.
    networks, at_most : int
        Trained, and the most that the study may come to; 0 where that is not known.
    seconds_left : float or None
        To that most; a study ends before, where it is decided.
    curve : tuple of (int, float, float)
        Epoch, and the mean training and watched loss there of the latest networks that tuned, all arms together.
    """

    state: str
    words: str
    networks: int = 0
    at_most: int = 0
    seconds_left: float | None = None
    curve: tuple[tuple[int, float, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the look as JSON types."""
        return {"schema": SCHEMA, "posology": posology.__version__, **asdict(self)}


def look(folder: Path) -> Look:
    """Look once; nothing is written.

    Raises
    ------
    InputError
        The folder holds no study.
    """
    if not begun(folder):
        raise InputError(
            f"The folder '{folder}' holds no study (no study.json). One that was just started writes it when its "
            "workers are there: look again in a minute. Or start one: posology study TABLE --target COL"
        )
    read_settings(folder)
    said = read_progress(folder)
    if said is None:
        return _without_word(folder)
    numbers = {name: said[name] for name in ("networks", "at_most", "seconds_left")}
    if not said["running"]:
        return Look("stopped", f"Stopped at {said['words']}. Go on with: {resume_command(folder)}", **numbers)
    silent = time.time() - said["at"]
    if silent > SILENT:
        words = f"No word for {silent / 60:.0f} min; the last was: {said['words']}. If it was killed, go on with: "
        return Look("silent", words + resume_command(folder), **numbers)
    return Look("running", said["words"], **numbers, curve=_curve(folder))


def _without_word(folder: Path) -> Look:
    try:
        verdict = json_at(folder / "verdict.json")
        sentence, trained = verdict["verdict"]["sentences"][0], int(verdict.get("study", {}).get("networks", 0))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        if in_use(folder):
            return Look("running", "starting")
        return Look("stopped", f"Nothing runs here. Go on with: {resume_command(folder)}")
    return Look("finished", f"Finished. {sentence}", trained, trained)


def _curve(folder: Path) -> tuple[tuple[int, float, float], ...]:
    """Read the index beside its writer; what is torn or not there yet is seen the next time."""
    path = folder / INDEX
    with contextlib.suppress(sqlite3.Error):
        if not path.is_file():
            return ()
        base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1)
        with contextlib.closing(base):
            return tuple(base.execute(_CURVE, [LATEST]))
    return ()
