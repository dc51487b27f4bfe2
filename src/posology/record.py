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
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from posology.continuing import SAME, Continuing, Held, continued
from posology.errors import InputError, StoppedError
from posology.files import bytes_of, json_at
from posology.folder_lock import LOCK, lock
from posology.pack_files import PackFiles
from posology.plan import Pack
from posology.results_index import ResultsIndex
from posology.seals import sealed
from posology.study_file import resolved_beside
from posology.study_json import BEGINNING, COPY, SCHEMA, begun, mended, named, read_settings
from posology.wording import resume_command

_IN_THE_WAY = {
    errno.EISDIR: "a folder, and posology keeps a file of that name",
    errno.EEXIST: "a file, and posology keeps a folder of that name",
    errno.ENOTDIR: "below a file, and posology keeps a folder there",
}


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
        self.mended: list[str] = []
        """What was found changed in the folder, and put right: sentences for the user."""
        self._lock: Any = None
        self._packs = PackFiles(folder / "packs", self._write, self._indexed)
        self._index: ResultsIndex | None = None
        with contextlib.suppress(InputError):  # none is there yet
            self._packs.study = read_settings(folder).get("id")

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
            self._index = ResultsIndex(self.folder, held.get("id"))
            self._packs.study = held.get("id")
            self._packs.scan(adopts=not held["grown"])

    def _settle(self, settings: Mapping[str, Any], how: Continuing) -> Held:
        """Write study.json and study.toml where they do not say what is studied from now on."""
        there = read_settings(self.folder) if begun(self.folder) else None
        now = named(settings) if there is None else continued(self.folder, there, settings, how)
        self.mended = [] if there is None else list(mended(self.folder, there))
        held = {"grown": [], **now, "schema": SCHEMA}
        asked = _json(sealed(held))
        texts = {COPY: asked, "study.json": asked, "study.toml": resolved_beside(held).encode()}
        for name, text in texts.items():
            if bytes_of(self.folder / name) != text:
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
        return json_at(self.folder / name)

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
        self._lock = (self.folder / LOCK).open("w")
        lock(self._lock, self.folder)


def _json(content: Any, *, lines: bool = True) -> bytes:
    how: dict[str, Any] = {"indent": 2} if lines else {"separators": (",", ":")}
    return (json.dumps(content, sort_keys=True, **how) + "\n").encode()


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
    if not folder.exists() or {path.name for path in folder.iterdir()} <= BEGINNING:
        return
    if not begun(folder):
        raise InputError(f"The output folder '{folder}' holds other files. Choose a new or empty folder with --out.")
    continued(folder, read_settings(folder), settings, how)
    with contextlib.suppress(FileNotFoundError), (folder / LOCK).open() as file:
        lock(file, folder)


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
        if (kinds := _IN_THE_WAY.get(error.errno or 0)) is not None:
            place = error.filename2 or error.filename
            raise InputError(f"'{place}' is {kinds}. Move it out of the way, then: {resume_command(folder)}") from error
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
