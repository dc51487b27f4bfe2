"""The pairs of a cocktail: what two members do to one another, as a matrix."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from posology.report.charts.numbers import signed
from posology.report.display import Display, Panel
from posology.report.style import FONT, color

if TYPE_CHECKING:
    import pandas as pd

MOST = 7
"""Members drawn, the most often chosen; the table has all."""

INK = {"synergy": "s3", "redundancy": "s1", "conflict": "s2", "undecided": "muted"}


class Pairs(Display):
    """What two members of the cocktail do to one another.

    A cell has the Shapley interaction of a pair: what one adds beside the other, minus what it adds without it,
    averaged over the rest of the mix and over resamples, zero where a mix has not both. Synergy: certainly above zero.
    Conflict: certainly below, and one of the two certainly does harm where the other is. Redundancy: certainly below
    else. Undecided: the 95% interval has zero in it. A dash: no mix had both.
    """

    name = "pairs"
    title = "What members of the mix do to one another"

    def _pairs(self) -> list[dict[str, Any]]:
        cocktail = self.findings.verdict.get("cocktail")
        return list(cocktail["pairs"]) if cocktail else []

    def _names(self) -> list[str]:
        """List the members that are drawn: those of pairs, the most often chosen first."""
        paired = {name for pair in self._pairs() for name in pair["names"]}
        cocktail = self.findings.verdict.get("cocktail") or {"members": []}
        return [one["name"] for one in cocktail["members"] if one["name"] in paired][:MOST]

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        names, pairs = self._names(), self._pairs()
        if not names:
            return []
        sure = [f"{' and '.join(p['names'])}: {p['together']}" for p in pairs if p["together"] != "undecided"]
        said = f"{'; '.join(sure) or 'No pair is decided'}, of {len(pairs)}."
        size, margins = (170 + 112.0 * (len(names) - 1), 76 + 40.0 * (len(names) - 1)), (150.0, 20.0, 10.0, 66.0)
        return [Panel("pairs", f"interactions, {self.findings.measure.words}", said, size, margins)]

    def absent(self) -> str:
        """See `Display`."""
        return "Pairs are those of a cocktail (--cocktail) whose mixes have two members at least."

    def caption(self) -> str:
        """See `Display`."""
        return "Above zero the two help one another, below they gain less than the sum of both."

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        rows = [
            {
                "one": one["names"][0],
                "other": one["names"][1],
                "share of resamples": one["share"],
                **{k: one["interaction"][k] for k in ("value", "lower", "upper")},
                "together": one["together"],
            }
            for one in self._pairs()
        ]
        columns = ["one", "other", "share of resamples", "value", "lower", "upper", "together"]
        return pd.DataFrame(rows, columns=columns).set_index(["one", "other"])

    def draw(self, ax: Any, panel: Panel) -> None:  # noqa: ARG002
        """See `Display`."""
        names, found = self._names(), {frozenset(pair["names"]): pair for pair in self._pairs()}
        ax.set_xlim(-0.5, len(names) - 1.5)
        ax.set_ylim(len(names) - 0.5, 0.5)
        for side in ("top", "right", "left", "bottom"):
            ax.spines[side].set_visible(False)
        ax.hlines(np.arange(len(names)) + 0.5, -0.5, len(names) - 1.5, color=color("grid"), lw=1)
        for y, one in enumerate(names[1:], 1):
            for x, other in enumerate(names[:y]):
                self._cell(ax, x, y, found.get(frozenset((one, other))))
        ax.set_yticks(range(1, len(names)), names[1:])
        ax.set_xticks(range(len(names) - 1), names[:-1], rotation=20, ha="right")
        ax.tick_params(length=0, colors=color("ink"), labelsize=FONT - 1)

    def _cell(self, ax: Any, x: int, y: int, pair: dict[str, Any] | None) -> None:
        style = {"ha": "center", "fontsize": FONT - 1}
        if pair is None:
            ax.text(x, y, signed(None), va="center", color=color("muted"), **style)
            return
        ink = color(INK[pair["together"]])
        ax.text(x, y - 0.03, signed(pair["interaction"]["value"]), va="bottom", color=ink, **style)
        ax.text(x, y + 0.05, pair["together"], va="top", color=ink, **style)
