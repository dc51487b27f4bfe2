"""The members of a cocktail: how often each was chosen, and what it is worth."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from posology.report.charts.differences import difference_axes, draw_interval, write_interval
from posology.report.display import Display, Panel

if TYPE_CHECKING:
    import pandas as pd


class Members(Display):
    """What each member of the cocktail is worth.

    Every resample mixes its own. Filled points: a member's share of the mix's gain over none, its Shapley value, which
    is what it adds, averaged over all orders in which the members could be added. Hollow points: the mix minus the mix
    without it, at the strengths that the others have beside it. Both are zero in resamples that did not choose it, and
    the filled ones sum to the gain of the mix. Bars are 95% intervals; in brackets, the share of resamples that chose
    it.
    """

    name = "members"
    title = "What each member of the mix is worth"

    def _members(self) -> list[dict[str, Any]]:
        cocktail = self.findings.verdict.get("cocktail")
        return list(cocktail["members"]) if cocktail else []

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        found = self._members()
        if not found:
            return []
        sure = [one["name"] for one in found if (one["shapley"]["lower"] or 0) > 0]
        said = f"Certain to add to the score: {', '.join(sure) or 'none of them'}."
        size, margins = (680.0, 60 + 34.0 * len(found)), (190.0, 200.0, 10.0, 40.0)
        return [Panel("members", "share of the gain over none", said, size, margins)]

    def absent(self) -> str:
        """See `Display`."""
        return "Members are those of a cocktail (--cocktail); these arms are named ones."

    def caption(self) -> str:
        """See `Display`."""
        return "Filled: share of the gain. Hollow: lost without it. Bars: 95% intervals; shaded: within your margin."

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        rows = [
            {
                "member": one["name"],
                "share of resamples": one["share"],
                **{f"{words} {k}".strip(): one[key][k] for key, words in KINDS for k in ("value", "lower", "upper")},
            }
            for one in self._members()
        ]
        columns = [f"{words} {k}".strip() for _, words in KINDS for k in ("value", "lower", "upper")]
        return pd.DataFrame(rows, columns=["member", "share of resamples", *columns]).set_index("member")

    def draw(self, ax: Any, panel: Panel) -> None:  # noqa: ARG002
        """See `Display`."""
        found, heading = self._members(), self.findings.measure.words
        difference_axes(ax, [f"{one['name']} ({one['share']:.0%})" for one in found], self.findings.margin, heading)
        for y, one in enumerate(found):
            draw_interval(ax, y - 0.14, one["shapley"], dot=6)
            draw_interval(ax, y + 0.16, one["left_out"], dot=6, hollow=True)
            write_interval(ax, y, one["shapley"])


KINDS = (("shapley", "share of gain"), ("left_out", "lost without"))
"""Keys of a member's contrasts, and how the table heads them."""
