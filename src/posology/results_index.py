"""study.sqlite: the results of a study as tables, for any reader of SQLite, while it runs and after.

The files of packs are the truth; this is an index of them. Only the driver writes it, a transaction a pack, in WAL
mode, so that others read meanwhile. Where it is missing, damaged or behind, it is made again from the files: nothing
that it holds can be lost.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from posology.engine.curve import curve_epochs
from posology.pack_files import arrays_at, described
from posology.plan import ALL_ROWS, REFIT, Member, Pack, arm_name

if TYPE_CHECKING:
    import pandas as pd

NAME = "study.sqlite"
VERSION = 1
"""Of the tables; an index of another version is made again."""

_TABLES = """
CREATE TABLE packs (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL);
CREATE TABLE networks (
    network INTEGER PRIMARY KEY, pack TEXT NOT NULL, stage TEXT NOT NULL, arm TEXT NOT NULL, trial INTEGER NOT NULL,
    repeat INTEGER, fold INTEGER, split INTEGER, seed INTEGER NOT NULL, strengths TEXT NOT NULL, epochs INTEGER,
    best_epoch INTEGER, best_loss REAL, last_loss REAL, test_loss REAL, failed INTEGER NOT NULL);
CREATE TABLE losses (
    network INTEGER NOT NULL, epoch INTEGER NOT NULL, train_loss REAL, watched_loss REAL,
    PRIMARY KEY (network, epoch)) WITHOUT ROWID;
CREATE VIEW results AS
    SELECT stage, arm, trial, repeat, fold, split, seed, strengths, epoch, train_loss, watched_loss, test_loss, failed
    FROM networks LEFT JOIN losses USING (network) ORDER BY stage, repeat, fold, split, arm, trial, seed, epoch;
"""

Rows = list[tuple[Any, ...]]


class ResultsIndex:
    """The index of one folder, open for writing.

    Parameters
    ----------
    folder : Path
        The study's.
    study : str, optional
        Whose packs are indexed; see `PackFiles.scan`.
    """

    def __init__(self, folder: Path, study: str | None = None) -> None:
        self._folder = folder
        self._base: sqlite3.Connection | None = None
        # an index is never the reason that a study ends
        with contextlib.suppress(sqlite3.Error, OSError):
            self._base = _sound(folder / NAME)
            _fill(self._base, folder, study)

    def add(self, name: str, pack: Pack, arrays: Mapping[str, np.ndarray]) -> None:
        """Take in a pack whose file is kept already."""
        if self._base is None:
            return
        try:
            _insert(self._base, self._folder / "packs" / f"{name}.npz", pack, arrays)
        except (sqlite3.Error, OSError):
            self.close()

    def close(self) -> None:
        """Leave one whole file."""
        if self._base is not None:
            with contextlib.suppress(sqlite3.Error):
                self._base.close()
            self._base = None


@contextlib.contextmanager
def reading(folder: Path, study: str | None = None) -> Iterator[sqlite3.Connection]:
    """Open the tables of a study for reading: its index, or one in memory where that is damaged or behind.

    Parameters
    ----------
    folder : Path
        May be read-only, and its study may be running.
    study : str, optional
        Whose packs are read; see `PackFiles.scan`.
    """
    files = _files(folder, study)
    base = _opened(folder / NAME, "ro", files)
    if base is None:
        base = sqlite3.connect(":memory:")
        base.executescript(_TABLES)
        _fill(base, folder, study)
    try:
        yield base
    finally:
        base.close()


def results_frame(folder: Path) -> "pd.DataFrame":
    """Give the results of a study, finished or not, as one tidy table: a row an epoch of a network.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    DataFrame
        `stage` (tune, refit, lever, prescription), `arm`, `trial`, `repeat`, `fold`, `split` (missing where all rows of
        the outer training fold are trained on), `seed`, `strengths` (JSON, a number a site), `epoch`, `train_loss` and
        `watched_loss` (the network's own loss on the standardized target, penalties aside, dropout off), `test_loss`
        (of a refit at its chosen epoch, as it is scored), `failed`.

    Raises
    ------
    InputError
        No study there.
    """
    import pandas as pd

    from posology.study_json import read_settings

    with reading(folder, read_settings(folder).get("id")) as base:
        found = pd.read_sql_query("SELECT * FROM results", base)
    whole = dict.fromkeys(("trial", "repeat", "fold", "split", "seed", "epoch"), "Int64")
    return found.astype({**whole, "failed": bool})


def _opened(path: Path, mode: str, files: Mapping[str, Any] | None = None) -> sqlite3.Connection | None:
    """Open an index, or None where it is none, damaged, of another version, or holds others than `files`."""
    if not path.is_file():
        return None  # SQLite would wait for whoever writes into a pipe
    base = None
    try:
        base = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True)
        if _version(base) == VERSION and _is_sound(base) and (files is None or _held(base) == _sizes(files)):
            return base
    except sqlite3.Error:
        pass
    if base is not None:
        base.close()
    return None


def _sound(path: Path) -> sqlite3.Connection:
    """Open an index, or begin a new one."""
    base = _opened(path, "rw")
    if base is not None:
        return base
    for part in ("", "-wal", "-shm"):
        path.with_name(path.name + part).unlink(missing_ok=True)
    base = sqlite3.connect(path)
    base.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_TABLES} PRAGMA user_version={VERSION};")
    return base


def _version(base: sqlite3.Connection) -> int:
    return int(base.execute("PRAGMA user_version").fetchone()[0])


def _is_sound(base: sqlite3.Connection) -> bool:
    return bool(base.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")


def _held(base: sqlite3.Connection) -> dict[str, int]:
    return dict(base.execute("SELECT name, bytes FROM packs"))


def _files(folder: Path, study: str | None) -> dict[str, tuple[Pack, int]]:
    """Give the files that hold networks: what they say, and their sizes."""
    packs = folder / "packs"
    return {name: (pack, (packs / f"{name}.npz").stat().st_size) for name, pack in described(packs, study)}


def _sizes(files: Mapping[str, tuple[Pack, int]]) -> dict[str, int]:
    return {name: size for name, (_, size) in files.items()}


def _fill(base: sqlite3.Connection, folder: Path, study: str | None) -> None:
    """Take in the files that are missing, and forget those that are gone."""
    held, there = _held(base), _files(folder, study)
    for name in [name for name, size in held.items() if there.get(name, (None, 0))[1] != size]:
        _forget(base, name)
    for name, (pack, size) in there.items():
        path = folder / "packs" / f"{name}.npz"
        if held.get(name) != size and (arrays := arrays_at(path, study)) is not None:
            _insert(base, path, pack, arrays)


def _forget(base: sqlite3.Connection, name: str) -> None:
    with base:
        base.execute("DELETE FROM losses WHERE network IN (SELECT network FROM networks WHERE pack = ?)", [name])
        base.execute("DELETE FROM networks WHERE pack = ?", [name])
        base.execute("DELETE FROM packs WHERE name = ?", [name])


def _insert(base: sqlite3.Connection, path: Path, pack: Pack, arrays: Mapping[str, np.ndarray]) -> None:
    with base:
        base.execute("INSERT INTO packs VALUES (?, ?)", (path.stem, path.stat().st_size))
        for place, member in enumerate(pack.members):
            own = {name: values[place] for name, values in arrays.items()}
            columns = _network(path.stem, pack, member, own)
            held = base.execute(f"INSERT INTO networks VALUES (NULL{', ?' * len(columns)})", columns)
            losses = [(held.lastrowid, *row) for row in _losses(own)]
            base.executemany("INSERT INTO losses VALUES (?, ?, ?, ?)", losses)


def _network(name: str, pack: Pack, member: Member, own: Mapping[str, Any]) -> tuple[Any, ...]:
    refit, whole = pack.split == REFIT, pack.repeat == ALL_ROWS
    stage = "lever" if pack.name.startswith("lever-") else "prescription" if whole else "refit" if refit else "tune"
    return (
        *(name, stage, arm_name(member.arm), member.trial),
        *(None if whole else pack.repeat, None if whole else pack.fold, None if refit else pack.split, member.seed),
        *(json.dumps(member.setting, sort_keys=True), int(own["epochs"]), int(own["best_epoch"])),
        *map(_number, (own["best_loss"], own["last_loss"])),
        *(_number(own["probed"][0]) if len(own["probed"]) else None, bool(own["failed"])),
    )


def _losses(own: Mapping[str, Any]) -> Rows:
    """Give epoch, training loss and watched loss, of the epochs that have one."""
    watched = {i + 1: _number(loss) for i, loss in enumerate(own["watched"]) if np.isfinite(loss)}
    at = curve_epochs(len(own["watched"])).tolist()
    curve = {e: tuple(map(_number, pair)) for e, pair in zip(at, own["curve"], strict=False) if np.isfinite(pair).any()}
    nothing = (None, None)
    return [
        (epoch, curve.get(epoch, nothing)[0], watched.get(epoch, curve.get(epoch, nothing)[1]))
        for epoch in sorted({*watched, *curve})
    ]


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
