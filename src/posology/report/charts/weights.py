"""What the weights are like: the share of small ones, array by array."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from posology.plan.looks import NEAR_ZERO
from posology.report.charts.numbers import strength
from posology.report.display import Display, Panel, y_label
from posology.report.style import FONT, color, inside, plain_axes, series, spread

if TYPE_CHECKING:
    import pandas as pd

MOST_ARMS = 5
MOST_ARRAYS = 6


class Weights(Display):
    """What it does to the weights.

    The share of an array's weights whose absolute value is below a threshold, measured at fifteen of them, on average
    over the networks of an arm: its distribution function. A curve that starts high has weights near zero. Exact zeros
    are below every threshold; the table gives their share by itself. Gradient descent with L1 makes weights small, but
    seldom exactly zero.
    """

    name = "weights"
    title = "Sizes of the weights"

    def _arms(self) -> list[str]:
        kept = self.findings.evidence["weights"]
        return [arm for arm in self.findings.leading(MOST_ARMS) if kept[arm]]

    def _arrays(self) -> list[str]:
        arms = self._arms()
        return list(self.findings.evidence["weights"][arms[0]])[:MOST_ARRAYS] if arms else []

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        margins = (58.0, 20 + 6.4 * max(map(len, self._arms()), default=0), 10.0, 42.0)
        return [Panel(name, name, self._conclusion(name), (380, 235), margins) for name in self._arrays()]

    def _conclusion(self, array: str) -> str:
        at = int(np.argmin(np.abs(np.log(self.findings.evidence["weights_below"]) - np.log(NEAR_ZERO))))
        shares = {arm: self.findings.evidence["weights"][arm][array][at] for arm in self._arms()}
        named = ", ".join(f"{arm} {share:.1%}" for arm, share in shares.items())
        return f"Share of weights of {array} below {NEAR_ZERO:g}: {named}."

    def absent(self) -> str:
        """See `Display`."""
        return "No weights were looked at: the network has no kernel with two sides, or every network diverged."

    def caption(self) -> str:
        """See `Display`."""
        hidden = len(self.findings.arms) - len(self._arms())
        more = f" {hidden} more arms are in the table." if hidden > 0 else ""
        return f"Share of weights below a size, measured at its marks; biases aside.{more}"

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        exact = {(one["arm"], one["array"]): one["zero"] for one in self.findings.verdict["behaviour"]["weights"]}
        rows = []
        for arm in self.findings.arms:
            for array, shares in self.findings.evidence["weights"][arm].items():
                named = zip(self.findings.evidence["weights_below"], shares, strict=True)
                below = {f"below {least:.1g}": share for least, share in named if _whole_decade(least)}
                rows.append({"arm": arm, "array": array, "exactly zero": exact.get((arm, array)), **below})
        return pd.DataFrame(rows).set_index(["arm", "array"]) if rows else pd.DataFrame()

    def draw(self, ax: Any, panel: Panel) -> None:
        """See `Display`."""
        arms, at = self._arms(), self.findings.evidence["weights_below"]
        shares = {arm: self.findings.evidence["weights"][arm][panel.key] for arm in arms}
        plain_axes(ax)
        for arm in arms:
            ink, marker = series(arms, arm)
            ax.plot(at, shares[arm], color=ink, marker=marker, ms=3.6, lw=1.5, mfc=color("paper"))
        ax.set_xscale("log")
        first = next((i for i in range(len(at)) if max(s[i] for s in shares.values()) > 0.003), 0)
        last = next((i for i in range(len(at)) if min(s[i] for s in shares.values()) > 0.9995), len(at) - 1)
        low = max(0, first - 1)
        ax.set_xlim(at[low], at[max(last, low + 1)])  # all of them may be zero, of columns that are constant
        ax.set_ylim(-0.02, 1.02)
        ax.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
        # each label stands where its curve is half way up, moved apart along the right side
        places = spread([_height(s, at, ax.get_xlim()[1]) for s in shares.values()], 0.095)
        for arm, y in zip(arms, inside(places, 0.02, 0.98), strict=True):
            ink, marker = series(arms, arm)
            ax.plot([1.04], [y], marker, ms=5, mfc=color("paper"), mec=ink, transform=ax.transAxes, clip_on=False)
            ax.text(1.07, y, arm, transform=ax.transAxes, color=ink, va="center", fontsize=FONT - 1)
        decades = [least for least in at if _whole_decade(least) and ax.get_xlim()[0] <= least <= ax.get_xlim()[1]]
        ax.set_xticks(decades, [strength(least) for least in decades])
        ax.minorticks_off()
        ax.set_xlabel("absolute weight", color=color("ink"), fontsize=FONT)
        y_label(ax, panel, "share below")


def _height(shares: Sequence[float], at: Sequence[float], most: float) -> float:
    """Order labels by how early the curves rise: by the mean share over what is shown."""
    return float(np.mean([share for share, least in zip(shares, at, strict=True) if least <= most]))


def _whole_decade(least: float) -> bool:
    return bool(abs(np.log10(least) - round(np.log10(least))) < 1e-3)
