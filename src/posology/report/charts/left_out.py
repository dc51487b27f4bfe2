"""What each factor adds to all the others: leave one out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from posology.report.charts.differences import difference_axes, draw_interval, write_interval
from posology.report.display import Display, Panel

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
        found, heading = self.findings.evidence["left_out"], f"lost, {self.findings.measure.words}"
        difference_axes(ax, [f"without {one['without']}" for one in found], self.findings.margin, heading)
        for y, one in enumerate(found):
            draw_interval(ax, y, one)
            write_interval(ax, y, one)
