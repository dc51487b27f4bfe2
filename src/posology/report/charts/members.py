"""The members of a cocktail: how often each was chosen, and what it is worth."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from posology.report.charts.numbers import with_interval
from posology.report.display import Display, Panel
from posology.report.style import FONT, color, plain_axes

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
        return "Members are those of a cocktail (--arms cocktail); these arms are named ones."

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
        found, margin = self._members(), self.findings.margin
        plain_axes(ax)
        ax.spines["left"].set_visible(False)
        ax.axvspan(-margin, margin, color=color("shade"), lw=0, zorder=0)
        ax.axvline(0, color=color("muted"), lw=1)
        for y, one in enumerate(found):
            for (key, _), shift, face in zip(KINDS, (-0.14, 0.16), ("s1", "paper"), strict=True):
                d = one[key]
                ax.plot([d["lower"], d["upper"]], [y + shift] * 2, color=color("s1"), lw=2 if shift < 0 else 1.2)
                ax.plot([d["value"]], [y + shift], "o", ms=6, mec=color("s1"), mfc=color(face), color=color("s1"))
            style = {"transform": ax.get_yaxis_transform(), "va": "center", "fontsize": FONT - 1, "clip_on": False}
            ax.text(1.02, y, with_interval(one["shapley"]), ha="left", color=color("ink"), **style)
        ax.set_yticks(range(len(found)), [f"{one['name']} ({one['share']:.0%})" for one in found])
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(found) - 0.4, -0.6)
        ax.locator_params(axis="x", nbins=6)
        ax.set_xlabel(f"{self.findings.measure.words}", color=color("ink"), fontsize=FONT)


KINDS = (("shapley", "share of gain"), ("left_out", "lost without"))
"""Keys of a member's contrasts, and how the table heads them."""
