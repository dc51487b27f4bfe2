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

    def put(self, name: str, run: Running, place: int) -> None:
        """Keep the member at `place` of a pack; written aside first, so that a state is always whole."""
        leaves = {f"a{i}": np.asarray(leaf[place]) for i, leaf in enumerate(jax.tree.leaves(run))}
        aside = self._folder / f"{name}.part"
        aside.write_bytes(pack_arrays(leaves))
        aside.replace(self._folder / f"{name}.npz")

    def take(self, names: list[str], fresh: Running) -> Running:
        """Give the state of a pack: kept states where there are, the fresh ones elsewhere."""
        leaves, shape = jax.tree.flatten(jax.tree.map(np.array, fresh))
        for place, name in enumerate(names):
            for leaf, kept in zip(leaves, self._read(name) or [], strict=False):
                leaf[place] = kept
        return jax.tree.unflatten(shape, leaves)

    def drop(self, name: str) -> None:
        """Forget a member that has come to its end."""
        (self._folder / f"{name}.npz").unlink(missing_ok=True)

    def _read(self, name: str) -> list[Any] | None:
        with contextlib.suppress(OSError):
            stored = unpack_arrays((self._folder / f"{name}.npz").read_bytes())
            return [stored[f"a{i}"] for i in range(len(stored))]
        return None
