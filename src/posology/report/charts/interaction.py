"""The interaction of two factors: whether the pair is more than the sum."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from posology.report.charts.numbers import signed
from posology.report.display import Display, Panel, y_label
from posology.report.findings import parts_of
from posology.report.style import FONT, color, plain_axes, spread

if TYPE_CHECKING:
    import pandas as pd

MOST = 6
"""Pairs drawn; the table has all."""


class Interaction(Display):
    """Whether the pair is more than the sum of its parts.

    Gain over `none`, with the first factor off (left) and on (right); one line without the second factor, one with it.
    Parallel lines: the gains add up. Lines that close: they share the work. Lines that open: they help one another.
    Bars are 95% intervals of the gains.
    """

    name = "interaction"
    title = "Together against apart"

    def _pairs(self) -> list[tuple[str, str]]:
        have = {frozenset(parts_of(arm)) for arm in self.findings.arms}
        pairs = combinations(self.findings.factors, 2)
        return [p for p in pairs if all(frozenset(s) in have for s in ((), p[:1], p[1:], p))]

    def _gain(self, *factors: str) -> dict[str, float]:
        row = next(r for r in self.findings.verdict["arms"] if set(parts_of(r["arm"])) == set(factors))
        value = row["gain_over_none"] or 0.0
        lower, upper = row["gain_lower"], row["gain_upper"]
        return {"value": value, "lower": value if lower is None else lower, "upper": value if upper is None else upper}

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        margins = (72.0, 112.0, 12.0, 42.0)
        return [
            Panel(f"{a}+{b}", f"{a} and {b}", self._conclusion(a, b), (380, 240), margins)
            for a, b in self._pairs()[:MOST]
        ]

    def _conclusion(self, one: str, two: str) -> str:
        a, b, both = (self._gain(*s)["value"] for s in ((one,), (two,), (one, two)))
        gains = f"{one} alone {signed(a)}, {two} alone {signed(b)}, both {signed(both)}"
        return f"Gains over none: {gains}. The sum of the parts is {signed(a + b)}."

    def absent(self) -> str:
        """See `Display`."""
        return (
            "An interaction needs none, two factors alone and the two together among the arms; these do not have that."
        )

    def caption(self) -> str:
        """See `Display`."""
        return "Parallel lines: gains add up. Closing: the two share the work. Bars are 95% intervals."

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        rows = [
            {"pair": f"{a}, {b}", "arm": "+".join(factors), **self._gain(*factors)}
            for a, b in self._pairs()
            for factors in ((a,), (b,), (a, b))
        ]
        columns = ["pair", "arm", "value", "lower", "upper"]
        return (
            pd.DataFrame(rows, columns=columns).rename(columns={"value": "gain over none"}).set_index(["pair", "arm"])
        )

    def draw(self, ax: Any, panel: Panel) -> None:
        """See `Display`."""
        one, two = panel.key.split("+")
        plain_axes(ax)
        ax.axhline(0, color=color("grid"), lw=1, zorder=0)
        without = ((), (one,)), f"without {two}", color("s0"), "o"
        including = ((two,), (one, two)), f"with {two}", color("s2"), "s"
        ends = []
        for arms, label, ink, marker in (without, including):
            found = [self._gain(*arm) for arm in arms]
            values = [f["value"] for f in found]
            down = [max(0.0, f["value"] - f["lower"]) for f in found]
            up = [max(0.0, f["upper"] - f["value"]) for f in found]
            shift = 0.03 if marker == "s" else -0.03
            ax.errorbar(
                [shift, 1 + shift], values, yerr=[down, up], fmt=marker, ls="-", ms=7, color=ink, lw=2, elinewidth=1.2
            )
            ends.append((values[1], label, ink))
        low, high = ax.get_ylim()
        places = spread([end[0] for end in ends], 0.09 * (high - low))
        for y, (_, label, ink) in zip(places, ends, strict=True):
            ax.text(1.12, y, label, color=ink, va="center", fontsize=FONT, clip_on=False)
        ax.set_xticks([0, 1], [f"{one} off", f"{one} on"])
        ax.set_xlim(-0.2, 1.1)
        y_label(ax, panel, f"gain over none, {self.findings.measure.words}")
        ax.locator_params(axis="y", nbins=5)
