"""The finished packs of a study's folder: a file each, which says itself what it holds.

    packs/NAME.npz    the arrays of a `PackResult`, and `pack`: what was trained and for which study, as JSON
    packs/lever-*.npz predictions of models that are no networks; `pack` names the study alone

A file is written aside, synced and renamed, so that it is whole or absent; zip's checksums find one that the disk
damaged, which counts as absent. So does one of another study: networks of another table have the same arms, trials and
seeds. Results are found by their networks, not by their files: a study that grew finds those it has, however they were
packed, and a copy under another name counts once.
"""

import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import Any

import numpy as np

from posology.execution.frames import pack_arrays, unpack_arrays
from posology.execution.job import pack_from_dict, pack_to_dict
from posology.plan import Member, Pack

Arrays = Mapping[str, np.ndarray]
Kept = Callable[[str, Pack, Arrays], None]
SAYS = "pack"
"""The array of a file that has its description."""

_DAMAGED = (OSError, ValueError, EOFError, KeyError, TypeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


class PackFiles:
    """The packs of one folder.

    Parameters
    ----------
    folder : Path
        `packs` of a study's folder.
    write : callable
        Keeps bytes at a path, whole or not at all.
    kept : callable
        Told of every pack that is kept: the name of its file, the pack, its arrays.
    """

    def __init__(self, folder: Path, write: Callable[[Path, bytes], None], kept: Kept = lambda *_: None) -> None:
        self._folder, self._write, self._kept = folder, write, kept
        self._adopts = False
        self._study: str | None = None
        self._places: dict[str, tuple[str, int]] = {}
        self._names: set[str] = set()

    def scan(self, study: str | None = None, *, adopts: bool = False) -> None:
        """Find what was trained before.

        Parameters
        ----------
        study : str, optional
            Whose packs these are; a study that was begun before packs named theirs has no name.
        adopts : bool
            Whether a file of schema 6, which does not say what it holds, is known by its name: as long as the study
            asks what it asked then.
        """
        self._study, self._adopts = study, adopts
        for name, pack in described(self._folder, study):
            self._note(name, pack)

    def arrays(self, name: str) -> dict[str, np.ndarray] | None:
        """Give the arrays of a file, without its description; None where damaged, another study's or not there."""
        return arrays_at(self._folder / f"{name}.npz", self._study)

    def keep_arrays(self, name: str, arrays: Arrays) -> None:
        """Keep arrays that are no pack's."""
        says = {} if self._study is None else {SAYS: _as_array({"study": self._study})}
        self._write(self._folder / f"{name}.npz", pack_arrays({**arrays, **says}))

    def read(self, pack: Pack) -> dict[str, np.ndarray] | None:
        """Give a pack's result, or None where one of its networks is missing."""
        if self._adopts and pack.name not in self._names:
            self._adopt(pack)
        places = [self._places.get(key) for key in _keys(pack)]
        found = [place for place in places if place is not None]
        return self._gathered(found) if len(found) == len(pack.members) else None

    def missing(self, pack: Pack) -> Pack:
        """Give what of a pack is still to be trained."""
        members = zip(pack.members, _keys(pack), strict=True)
        return replace(pack, members=tuple(member for member, key in members if key not in self._places))

    def keep(self, pack: Pack, arrays: Arrays) -> None:
        """Keep the result of a pack, whose networks are all new."""
        name = self._free(pack.name)
        says = _as_array({**pack_to_dict(pack), **({} if self._study is None else {"study": self._study})})
        self._write(self._folder / f"{name}.npz", pack_arrays({**arrays, SAYS: says}))
        self._note(name, pack)
        self._kept(name, pack, arrays)

    def _note(self, name: str, pack: Pack) -> None:
        self._names.add(name)
        self._places |= {key: (name, place) for place, key in enumerate(_keys(pack))}

    def _gathered(self, places: list[tuple[str, int]]) -> dict[str, np.ndarray] | None:
        """Take networks out of their files, in order."""
        files = {name: self.arrays(name) for name in dict.fromkeys(name for name, _ in places)}
        if lost := {name for name, arrays in files.items() if arrays is None}:
            self._names -= lost
            self._places = {key: place for key, place in self._places.items() if place[0] not in lost}
            return None
        parts = [{n: a[place] for n, a in (files[name] or {}).items()} for name, place in places]
        return {name: np.stack([part[name] for part in parts]) for name in parts[0]}

    def _free(self, name: str) -> str:
        """Give a name that no file with other networks has, and no folder."""
        names = chain([name], (f"{name}.{i}" for i in count(1)))
        return next(n for n in names if n not in self._names and not (self._folder / f"{n}.npz").is_dir())

    def _adopt(self, pack: Pack) -> None:
        """Describe a file of schema 6."""
        arrays = self.arrays(pack.name)
        if arrays is not None and len(arrays["best_loss"]) == len(pack.members):
            self.keep(pack, arrays)


def arrays_at(path: Path, study: str | None = None) -> dict[str, np.ndarray] | None:
    """Give the arrays of a file, without its description; None where it is torn, another study's, or not there."""
    try:
        found = unpack_arrays(path.read_bytes()) if path.is_file() else {}
        says = _read(found.pop(SAYS, None))
    except _DAMAGED:
        return None
    return found if found and says.get("study") == study else None


def described(folder: Path, study: str | None = None) -> Iterator[tuple[str, Pack]]:
    """Give a study's packs in a folder by the names of their files, each network once.

    Files without a description, torn ones, and those of another study are left out.
    """
    seen: set[str] = set()
    for path in sorted(filter(Path.is_file, folder.glob("[!.]*.npz"))):
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                says = _read(stored[SAYS] if SAYS in stored.files else None)
            pack = pack_from_dict(says) if says.get("study") == study else None
        except _DAMAGED:
            continue
        if pack is not None and seen.isdisjoint(keys := _keys(pack)):
            seen.update(keys)
            yield path.stem, pack


def strangers(folder: Path, study: str | None = None) -> list[str]:
    """Name the files among a study's packs that are damaged, or not its own."""
    known = {name for name, _ in described(folder, study)}
    others = [path for path in sorted(folder.glob("[!.]*.npz")) if path.stem not in known]
    return [path.name for path in others if arrays_at(path, study) is None]


def _as_array(says: Mapping[str, Any]) -> np.ndarray:
    return np.frombuffer(json.dumps(says).encode(), np.uint8)


def _read(says: np.ndarray | None) -> dict[str, Any]:
    return {} if says is None else dict(json.loads(says.tobytes()))


def _keys(pack: Pack) -> list[str]:
    return [_key(pack, member) for member in pack.members]


def _key(pack: Pack, member: Member) -> str:
    """Name a network by all that its training depends on, its study aside."""
    where: dict[str, Any] = pack_to_dict(replace(pack, name="", members=(member,)))
    return json.dumps(where, sort_keys=True)
