"""Trials gathered into cells of their strengths: means of what was measured there, nothing between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from posology.report.charts.numbers import strength

BINS = 6
"""Of a searched range, equally wide on its scale; zero, which is "off", has one of its own."""

LEAST_FITS = 3
"""Resamples that a cell must have trials of before it is compared; all, where the study has fewer."""


@dataclass(frozen=True)
class Axis:
    """The bins of one regularizer's strength.

    Parameters
    ----------
    name : str
    low, high : float
        The searched range.
    log : bool
        Whether it is searched on a logarithmic scale.
    """

    name: str
    low: float
    high: float
    log: bool

    @classmethod
    def of(cls, name: str, range_: Mapping[str, Any]) -> "Axis":
        """Take it from evidence.json."""
        return cls(name, range_["low"], range_["high"], range_["scale"] == "log")

    def unit(self, values: Float[np.ndarray, " trial"]) -> Float[np.ndarray, " trial"]:
        """Place strengths in [0, 1]; those outside the range, as damped ones may be, at its ends."""
        if self.low == self.high:  # on or off
            return np.zeros(len(values))
        low, high = np.log([self.low, self.high]) if self.log else (self.low, self.high)
        with np.errstate(divide="ignore"):
            found = np.log(values) if self.log else values
        return np.clip((found - low) / (high - low), 0, 1)

    def bins(self, values: Float[np.ndarray, " trial"]) -> Int[np.ndarray, " trial"]:
        """Give each strength's bin, counted from 1; 0 for off."""
        return np.where(values > 0, 1 + np.minimum(BINS - 1, (self.unit(values) * BINS).astype(int)), 0)

    def middle(self, bin_: int) -> float:
        """Give the strength in the middle of a bin."""
        return 0.0 if bin_ == 0 else self.at((bin_ - 0.5) / BINS)

    def label(self, bin_: int) -> str:
        """Name a bin by its middle."""
        return "off" if bin_ == 0 else strength(self.middle(bin_))

    def edges(self, bin_: int) -> tuple[float, float]:
        """Give the strengths at the ends of a bin."""
        return self.at((bin_ - 1) / BINS), self.at(bin_ / BINS)

    def at(self, u: float) -> float:
        """Give the strength at a point of [0, 1]."""
        return self.low * (self.high / self.low) ** u if self.log else self.low + u * (self.high - self.low)


@dataclass(frozen=True)
class Cell:
    """What was measured in one bin.

    Parameters
    ----------
    where : tuple of int
        A bin of each axis.
    mean, se : float
        Of the loss relative to the reference, over resamples; the standard error is NaN with a single one.
    trials, fits : int
        Measured, and the resamples that they are of.
    compared : bool
        Whether it has trials of enough resamples to be compared.
    tied : bool
        Within two standard errors of the difference from the best cell. It describes; it is no test.
    """

    where: tuple[int, ...]
    mean: float
    se: float
    trials: int
    fits: int
    compared: bool = False
    tied: bool = False


def cells_of(where: Sequence[tuple[int, ...]], fit: Sequence[int], relative: Sequence[float | None]) -> list[Cell]:
    """Gather trials into cells: first means within a resample, then over resamples.

    Examples
    --------
    >>> [(c.where, c.mean, c.tied) for c in cells_of([(1,), (1,), (2,), (2,)], [0, 1, 0, 1], [0.25, 0.5, 1.0, 1.5])]
    [((1,), 0.375, True), ((2,), 1.25, False)]
    """
    gathered: dict[tuple[int, ...], dict[int, list[float]]] = {}
    for place, f, loss in zip(where, fit, relative, strict=True):
        if loss is not None and np.isfinite(loss):
            gathered.setdefault(place, {}).setdefault(f, []).append(loss)
    found = [_cell(place, by_fit) for place, by_fit in sorted(gathered.items())]
    least = min(LEAST_FITS, len(set(fit)))
    sure = [cell for cell in found if cell.fits >= least]
    if not sure:
        return found
    best = min(sure, key=lambda cell: cell.mean)
    return [
        replace(cell, compared=cell.fits >= least, tied=cell is best or (cell.fits >= least and _near(cell, best)))
        for cell in found
    ]


def _cell(place: tuple[int, ...], by_fit: Mapping[int, Sequence[float]]) -> Cell:
    means = np.array([np.mean(losses) for losses in by_fit.values()])
    se = float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) > 1 else np.nan
    return Cell(place, float(means.mean()), se, sum(map(len, by_fit.values())), len(means))


def _near(cell: Cell, best: Cell) -> bool:
    return cell.mean - best.mean <= 2 * float(np.hypot(cell.se, best.se))
