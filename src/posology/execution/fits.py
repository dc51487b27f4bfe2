"""Prepared rows of a fit, written once and mapped into every worker: no worker holds a copy of its own.

A fit is what members share: the rows of a resample or an inner split, prepared by what its training rows alone say.
"""

import contextlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Float64

from posology.engine.member import Data
from posology.engine.packing import same_steps
from posology.execution.alone import alone
from posology.execution.job import FITS_KEPT, Job
from posology.execution.row_weights import RowWeights
from posology.plan import Pack
from posology.table import Layout, Preparation, Table

BLOCK = 65_536
"""Rows prepared at once, so that preparing does not hold copies of the table."""


@dataclass(frozen=True)
class Fit:
    """Rows as the engine takes them, and the way back to the target's unit."""

    data: Data
    watched: int
    target_mean: Float64[np.ndarray, "*target"]
    target_sd: Float64[np.ndarray, "*target"]

    def target_from_network(self, z: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """Scale predictions back: y = mean + sd·z, in the unit of the target; of several, on the last axis."""
        return np.asarray(self.target_mean + self.target_sd * z.astype(float))

    def training_rows(self) -> np.ndarray:
        """Give the prepared training rows, for a network builder that looks at them; not to be written to."""
        return np.asarray(self.data.x[0])[: int(self.data.rows[0])]


class FitStore:
    """The fits of one study.

    Parameters
    ----------
    folder : Path
        Shared by the workers of the study, emptied with them.
    table : Table
        All rows.
    layout : Layout
        Where the columns of the network's inputs stand.
    job : Job
        Says which rows belong to a fit, and the capacities that all share.
    """

    def __init__(self, folder: Path, table: Table, layout: Layout, job: Job) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._table, self._layout, self._job = folder, table, layout, job

    def fit(self, repeat: int, fold: int, split: int) -> Fit:
        """Give a fit: prepared here, or by the first worker that needed it."""
        place = self._folder / f"{repeat}_{fold}_{split}"
        # one worker prepares at a time, whichever fit: preparing holds copies of the table's columns
        with alone(self._folder / "lock"):
            if not (place / "facts.json").is_file():
                self._prepare(place, *self.rows_of(Pack("", repeat, fold, split, ())))
                self._make_room(place)
            # what is mapped stays readable when its file is removed
            return self._open(place)

    def rows_of(self, pack: Pack) -> tuple[np.ndarray, np.ndarray]:
        """Give the rows that a pack's members are trained on, and those on which they are watched or scored."""
        return self._job.rows_of(pack, self._table.strata, self._table.clusters)

    def preparation(self, rows: np.ndarray) -> Preparation:
        """Learn the preparation from rows."""
        table, weights = self._table, self._table.row_weights
        own = None if weights is None else weights[rows]
        return Preparation.fit(table.features.iloc[rows], table.target[rows], scaled=not table.classes, weights=own)

    @property
    def _weighted(self) -> bool:
        return self._table.weights is not None or self._job.design.class_weight is not None

    def weights(self, rows: np.ndarray) -> np.ndarray | None:
        """Give the weights of rows that are trained on; None where all count alike."""
        return RowWeights.of(self._table, self._job.design.class_weight, rows).of_rows(rows) if self._weighted else None

    def _prepare(self, place: Path, fit: np.ndarray, watched: np.ndarray) -> None:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        preparation = self.preparation(fit)
        self._write(place, "", preparation, fit, self._job.rows)
        self._write(place, "watched_", preparation, watched, self._job.watched_capacity())
        if self._weighted:
            weights = RowWeights.of(self._table, self._job.design.class_weight, fit)
            np.save(place / "weight.npy", _filled(weights.of_rows(fit), self._job.rows))
            np.save(place / "watched_weight.npy", _filled(weights.of_rows(watched), self._job.watched_capacity()))
        facts = {
            "rows": len(fit),
            "watched": len(watched),
            "target_mean": preparation.target_mean,
            "target_sd": preparation.target_sd,
        }
        (place / "facts.json").write_text(json.dumps(facts))

    def _write(self, place: Path, name: str, preparation: Preparation, rows: np.ndarray, capacity: int) -> None:
        """Write rows up to a capacity; the rest is zeros, which are never drawn."""
        x = np.lib.format.open_memmap(place / f"{name}x.npy", "w+", np.float32, (1, capacity, self._layout.width))
        for begin in range(0, len(rows), BLOCK):
            part = rows[begin : begin + BLOCK]
            x[0, begin : begin + len(part)] = self._layout.matrix(preparation, self._table.features.iloc[part])
        x.flush()
        target = preparation.target_to_network(self._table.target[rows]).reshape(len(rows), -1)
        y = np.zeros((1, capacity, target.shape[1]), np.float32)
        y[0, : len(rows)] = target
        np.save(place / f"{name}y.npy", y)

    def _open(self, place: Path) -> Fit:
        facts = json.loads((place / "facts.json").read_text())
        rows = np.array([facts["rows"]], "int32")
        data = Data(
            _mapped(place / "x.npy"),
            _mapped(place / "y.npy"),
            rows,
            same_steps(rows, self._job.batch()),
            _mapped(place / "watched_x.npy"),
            _mapped(place / "watched_y.npy"),
            np.array([facts["watched"]], "int32"),
            *((_mapped(place / "weight.npy"), _mapped(place / "watched_weight.npy")) if self._weighted else ()),
        )
        return Fit(data, facts["watched"], np.array(facts["target_mean"]), np.array(facts["target_sd"]))

    def _make_room(self, newest: Path) -> None:
        fits = [path for path in self._folder.iterdir() if path.is_dir() and path != newest]
        for old in sorted(fits, key=lambda path: path.stat().st_mtime)[: -(FITS_KEPT - 1)]:
            with contextlib.suppress(OSError):
                shutil.rmtree(old)


def _filled(weights: Float[np.ndarray, " row"], capacity: int) -> np.ndarray:
    """Give weights up to a capacity; the rest is zeros, of rows that are never drawn."""
    out = np.zeros((1, capacity), np.float32)
    out[0, : len(weights)] = weights
    return out


def _mapped(path: Path) -> Any:
    """Map an array into the device's memory: on a CPU the very pages of the file, for they are aligned."""
    return jax.device_put(np.load(path, mmap_mode="r"))
