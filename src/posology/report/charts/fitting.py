"""Train and test score of every arm: who overfits, who underfits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from posology.behaviour import Fitting as Fitted
from posology.report.display import Display, Panel
from posology.report.style import FONT, color, plain_axes

if TYPE_CHECKING:
    import pandas as pd


class Fitting(Display):
    """Who overfits, who underfits.

    Score of one network on its training rows (square) and on held-out rows (point), arm by arm; the line between is the
    gap. An arm overfits where the gap is wider than the margin; it underfits where another reaches on held-out rows
    more than this arm on its own training rows.
    """

    name = "fitting"
    title = "Training rows against held-out rows"

    def _rows(self) -> list[dict[str, Any]]:
        behaviour = self.findings.verdict["behaviour"]
        found = {one["arm"]: one for one in behaviour["fitting"]} if behaviour else {}
        return [found[arm] for arm in self.findings.arms if arm in found and found[arm]["train"] is not None]

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        rows = self._rows()
        if not rows:
            return []
        # what every other arm that diverged reaches is no number
        known = [{**one, "reached": float("nan") if one["reached"] is None else one["reached"]} for one in rows]
        said = " ".join(filter(None, (Fitted(**one).sentence(self.findings.gap_unit) for one in known)))
        size = (640.0, 60 + 24.0 * len(rows))
        left = 30 + 7.0 * max(len(one["arm"]) for one in rows)
        heading = f"{self.findings.gap_unit} of one network"
        return [Panel("fitting", heading, said or "No arm over- or underfits.", size, (left, 60.0, 20.0, 40.0))]

    def absent(self) -> str:
        """See `Display`."""
        return "Every network diverged: there are no training scores."

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        columns = ["arm", "train", "test", "overfits", "underfits", "reached_by", "reached"]
        return pd.DataFrame(self._rows(), columns=columns).set_index("arm")

    def draw(self, ax: Any, panel: Panel) -> None:
        """See `Display`."""
        rows = self._rows()
        plain_axes(ax)
        ax.spines["left"].set_visible(False)
        for y, one in enumerate(rows):
            ax.plot([one["test"], one["train"]], [y, y], color=color("grid"), lw=3, zorder=1)
            ax.plot([one["train"]], [y], "s", ms=7, mfc=color("paper"), mec=color("s1"), mew=1.8)
            ax.plot([one["test"]], [y], "o", ms=8, color=color("s2"))
        for word, end, ink in (("held-out", "test", "s2"), ("training", "train", "s1")):
            style = {"textcoords": "offset points", "ha": "center", "fontsize": FONT - 1}
            ax.annotate(word, (rows[0][end], 0), (0, 9), color=color(ink), **style)
        ax.set_yticks(range(len(rows)), [one["arm"] for one in rows])
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(rows) - 0.4, -0.9)
        ax.margins(x=0.08)
        ax.locator_params(axis="x", nbins=7)
        ax.set_xlabel(panel.heading, color=color("ink"), fontsize=FONT)
