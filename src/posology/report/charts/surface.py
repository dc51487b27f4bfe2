"""The response surface: the loss of every measured pair of strengths, and nothing between them."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from posology.report.charts.trials import BINS, LEAST_FITS, Axis, Cell, cells_of
from posology.report.display import Display, Panel
from posology.report.style import FONT, RAMP, RAMP_TEXT, color, plain_axes
from posology.wording import counted

if TYPE_CHECKING:
    import pandas as pd

CELL = 46.0
MOST = 6
"""Pairs drawn; the table has all."""


class Surface(Display):
    """What strengths, and what mix.

    Every trial of the arms that have either, gathered into cells of two strengths; empty cells were not measured. The
    number is the validation loss minus that of `none` on the same rows, in thousandths: below zero is better than none;
    the small number below it is its standard error over resamples. The darker, the better; each shade has as many
    cells. Outlined: the best cell, and those that lie within two standard errors of the difference from it. A cell that
    is measured roughly is within them sooner than one that is measured well. In brackets, not shaded and never
    outlined: cells with trials of too few resamples to be compared, of which some look good by luck. The row and the
    column "off" are the arms that lack the factor.

    These are the rows that tuned: they say where good strengths lie, not how good they are. The verdict's rows are
    others.
    """

    name = "surface"
    title = "Strengths that were tried, two at a time"

    def _pairs(self) -> list[tuple[str, str]]:
        together = [set(one["strengths"]) for one in self.findings.evidence["trials"].values()]
        pairs = combinations(self.findings.regularizers, 2)
        return [pair for pair in pairs if any(set(pair) <= names for names in together)]

    def _axes(self, pair: tuple[str, str]) -> tuple[Axis, Axis]:
        ranges = self.findings.evidence["ranges"]
        one, two = (Axis.of(name, ranges[name]) for name in pair)
        return one, two

    def cells(self, pair: tuple[str, str]) -> list[Cell]:
        """Gather the trials of all arms into cells of two strengths."""
        axes = self._axes(pair)
        where, fit, relative = [], [], []
        for one in self.findings.evidence["trials"].values():
            if not set(pair) & set(one["strengths"]):
                continue
            off = np.zeros(len(one["fit"]))
            given = [np.array(one["strengths"].get(axis.name, off), float) for axis in axes]
            where += list(zip(*(axis.bins(v).tolist() for axis, v in zip(axes, given, strict=True)), strict=True))
            fit += one["fit"]
            relative += one["relative_loss"]
        # a combined arm may switch both off: that is a trial of what is left, and tells nothing of the pair
        return [cell for cell in cells_of(where, fit, relative) if any(cell.where)]

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        size = (70 + CELL * (BINS + 1) + 12, 58 + 34 * (BINS + 1))
        return [
            Panel("+".join(pair), f"{pair[0]} and {pair[1]}", self._conclusion(pair), size, (62.0, 8.0, 8.0, 44.0))
            for pair in self._pairs()[:MOST]
            if self.cells(pair)
        ]

    def _conclusion(self, pair: tuple[str, str]) -> str:
        found, axes = self.cells(pair), self._axes(pair)
        measured, compared = f"{counted(len(found), 'cell')} measured", [cell for cell in found if cell.compared]
        if not compared:
            return f"{measured}, none in enough resamples to be compared."
        best = min(compared, key=lambda cell: cell.mean)
        named = " and ".join(f"{axis.name} {axis.label(b)}" for axis, b in zip(axes, best.where, strict=True))
        tied = sum(cell.tied for cell in found)
        near = f"{counted(tied - 1, 'other cell')} within two standard errors of it" if tied > 1 else "no other is near"
        few = len(found) - len(compared)
        left_out = f", {few} of them in too few resamples to be compared" if few else ""
        rest = "Of the others" if few else "Of these"
        return f"{measured}{left_out}. {rest}, the least loss is at {named}, {_thousandths(best)}; {near}."

    def absent(self) -> str:
        """See `Display`."""
        if self._pairs():
            return "No trial ended with a finite loss."
        return "No arm has two strengths: the path of the single one is below."

    def caption(self) -> str:
        """See `Display`."""
        beside = "that of none" if self.findings.evidence["relative_to"] == "none" else "the mean of well-tried trials"
        return (
            f"Validation loss minus {beside} on the same rows, in thousandths, and below it its standard error; the "
            "darker, the better. Outlined: the best cell, and those within two standard errors of the difference from "
            "it, so that one measured roughly may be outlined where a better one measured well is not. In brackets: of "
            f"fewer than {counted(self._least(), 'resample')}, too few to be compared. Empty: not measured."
        )

    def _least(self) -> int:
        return min(LEAST_FITS, len(self.findings.evidence["fits"]))

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        rows = []
        for pair in self._pairs():
            axes = self._axes(pair)
            for cell in self.cells(pair):
                strengths = {f"{k} strength": axis.middle(b) for k, axis, b in zip("xy", axes, cell.where, strict=True)}
                measured = {"relative loss": cell.mean, "se": cell.se, "trials": cell.trials, "resamples": cell.fits}
                judged = {"compared": cell.compared, "tied with best": cell.tied}
                rows.append({"x": pair[0], "y": pair[1], **strengths, **measured, **judged})
        columns = ["x", "y", "x strength", "y strength", "relative loss", "se", "trials", "resamples", "compared"]
        return pd.DataFrame(rows, columns=[*columns, "tied with best"]).set_index(["x", "y"])

    def draw(self, ax: Any, panel: Panel) -> None:
        """See `Display`."""
        one, two = panel.key.split("+")
        pair = (one, two)
        axes, found = self._axes(pair), self.cells(pair)
        plain_axes(ax)
        for side in ("bottom", "left"):
            ax.spines[side].set_visible(False)
        compared = [cell for cell in found if cell.compared]
        for cell, shade in zip(compared, _shades([cell.mean for cell in compared]), strict=True):
            _tile(ax, cell, shade)
        for cell in found:
            if not cell.compared:
                _aside(ax, cell)
        # drawn last, so that neighbours do not cover the outline
        for cell in found:
            if cell.tied:
                _outline(ax, cell)
        for name, axis in zip("xy", axes, strict=True):
            ticks = range(BINS + 1)
            getattr(ax, f"set_{name}ticks")(ticks, [axis.label(b) for b in ticks])
            getattr(ax, f"set_{name}lim")(-0.55, BINS + 0.55)
            getattr(ax, f"set_{name}label")(axis.name, color=color("ink"), fontsize=FONT)
        ax.axvline(0.5, color=color("muted"), lw=0.8, ls=":")
        ax.axhline(0.5, color=color("muted"), lw=0.8, ls=":")
        ax.tick_params(length=0)


def _shades(values: Sequence[float]) -> list[int]:
    """Give each value a step of the ramp, the least the darkest; equally many in each."""
    ranks = np.argsort(np.argsort(-np.array(values)))
    return [int(rank * len(RAMP) / len(values)) for rank in ranks]


def _tile(ax: Any, cell: Cell, shade: int) -> None:
    from matplotlib.patches import Rectangle

    x, y = cell.where
    ax.add_patch(Rectangle((x - 0.47, y - 0.46), 0.94, 0.92, fc=RAMP[shade], ec="none"))
    style = {"ha": "center", "va": "center", "color": RAMP_TEXT[shade]}
    known = np.isfinite(cell.se)
    ax.text(x, y + (0.16 if known else 0), _thousandths(cell), fontsize=FONT - 1, **style)
    if known:
        ax.text(x, y - 0.24, f"\N{PLUS-MINUS SIGN}{_short(cell.se)}", fontsize=FONT - 2, **style)


def _aside(ax: Any, cell: Cell) -> None:
    """Write what too few resamples measured, so that it is not taken for a find."""
    style = {"ha": "center", "va": "center", "color": color("muted"), "fontsize": FONT - 1}
    ax.text(*cell.where, f"({_thousandths(cell)})", **style)


def _thousandths(cell: Cell) -> str:
    return f"{round(1000 * cell.mean):+d}" if abs(cell.mean) < 10 else ">9999"


def _short(se: float) -> str:
    return f"{round(1000 * se)}" if se < 10 else ">9999"


def _outline(ax: Any, cell: Cell) -> None:
    from matplotlib.patches import Rectangle

    x, y = cell.where
    ax.add_patch(Rectangle((x - 0.46, y - 0.45), 0.92, 0.9, fc="none", ec=color("s2"), lw=2.4))
