"""Trainings that pause between the rungs of a halving: kept on disk, for whichever worker goes on with them.

They are a cache and nothing more: a training whose state is not there is trained again from its start, to the same
bits.
"""

import contextlib
from pathlib import Path
from typing import Any

import jax
import numpy as np

from posology.engine.member import Running
from posology.execution.frames import pack_arrays, unpack_arrays
from posology.plan import Member, Pack, arm_name


class Carried:
    """States of paused members.

    Parameters
    ----------
    folder : Path
        Shared by the workers of the study, emptied with them.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def begun(self, pack: Pack, fresh: Running) -> Running:
        """Give the state in which a pack begins: that of members which paused before, the fresh one of all others."""
        if all(member.until is None for member in pack.members):
            return fresh
        leaves, shape = jax.tree.flatten(jax.tree.map(np.array, fresh))
        for place, member in enumerate(pack.members):
            for leaf, kept in zip(leaves, self._read(_name(pack, member)) or [], strict=False):
                leaf[place] = kept
        return jax.tree.unflatten(shape, leaves)

    def paused(self, pack: Pack, run: Running) -> None:
        """Keep the members of a pack that go on later, and forget those that have come to their end."""
        for place, member in enumerate(pack.members):
            if member.until is None:
                continue
            if member.until < member.epochs:
                self._put(_name(pack, member), run, place)
            else:
                self._path(_name(pack, member)).unlink(missing_ok=True)

    def _put(self, name: str, run: Running, place: int) -> None:
        """Keep the member at `place` of a pack; written aside first, so that a state is always whole."""
        leaves = {f"a{i}": np.asarray(leaf[place]) for i, leaf in enumerate(jax.tree.leaves(run))}
        aside = self._folder / f"{name}.part"
        aside.write_bytes(pack_arrays(leaves))
        aside.replace(self._path(name))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.npz"

    def _read(self, name: str) -> list[Any] | None:
        with contextlib.suppress(OSError):
            stored = unpack_arrays(self._path(name).read_bytes())
            return [stored[f"a{i}"] for i in range(len(stored))]
        return None


def _name(pack: Pack, member: Member) -> str:
    arm = arm_name(member.arm).replace(":", "-")  # a colon is in no file name of Windows
    return f"{pack.repeat}_{pack.fold}_{pack.split}_{arm}_{member.trial}_{member.seed}"
