"""The levers beside the arms: what else would move the score."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from posology.report.charts.numbers import with_interval
from posology.report.display import Display, Panel
from posology.report.style import FONT, color, plain_axes

if TYPE_CHECKING:
    import pandas as pd


class Beside(Display):
    """What else would move the score.

    Boosted trees and a linear model, both by their defaults, an average of networks, and arms without early stopping,
    minus the advised arm on the same rows, each with a 95% interval of its own. Right of zero: better than what is
    advised here. They are no part of the verdict.
    """

    name = "beside"
    title = "What stands beside the arms"

    def _each(self) -> list[dict[str, Any]]:
        levers = self.findings.verdict["levers"]
        return list(levers["each"]) if levers else []

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        each = self._each()
        if not each:
            return []
        better = [one["words"] for one in each if one["over_advised"]["lower"] > 0]
        said = f"Better than the advised arm, for certain: {', '.join(better) or 'none of them'}."
        left = 24 + 6.2 * max(len(one["words"]) for one in each)
        size = (left + 270 + 180, 60 + 24.0 * len(each))
        heading = f"minus {self.findings.advised}, {self.findings.measure.words}"
        return [Panel("beside", heading, said, size, (left, 180.0, 10.0, 40.0))]

    def absent(self) -> str:
        """See `Display`."""
        return "The study was asked for no levers (--no-levers)."

    def caption(self) -> str:
        """See `Display`."""
        levers = self.findings.verdict["levers"]
        note = f" Left out: {levers['note']}." if levers and levers["note"] else ""
        return f"Each minus the advised arm, on the same held-out rows, with a 95% interval; shaded: your margin.{note}"

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        rows = [
            {
                "lever": one["words"],
                self.findings.measure.words: one["score"],
                "minus advised": one["over_advised"]["value"],
                "lower": one["over_advised"]["lower"],
                "upper": one["over_advised"]["upper"],
                "repeats": one["repeats"],
            }
            for one in self._each()
        ]
        return pd.DataFrame(rows).set_index("lever") if rows else pd.DataFrame()

    def draw(self, ax: Any, panel: Panel) -> None:
        """See `Display`."""
        margin = self.findings.margin
        plain_axes(ax)
        ax.spines["left"].set_visible(False)
        ax.axvspan(-margin, margin, color=color("shade"), lw=0, zorder=0)
        ax.axvline(0, color=color("muted"), lw=1)
        each = self._each()
        for y, one in enumerate(each):
            found = one["over_advised"]
            ax.plot([found["lower"], found["upper"]], [y, y], color=color("s1"), lw=2)
            ax.plot([found["value"]], [y], "o", ms=7, color=color("s1"))
            style = {"transform": ax.get_yaxis_transform(), "va": "center", "fontsize": FONT - 1, "clip_on": False}
            ax.text(1.02, y, with_interval(found), color=color("ink"), **style)
        ax.set_yticks(range(len(each)), [one["words"] for one in each])
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(each) - 0.4, -0.6)
        ax.locator_params(axis="x", nbins=6)
        ax.set_xlabel(panel.heading, color=color("ink"), fontsize=FONT)
