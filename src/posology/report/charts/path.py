"""The path of one strength: its loss from weak to strong, and the plateau of those that are as good as the best."""

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from posology.report.charts.numbers import strength
from posology.report.charts.trials import BINS, Axis, Cell, cells_of
from posology.report.display import Display, Panel, y_label
from posology.report.style import FONT, color, plain_axes

if TYPE_CHECKING:
    import pandas as pd


class Path(Display):
    """How strong, and how sensitive it is.

    Validation loss minus that of `none` on the same rows, against a regularizer's strength, in the smallest arm that
    has it. Points: means over resamples with one standard error. Shaded: the plateau, strengths whose mean is within
    one standard error of the least; any of them will do, and the strongest is the usual careful choice. Ticks at the
    foot: what each resample chose. Choices at an end of the axis say that the searched range may be too narrow. The
    dashed line is the prescribed strength, where the advised arm has it: tuned on all rows, by trials of its own,
    together with whatever else the arm has.
    """

    name = "path"
    title = "Each strength, from weak to strong"

    def arm(self, name: str) -> str:
        """Name the smallest arm with a regularizer."""
        trials = self.findings.evidence["trials"]
        return min((arm for arm, one in trials.items() if name in one["strengths"]), key=lambda arm: arm.count("+"))

    def _axis(self, name: str) -> Axis:
        return Axis.of(name, self.findings.evidence["ranges"][name])

    def cells(self, name: str) -> list[Cell]:
        """Gather the trials of the smallest arm with a regularizer into bins of its strength."""
        one = self.findings.evidence["trials"][self.arm(name)]
        bins = self._axis(name).bins(np.array(one["strengths"][name], float)).tolist()
        return [cell for cell in cells_of([(b,) for b in bins], one["fit"], one["relative_loss"]) if cell.where[0]]

    def plateau(self, name: str) -> list[int]:
        """List the bins within one standard error of the least, as far as they adjoin it."""
        found = [cell for cell in self.cells(name) if np.isfinite(cell.se)]
        if not found:
            return []
        best = min(found, key=lambda cell: cell.mean)
        near = {cell.where[0] for cell in found if cell.mean <= best.mean + best.se}
        return _run(near, best.where[0])

    def good(self, name: str) -> str:
        """Say which strengths the plateau is of; nothing where it cannot be told."""
        flat = self.plateau(name)
        if not flat:
            return ""
        return f"strengths of {_ends(self._axis(name), flat)} are within one standard error of the best"

    def chosen(self, name: str) -> list[float]:
        """List what each resample chose."""
        one = self.findings.evidence["trials"][self.arm(name)]
        return [v for v, chosen in zip(one["strengths"][name], one["chosen"], strict=True) if chosen]

    def bins_chosen(self, name: str) -> list[int]:
        """List the bin of what each resample chose; 0 for off."""
        return [int(b) for b in self._axis(name).bins(np.array(self.chosen(name), float))]

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        return [
            Panel(
                name,
                f"{name}, in the arm {self.arm(name)}",
                self._conclusion(name),
                (326, 235),
                (66.0, 12.0, 10.0, 42.0),
            )
            for name in self.findings.regularizers
            if self.cells(name)
        ]

    def absent(self) -> str:
        """See `Display`."""
        return "No trial ended with a finite loss."

    def _conclusion(self, name: str) -> str:
        axis, flat = self._axis(name), self.plateau(name)
        if not flat:
            return f"One resample is too few to tell how sensitive {name} is."
        middle = strength(float(np.median(self.chosen(name))))
        told = f"{name}: {self.good(name)}; the median choice is {middle}."
        return " ".join(filter(None, (told, self._beside(name, axis, flat))))

    def prescribed(self, name: str) -> float | None:
        """Give the prescribed strength, a mean over sites; None where the advised arm has not the regularizer."""
        found = self.findings.verdict["prescription"]["strengths"].get(name)
        return float(np.mean(found)) if found else None

    def doubt(self) -> str:
        """Say that a strength prescribed alone is hardly known, where it is none of its plateau's."""
        names = list(self.findings.verdict["prescription"]["strengths"])
        if len(names) != 1 or names[0] not in self.findings.regularizers or not self.cells(names[0]):
            return ""
        (name,) = names
        axis, flat = self._axis(name), self.plateau(name)
        if not flat or not self._is_outside(name, axis, flat):
            return ""
        best, good = strength(self.prescribed(name) or 0.0), _ends(axis, flat)
        told = f"{best} was best on all rows, {good} within one standard error of the best over the resamples"
        return f"The strength is hardly known: {told}."

    def _is_outside(self, name: str, axis: Axis, flat: Sequence[int]) -> bool:
        """Tell whether a prescribed strength is none of the plateau's."""
        given = self.prescribed(name)
        return given is not None and int(axis.bins(np.array([given]))[0]) not in flat

    def _beside(self, name: str, axis: Axis, flat: Sequence[int]) -> str:
        """Say why the prescribed strength is none of the plateau's, where it is none of them."""
        given = self.prescribed(name)
        if given is None or not self._is_outside(name, axis, flat):
            return ""
        if not given:
            return f"The prescribed 0 is {name} off: tuned on all rows, the arm was best without it."
        others = [other for other in self.findings.verdict["prescription"]["strengths"] if other != name]
        outside = f"The prescribed {strength(given)} lies outside: it was tuned on all rows"
        if {name, *others} >= {"l1", "l2"} and name in ("l1", "l2"):
            partner = "l2" if name == "l1" else "l1"
            beside = f"{partner} at {strength(self.prescribed(partner) or 0.0)}"
            return f"{outside} together with {beside}; L1 and L2 share the work, which one path alone cannot show."
        if others:
            return f"{outside} together with {' and '.join(others)}, which this path does not show."
        return f"{outside} by trials of its own; so far apart, they say that the strength is hardly known."

    def caption(self) -> str:
        """See `Display`."""
        return (
            "Points: means over resamples with one standard error; shaded: within one standard error of the least. "
            "Ticks at the foot: chosen by a resample. Dashed: prescribed, where the advised arm has it. Where the arm "
            "has other strengths, they vary too."
        )

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        rows = []
        for name in self.findings.regularizers:
            flat, axis = self.plateau(name), self._axis(name)
            for cell in self.cells(name):
                measured = {"relative loss": cell.mean, "se": cell.se, "trials": cell.trials, "resamples": cell.fits}
                where = {"regularizer": name, "arm": self.arm(name), "strength": axis.middle(cell.where[0])}
                rows.append({**where, **measured, "plateau": cell.where[0] in flat})
        columns = ["regularizer", "arm", "strength", "relative loss", "se", "trials", "resamples", "plateau"]
        return pd.DataFrame(rows, columns=columns).set_index(["regularizer", "arm"])

    def draw(self, ax: Any, panel: Panel) -> None:
        """See `Display`."""
        axis, found = self._axis(panel.key), self.cells(panel.key)
        plain_axes(ax)
        if flat := self.plateau(panel.key):
            ax.axvspan((flat[0] - 1) / BINS, flat[-1] / BINS, color=color("shade"), lw=0, zorder=0)
        ax.axhline(0, color=color("muted"), lw=1, zorder=1)
        xs, means = [(cell.where[0] - 0.5) / BINS for cell in found], [cell.mean for cell in found]
        errors = [cell.se if np.isfinite(cell.se) else 0.0 for cell in found]
        ax.errorbar(xs, means, yerr=errors, fmt="-o", color=color("s1"), ms=6, lw=1.6, elinewidth=1.2, zorder=3)
        picked = axis.unit(np.maximum(np.array(self.chosen(panel.key)), 0))
        foot = {"transform": ax.get_xaxis_transform(), "clip_on": False}
        ax.plot(picked, np.full(len(picked), 0.025), "|", ms=9, mew=1.4, color=color("s2"), **foot)
        if (given := self.prescribed(panel.key)) is not None and given > 0:
            _mark(ax, float(axis.unit(np.array([given]))[0]))
        ends = np.linspace(0, 1, BINS // 2 + 1)
        ax.set_xticks(ends, [strength(axis.at(float(u))) for u in ends])
        ax.set_xlim(-0.03, 1.03)
        ax.margins(y=0.15)
        ax.locator_params(axis="y", nbins=5)
        ax.set_xlabel(panel.key, color=color("ink"), fontsize=FONT)
        against = "none's" if self.findings.evidence["relative_to"] == "none" else "the mean"
        y_label(ax, panel, f"loss minus {against}")


def _mark(ax: Any, at: float) -> None:
    """Draw the prescribed strength, its name on the side where there is room."""
    ax.axvline(at, color=color("s3"), lw=1.6, ls="--", zorder=2)
    side, aside = ("left", 4) if at < 0.5 else ("right", -4)
    style = {"color": color("s3"), "fontsize": FONT - 1, "va": "top", "ha": side}
    ax.annotate("prescribed", (at, 1.0), (aside, 0), ax.get_xaxis_transform(), "offset points", **style)


def _ends(axis: Axis, flat: Sequence[int]) -> str:
    """Write the ends of a plateau."""
    return f"{strength(axis.edges(flat[0])[0])} to {strength(axis.edges(flat[-1])[1])}"


def _run(near: Set[int], best: int) -> list[int]:
    """Give the unbroken run of bins around the best."""
    low = high = best
    while low - 1 in near:
        low -= 1
    while high + 1 in near:
        high += 1
    return list(range(low, high + 1))
