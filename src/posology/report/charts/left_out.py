"""What each factor adds to all the others: leave one out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from posology.report.charts.numbers import with_interval
from posology.report.display import Display, Panel
from posology.report.style import FONT, color, plain_axes

if TYPE_CHECKING:
    import pandas as pd


class LeftOut(Display):
    """What would be lost by dropping one.

    The arm with every factor, minus the arm that lacks one of them, with a 95% interval. Right of zero: that factor is
    worth having even beside the others. Shaded: differences within the margin.
    """

    name = "left-out"
    title = "What would be lost by leaving one out"

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        found = self.findings.evidence["left_out"]
        if not found:
            return []
        sure = [one["without"] for one in found if one["lower"] > 0]
        said = f"Worth having beside all others, for certain: {', '.join(sure) or 'none of them'}."
        size, margins = (640.0, 60 + 24.0 * len(found)), (110.0, 200.0, 10.0, 40.0)
        return [Panel("left out", f"{found[0]['full']} minus the arm without one factor", said, size, margins)]

    def absent(self) -> str:
        """See `Display`."""
        return (
            "Leaving one out needs the arm with every factor, and one that lacks a factor; these arms do not have that."
        )

    def caption(self) -> str:
        """See `Display`."""
        return "Paired differences, each with a 95% interval of its own; shaded: within your margin."

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        columns = ["without", "full", "rest", "value", "se", "lower", "upper"]
        return pd.DataFrame(self.findings.evidence["left_out"], columns=columns).set_index("without")

    def draw(self, ax: Any, panel: Panel) -> None:  # noqa: ARG002
        """See `Display`."""
        found, margin = self.findings.evidence["left_out"], self.findings.margin
        plain_axes(ax)
        ax.spines["left"].set_visible(False)
        ax.axvspan(-margin, margin, color=color("shade"), lw=0, zorder=0)
        ax.axvline(0, color=color("muted"), lw=1)
        for y, one in enumerate(found):
            ax.plot([one["lower"], one["upper"]], [y, y], color=color("s1"), lw=2)
            ax.plot([one["value"]], [y], "o", ms=7, color=color("s1"))
            style = {"transform": ax.get_yaxis_transform(), "va": "center", "fontsize": FONT - 1, "clip_on": False}
            ax.text(1.02, y, with_interval(one), ha="left", color=color("ink"), **style)
        ax.set_yticks(range(len(found)), [f"without {one['without']}" for one in found])
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(found) - 0.4, -0.6)
        ax.locator_params(axis="x", nbins=6)
        ax.set_xlabel(f"lost, {self.findings.measure.words}", color=color("ink"), fontsize=FONT)
