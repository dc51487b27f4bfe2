"""The study's folder: what is kept, and how a run resumes.

    study.json            settings, versions, the table's fingerprint; written first
    study.toml            the same study for `posology study`, every option resolved
    packs/NAME.npz        one finished pack each, the truth about what was trained (`pack_files`)
    study.sqlite          their index, for any reader of SQLite (`results_index`); made again where it is damaged
    verdict.json          the verdict and its numbers, the same bytes for the same study
    evidence.json         what the charts are drawn from: trials, learning curves, weights, scores by seed; likewise
    report.html           the report, one file
    progress.json         while it runs, how far it is (`posting`)
    run.json              how long its sessions worked, and where: what differs from run to run
    faults.jsonl          workers that were lost and replaced, a line each; absent where all went well
    model.keras, preparation.*   the prescription

No raw row of the table is kept. One driver writes; a lock refuses a second.
"""

import contextlib
import errno
import fcntl
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np

from posology.continuing import SAME, Continuing, Held, continued
from posology.errors import InputError, StoppedError
from posology.files import parsed_json
from posology.pack_files import PackFiles
from posology.plan import Pack
from posology.results_index import ResultsIndex
from posology.study_file import resolved_beside
from posology.wording import resume_command

SCHEMA = 7
OLDEST = 6
"""The oldest layout that is read: its packs do not say what they hold, and are known by their names."""

COPY = ".study.json.copy"
"""What study.json says, once more: all that a damaged disk could take with a single file."""

_BEGINNING = {"packs", ".lock", ".study.json.part", COPY, f".{COPY}.part"}
"""What a run leaves that was killed, or found no room, before study.json was written: as good as empty."""


class Record:
    """A study's folder, opened for one run.

    Parameters
    ----------
    folder : Path
        May be absent; it is made by `begin`, not before.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held: Held = {}
        """What study.json says, once the study has begun."""
        self._lock: Any = None
        self._packs = PackFiles(folder / "packs", self._write, self._indexed)
        self._index: ResultsIndex | None = None

    def begin(self, settings: Mapping[str, Any], how: Continuing = SAME) -> None:
        """Make the folder, or continue it if it holds the same study.

        Parameters
        ----------
        settings : mapping
            As `Study.facts()`.
        how : Continuing
            What may differ.

        Raises
        ------
        InputError
            The folder holds another study or other files, cannot be written, or is in use.
        """
        with _disk_errors(self.folder, started=False):
            check_folder(self.folder, settings, how)
            (self.folder / "packs").mkdir(parents=True, exist_ok=True)
            self._take_lock()
            self.held = held = self._settle(settings, how)
            self._index = ResultsIndex(self.folder)
            self._packs.scan(adopts=not held["grown"])

    def _settle(self, settings: Mapping[str, Any], how: Continuing) -> Held:
        """Write study.json and study.toml where they do not say what is studied from now on."""
        there = read_settings(self.folder) if (self.folder / "study.json").is_file() else None
        now = dict(settings) if there is None else continued(self.folder, there, settings, how)
        held = {"grown": [], **now, "schema": SCHEMA}
        texts = {COPY: _json(held), "study.json": _json(held), "study.toml": resolved_beside(held).encode()}
        for name, text in texts.items():
            if _bytes(self.folder / name) != text:
                self._write(self.folder / name, text, started=False)
        return held

    def close(self) -> None:
        """Let another run open the folder."""
        if self._index is not None:
            self._index.close()
            self._index = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _indexed(self, name: str, pack: Pack, arrays: Mapping[str, np.ndarray]) -> None:
        if self._index is not None:
            self._index.add(name, pack, arrays)

    def result(self, pack: Pack) -> dict[str, np.ndarray] | None:
        """Give the result of a pack that was trained before, in whatever packs, or None."""
        return self._packs.read(pack)

    def missing(self, pack: Pack) -> Pack:
        """Give what of a pack is still to be trained."""
        return self._packs.missing(pack)

    def keep(self, pack: Pack, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep the result of a pack, whose networks are all new.

        Raises
        ------
        StoppedError
            The disk is full; packs kept before are safe.
        """
        self._packs.keep(pack, arrays)

    def read_pack(self, name: str) -> dict[str, np.ndarray] | None:
        """Give the arrays of a file in `packs`, or None; a torn file counts as absent."""
        return self._packs.arrays(name)

    def read_json(self, name: str) -> Any:
        """Give a JSON file's content, or None where there is none."""
        try:
            return json.loads((self.folder / name).read_bytes())
        except (OSError, ValueError):
            return None

    def write_pack(self, name: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep arrays that are no pack's in a file in `packs`; see `keep`."""
        self._packs.keep_arrays(name, arrays)

    def write_json(self, name: str, content: Any, *, lines: bool = True) -> None:
        """Keep a JSON file, with sorted keys, so that equal content gives equal bytes; without `lines`, on one line."""
        self._write(self.folder / name, _json(content, lines=lines))

    def write_text(self, name: str, text: str) -> None:
        """Keep a file of text."""
        self._write(self.folder / name, text.encode())

    def note_fault(self, fault: Mapping[str, Any]) -> None:
        """Add a line to faults.jsonl; safe to call from several threads, and never the reason that a study ends."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with contextlib.suppress(OSError), (self.folder / "faults.jsonl").open("ab") as file:
            file.write(_json({"at": now, **fault}, lines=False))

    def _write(self, path: Path, data: bytes, *, started: bool = True) -> None:
        aside = path.with_name(f".{path.name}.part")
        with _disk_errors(self.folder, started=started):
            try:
                with aside.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                aside.replace(path)
            except OSError:
                aside.unlink(missing_ok=True)
                raise

    def _take_lock(self) -> None:
        self._lock = (self.folder / ".lock").open("w")
        _lock(self._lock, self.folder)


def _lock(file: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(
            f"The folder '{folder}' is in use by another run of posology. Wait for it, or choose another --out."
        ) from error


def _json(content: Any, *, lines: bool = True) -> bytes:
    how: dict[str, Any] = {"indent": 2} if lines else {"separators": (",", ":")}
    return (json.dumps(content, sort_keys=True, **how) + "\n").encode()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _asked(folder: Path) -> Any:
    """Read study.json, or its copy where it is damaged."""
    path, advice = folder / "study.json", "Start the study again in another folder."
    try:
        return parsed_json(path.read_bytes(), path, advice)
    except InputError:
        with contextlib.suppress(OSError, InputError):
            return parsed_json((folder / COPY).read_bytes(), path, advice)
        raise


def read_settings(folder: Path) -> dict[str, Any]:
    """Read what a folder's study was asked.

    Raises
    ------
    InputError
        No study there, or one of another layout.
    """
    path = folder / "study.json"
    if not path.is_file():
        raise InputError(
            f"The folder '{folder}' holds no study (no study.json). Start one: posology study TABLE --target COL"
        )
    settings = _asked(folder)
    told = settings.get("schema") if isinstance(settings, dict) else None
    if not isinstance(told, int) or isinstance(told, bool):
        raise InputError(f"'{path}' is damaged: it has no schema. Start the study again in another folder.")
    if told > SCHEMA:
        raise InputError(f"'{path}' was written by a newer posology. Upgrade: pip install --upgrade posology")
    if told < OLDEST:
        raise InputError(
            f"'{path}' was written by an earlier posology, whose packs this one cannot read. Use that version, or "
            "start the study again in another folder."
        )
    if not isinstance(settings.get("settings"), dict):
        raise InputError(f"'{path}' is damaged: it has no settings. Start the study again in another folder.")
    return settings


def has_network(folder: Path, *, classes: bool) -> bool:
    """Tell whether a folder has the tuned network, whole, what prepares its rows, and the names of `classes`."""
    names = ["preparation.json", "preparation.skops", "layout.json", *(["classes.json"] if classes else [])]
    beside = (folder / name for name in names)
    return zipfile.is_zipfile(folder / "model.keras") and all(path.is_file() and path.stat().st_size for path in beside)


def lacks_classes(folder: Path) -> bool:
    """Tell whether the names of classes are lost, of which verdict.json says that there are some."""
    try:
        study = json.loads((folder / "verdict.json").read_bytes())["study"]
        return not {"classes", "labels"}.isdisjoint(study) and not (folder / "classes.json").is_file()
    except (OSError, ValueError, KeyError, TypeError):
        return False  # none is there, as in a bundle, which checks its parts by itself


def read_of_its_end(folder: Path, name: str) -> Any:
    """Read a JSON file that a study writes at its end, such as verdict.json.

    Raises
    ------
    InputError
        It is not there yet, or damaged.
    """
    path = folder / name
    if not path.is_file():
        raise InputError(
            f"The study in '{folder}' is not finished: it has no {name}. Finish it: {resume_command(folder)}"
        )
    return parsed_json(path.read_bytes(), path, f"Write it again: {resume_command(folder)}")


def check_folder(folder: Path, settings: Mapping[str, Any], how: Continuing = SAME) -> None:
    """Refuse a folder that cannot take this study, before anything is written.

    Raises
    ------
    InputError
        It holds another study or other files, or is a file; or other versions trained it.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise InputError(f"The output '{there}' is a file, not a folder. Choose another --out.")
    if not folder.exists() or {path.name for path in folder.iterdir()} <= _BEGINNING:
        return
    if not (folder / "study.json").is_file():
        raise InputError(f"The output folder '{folder}' holds other files. Choose a new or empty folder with --out.")
    continued(folder, read_settings(folder), settings, how)
    with contextlib.suppress(FileNotFoundError), (folder / ".lock").open() as lock:
        _lock(lock, folder)


@contextlib.contextmanager
def _disk_errors(folder: Path, *, started: bool) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and started:
            raise StoppedError(
                f"The disk is full: '{folder}' cannot take another result. What was finished is kept. Free some space, "
                f"then: {resume_command(folder)}"
            ) from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError(
                f"The disk is full: '{folder}' cannot be made. Free some space or choose another --out."
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM) or not started:
            raise InputError(
                f"The folder '{folder}' cannot be written: {error.strerror}. Choose another --out."
            ) from error
        if error.errno == errno.ENOENT:
            raise StoppedError(
                f"The folder '{folder}' was removed or moved while the study ran. Put it back, then: "
                f"{resume_command(folder)}; or start the study again."
            ) from error
        raise StoppedError(
            f"The folder '{folder}' cannot take another result: {error.strerror}. What was finished is kept. When the "
            f"disk is well: {resume_command(folder)}"
        ) from error
