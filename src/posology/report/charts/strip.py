"""Seed by resample: every paired difference that the verdict stands on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from posology.report.charts.numbers import signed
from posology.report.display import Display, Panel
from posology.report.style import FONT, color, plain_axes

if TYPE_CHECKING:
    import pandas as pd


class Strip(Display):
    """Every paired difference: whether it can be trusted.

    A row a resample, a point a seed: the score of one arm minus that of another, with the same rows, first weights,
    batches and dropout draws. The bar of a row is its mean, the line that of all. Points on both sides of zero in most
    rows: seeds decide. Rows on both sides: the rows of the table decide.
    """

    name = "strip"
    title = "Every resample and every seed"

    def _pairs(self) -> list[tuple[str, str]]:
        """List the question's own pair, then the best arm against none, and against the advised one."""
        best, advised = self.findings.arms[0], self.findings.advised
        pairs = []
        if rivalry := self.findings.verdict["analysis"]["combination_against_single"]:
            pairs.append((rivalry["combination"], rivalry["single"]))
        pairs += [(advised, "none"), (best, "none"), (best, advised)]
        known = self.findings.evidence["scores"]
        return [(a, b) for a, b in dict.fromkeys(pairs) if a != b and a in known and b in known]

    def _differences(self, one: str, other: str) -> Float[np.ndarray, "fit seed"]:
        scores = self.findings.evidence["scores"]
        return np.array(scores[one], float) - np.array(scores[other], float)

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        height = 54 + 15.0 * len(self.findings.evidence["fits"])
        return [
            Panel(f"{a} minus {b}", f"{a} minus {b}", self._conclusion(a, b), (360, height), (78.0, 14.0, 6.0, 42.0))
            for a, b in self._pairs()
        ]

    def _conclusion(self, one: str, other: str) -> str:
        found = self._differences(one, other)
        by_fit = found.mean(axis=1)
        said = f"{one} is better than {other} in {int((by_fit > 0).sum())} of {len(by_fit)} resamples"
        if found.shape[1] > 1:
            said += (
                f"; a seed's standard deviation within a resample is {found.std(axis=1, ddof=1).mean():.4f}, that of "
                f"resamples {by_fit.std(ddof=1) if len(by_fit) > 1 else 0:.4f}"
            )
        return f"{said}. The mean is {signed(float(found.mean()))}."

    def caption(self) -> str:
        """See `Display`."""
        return "A row a resample, a point a seed; the bar is the row's mean, the vertical line that of all rows."

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        rows = []
        for one, other in self._pairs():
            for (repeat, fold), values in zip(
                self.findings.evidence["fits"], self._differences(one, other), strict=True
            ):
                where = {"pair": f"{one} minus {other}", "repeat": repeat + 1, "fold": fold + 1}
                rows.append({**where, **{f"seed {k + 1}": v for k, v in enumerate(values.tolist())}})
        return pd.DataFrame(rows).set_index(["pair", "repeat", "fold"])

    def draw(self, ax: Any, panel: Panel) -> None:
        """See `Display`."""
        one, _, other = panel.key.partition(" minus ")
        found, fits, margin = self._differences(one, other), self.findings.evidence["fits"], self.findings.margin
        plain_axes(ax)
        ax.spines["left"].set_visible(False)
        ax.axvspan(-margin, margin, color=color("shade"), lw=0, zorder=0)
        ax.axvline(0, color=color("muted"), lw=1, zorder=1)
        ax.axvline(found.mean(), color=color("s2"), lw=1.6, zorder=1)
        for y, values in enumerate(found):
            ax.plot(values, [y] * len(values), "o", ms=4, mfc="none", mec=color("s1"), mew=1.1, zorder=2)
            ax.plot([values.mean()] * 2, [y - 0.38, y + 0.38], color=color("ink"), lw=2, zorder=3)
        ax.set_yticks(range(len(fits)), [f"{repeat + 1}, fold {fold + 1}" for repeat, fold in fits])
        ax.tick_params(axis="y", length=0, labelsize=FONT - 2)
        ax.set_ylim(len(fits) - 0.4, -0.6)
        ax.locator_params(axis="x", nbins=5)
        ax.set_xlabel(f"difference, {self.findings.measure.words}", color=color("ink"), fontsize=FONT)
