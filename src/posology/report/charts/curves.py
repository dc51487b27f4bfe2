"""Learning curves: training against validation loss, an arm a picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from posology.report.display import Display, Panel, y_label
from posology.report.style import FONT, color, plain_axes, spread

if TYPE_CHECKING:
    import pandas as pd

MOST = 8
"""Arms drawn; the table has all."""


class Curves(Display):
    """Training against validation loss: is it overfitting, and when does training end.

    The network's own loss, penalties aside and dropout off, on training rows and on the validation rows of the inner
    splits, for the strengths that each resample chose. Lines are medians over resamples and inner splits, bands hold
    the middle half, the shaded area between the lines is the gap. The dotted line is the mean chosen epoch, that of the
    table of arms; the network that is handed over is tuned anew on all rows, and has its own. Curves
    end where fewer than half of the networks still train. The chosen epoch may lie beyond: it is where the mean loss
    over the inner splits is least, to which those that stopped count with their last. All pictures have one scale.
    """

    name = "curves"
    title = "Learning curves"

    def _drawn(self) -> list[str]:
        curves = self.findings.evidence["curves"]
        return [arm for arm in self.findings.leading(MOST) if curves[arm]["train"][1]]

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        return [Panel(arm, arm, self._conclusion(arm), (326, 220), (58.0, 72.0, 10.0, 40.0)) for arm in self._drawn()]

    def _conclusion(self, arm: str) -> str:
        one, median = self.findings.evidence["curves"][arm], 1
        train, watched = one["train"][median], one["validation"][median]
        epoch = self._chosen(arm)
        at = int(np.searchsorted(self._epochs(len(train)), epoch, side="right")) - 1
        at = min(max(at, 0), len(train) - 1)
        losses = f"the median loss is {train[at]:.3f} on training rows and {watched[at]:.3f} on validation rows"
        if self._is_beyond(arm):
            end = self._epochs(len(train))[-1]
            drawn = f"after {end} epochs, up to where half of the trainings went on, {losses}"
            return f"{arm}: {drawn}; the mean chosen epoch, {epoch:.0f}, lies beyond."
        return f"{arm}: at the mean chosen epoch, {epoch:.0f}, {losses}."

    def _is_beyond(self, arm: str) -> bool:
        """Tell whether the chosen epoch lies where fewer than half of the networks still train."""
        last = self._epochs(len(self.findings.evidence["curves"][arm]["train"][1]))[-1]
        return self._chosen(arm) > last

    def _chosen(self, arm: str) -> float:
        """Give the epochs that the table of arms has too."""
        return float(np.mean(self.findings.evidence["epochs"][arm]))

    def _epochs(self, points: int) -> list[int]:
        return list(self.findings.evidence["curve_epochs"][:points])

    def absent(self) -> str:
        """See `Display`."""
        return "No learning curve was kept: no network trained to its end."

    def caption(self) -> str:
        """See `Display`."""
        hidden = len(self.findings.arms) - len(self._drawn())
        more = f" {hidden} more arms are in the table." if hidden > 0 else ""
        beyond = _BEYOND if any(map(self._is_beyond, self._drawn())) else ""
        return (
            "Medians over resamples and inner splits, bands hold the middle half; shaded: the gap; dotted: the mean "
            f"chosen epoch, as in the table of arms. One scale for all.{beyond}{more}"
        )

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        rows = []
        for arm in self.findings.arms:
            one = self.findings.evidence["curves"][arm]
            for i, epoch in enumerate(self._epochs(len(one["train"][1]))):
                lows = {f"{kind} {q}": one[kind][k][i] for kind in ("train", "validation") for k, q in _QUARTILES}
                rows.append({"arm": arm, "epoch": epoch, **lows})
        columns = ["arm", "epoch", *(f"{kind} {q}" for kind in ("train", "validation") for _, q in _QUARTILES)]
        return pd.DataFrame(rows, columns=columns).set_index(["arm", "epoch"])

    def _limits(self) -> tuple[float, float]:
        """Give the scale of all pictures; the first epochs, which are far off, may be cut."""
        low, high = [], []
        for arm in self._drawn():
            one = self.findings.evidence["curves"][arm]
            low += [min(one["train"][0]), min(one["validation"][0])]
            high += [np.quantile([*one["train"][2], *one["validation"][2]], 0.85)]
        room = 0.08 * (max(high) - min(low)) or 0.1
        return min(low) - room, max(high) + room

    def draw(self, ax: Any, panel: Panel) -> None:
        """See `Display`."""
        one = self.findings.evidence["curves"][panel.key]
        epochs = self._epochs(len(one["train"][1]))
        plain_axes(ax)
        ax.fill_between(epochs, one["train"][1], one["validation"][1], color=color("shade"), lw=0, zorder=0)
        low, high = self._limits()
        ends = [one[kind][1][-1] for kind in ("train", "validation")]
        chosen = self._chosen(panel.key)
        end = max(float(epochs[-1]), chosen)
        places = spread([min(max(end, low), high) for end in ends], 0.1 * (high - low))
        for kind, ink, place in (("train", color("s1"), places[0]), ("validation", color("s2"), places[1])):
            lower, middle, upper = one[kind]
            ax.fill_between(epochs, lower, upper, color=ink, alpha=0.18, lw=0, zorder=1)
            ax.plot(epochs, middle, color=ink, lw=1.8, ls="-" if kind == "train" else "--", zorder=2)
            ax.annotate(
                kind, (end, place), (6, 0), textcoords="offset points", color=ink, va="center", fontsize=FONT,
                annotation_clip=False,
            )  # fmt: skip
        ax.axvline(chosen, color=color("muted"), lw=1.2, ls=":", zorder=1)
        # left of its line where the axes end soon behind it
        side, aside = ("right", -4) if chosen > 0.8 * end else ("left", 4)
        style = {"color": color("muted"), "fontsize": FONT - 1, "va": "top", "ha": side}
        ax.annotate(f"{chosen:.0f}", (chosen, high), (aside, 0), textcoords="offset points", **style)
        ax.set_ylim(low, high)
        ax.set_xlim(0, end)
        ax.locator_params(nbins=5)
        ax.set_xlabel("epoch", color=color("ink"), fontsize=FONT)
        y_label(ax, panel, "loss")


_BEYOND = (
    " A curve ends where more than half of the networks have stopped; the chosen epoch, where the mean loss over the "
    "inner splits is least, may lie beyond: those that stopped count with their last loss."
)
_QUARTILES = ((0, "25%"), (1, "50%"), (2, "75%"))
