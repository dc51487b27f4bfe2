"""The levers beside the arms: what else would move the score."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from posology.report.charts.differences import difference_axes, draw_interval, write_interval
from posology.report.display import Display, Panel

if TYPE_CHECKING:
    import pandas as pd


class Beside(Display):
    """What else would move the score.

    Boosted trees and a linear model, both by their defaults, an average of networks, the network with the strengths it
    came with, and arms without early stopping, minus the advised arm on the same rows, each with a 95% interval of its
    own. Right of zero: better than what is advised here. They are no part of the verdict.
    """

    name = "beside"
    title = "What stands beside the arms"
    told = True

    def _each(self) -> list[dict[str, Any]]:
        levers = self.findings.verdict["levers"]
        return list(levers["each"]) if levers else []

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        each = self._each()
        if not each:
            return []
        better = [one["words"] for one in each if one["over_advised"]["lower"] > 0]
        said = f"Better than the advised arm, for certain: {'; '.join(better) or 'none of them'}."
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
        each = self._each()
        difference_axes(ax, [one["words"] for one in each], self.findings.margin, panel.heading)
        for y, one in enumerate(each):
            draw_interval(ax, y, one["over_advised"])
            write_interval(ax, y, one["over_advised"])
