"""The forest plot: every arm's difference with its interval, its name a dot matrix of what it switches on."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from posology.report.charts.intervals import Line, draw_interval, in_numbers, limit
from posology.report.charts.narrow_forest import draw_narrow, narrow_panel
from posology.report.display import Display, Panel, blank
from posology.report.findings import parts_of
from posology.report.style import FONT, color, drawing, plain_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ROW = 24.0
COLUMN = 62.0


class Forest(Display):
    """Which arms help, and which could be best.

    A row an arm, best first. The dots at the left say what the arm switches on (on a narrow screen its name stands
    above its row instead); the line is a 95% interval.

    "gain": score minus that of `none`, each with an interval of its own. Right of the shaded margin: certainly better
    by more than you care about. Inside it: the difference does not matter.

    "best": score minus that of the best other arm, with bounds that hold for all arms together. They are cut off at
    zero. An arm whose whole interval is within the margin is as good as the best; one whose interval ends at zero
    could not be the best. The verdict is made of these.
    """

    name = "forest"
    title = "Every arm, with its interval"

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        arms, factors = self.findings.arms, self.findings.factors
        size = (16 + COLUMN * len(factors) + 300 + 190, 58 + ROW * len(arms))
        margins = (16 + COLUMN * len(factors), 190.0, 24.0, 34.0)
        out = []
        if any(row["gain_over_none"] is not None for row in self.findings.verdict["arms"]):
            heading = f"Gain over none, in {self.findings.measure.words}"
            out.append(Panel("gain", heading, self._gain_conclusion(), size, margins))
        heading = f"Distance from the best other arm, in {self.findings.measure.words}"
        return [*out, Panel("best", heading, self._best_conclusion(), size, margins)]

    def _gain_conclusion(self) -> str:
        rows = [row for row in self.findings.verdict["arms"] if row["gain_over_none"] is not None]
        sure = [row["arm"] for row in rows if row["gain_lower"] > 0]
        worse = [row["arm"] for row in rows if row["gain_upper"] < 0]
        said = [f"Better than none for certain: {', '.join(sure) or 'no arm'}."]
        return " ".join([*said, f"Worse for certain: {', '.join(worse)}."] if worse else said)

    def _best_conclusion(self) -> str:
        could = self.findings.verdict["verdict"]["could_be_best"]
        close = [row["arm"] for row in self.findings.verdict["arms"] if row["lower"] >= -self.findings.margin]
        said = f"Could be the best: {', '.join(could)}."
        return f"{said} Certainly within the margin of the best: {', '.join(close) or 'no arm'}."

    def caption(self) -> str:
        """See `Display`."""
        study, design = self.findings.verdict["study"], self.findings.verdict["settings"]["design"]
        seeds = -(-design["refits"] // design["ensemble"])
        kind = "networks" if design["ensemble"] == 1 else f"averages of {design['ensemble']} networks"
        return (
            f"{study['resamples']} resamples, {seeds} {kind} of different seeds in each. Shaded: differences within "
            f"your margin of {self.findings.margin:g}. A diamond marks the advised arm, a filled point an arm that "
            "could be best, an open one an arm that could not."
        )

    def _lines(self, panel: str) -> list[Line]:
        rows = self.findings.verdict["arms"]
        if panel == "gain":
            return [
                Line(row["arm"], row["gain_over_none"] or 0.0, row["gain_lower"], row["gain_upper"]) for row in rows
            ]
        scores = {row["arm"]: self.findings.score(row["arm"]) for row in rows}
        out = []
        for row in rows:
            rival = max(score for arm, score in scores.items() if arm != row["arm"])
            out.append(Line(row["arm"], scores[row["arm"]] - rival, row["lower"], row["upper"]))
        return out

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        beside = {line.arm: line for line in self._lines("best")}
        rows = [
            {
                "arm": row["arm"],
                self.findings.measure.words: self.findings.score(row["arm"]),
                "gain over none": row["gain_over_none"],
                "gain lower": row["gain_lower"],
                "gain upper": row["gain_upper"],
                "minus best other": beside[row["arm"]].value,
                "best lower": row["lower"],
                "best upper": row["upper"],
                "could be best": row["could_be_best"],
            }
            for row in self.findings.verdict["arms"]
        ]
        return pd.DataFrame(rows).set_index("arm")

    def draw(self, ax: Any, panel: Panel) -> None:
        """See `Display`."""
        lines, band = self._lines(panel.key), self._band(panel)
        could = self._could()
        plain_axes(ax)
        ax.spines["left"].set_visible(False)
        ax.axvspan(*band, color=color("shade"), lw=0, zorder=0)
        ax.axvline(0, color=color("muted"), lw=1, zorder=1)
        for y, line in enumerate(lines):
            draw_interval(ax, y, line, could[line.arm], line.arm == self.findings.advised)
        limit(ax, lines, band)
        ax.set_ylim(len(lines) - 0.4, -0.6)
        ax.set_yticks([])
        ax.locator_params(axis="x", nbins=6)
        ax.set_xlabel(panel.heading, color=color("ink"), fontsize=FONT)
        self._numbers(ax, lines, panel.key)
        _matrix(ax, [line.arm for line in lines], self.findings.factors, panel.margins[0] / _width(panel))

    def narrow_figure(self, panel: Panel) -> "Figure":
        """See `Display`."""
        lines, band, advised = self._lines(panel.key), self._band(panel), self.findings.advised
        with drawing():
            figure = blank(narrow_panel(panel, self.findings.arms))
            draw_narrow(figure.axes[0], lines, panel.key, band, self._could(), advised)
        return figure

    def _band(self, panel: Panel) -> tuple[float, float]:
        margin = self.findings.margin
        return (-margin, 0.0) if panel.key == "best" else (-margin, margin)

    def _could(self) -> dict[str, bool]:
        return {row["arm"]: row["could_be_best"] for row in self.findings.verdict["arms"]}

    def _numbers(self, ax: Any, lines: Sequence[Line], panel: str) -> None:
        for y, line in enumerate(lines):
            weight = "bold" if line.arm == self.findings.advised else "normal"
            _beside(ax, 1.02, y, in_numbers(line, panel), weight=weight, ha="left")


def _width(panel: Panel) -> float:
    return panel.size[0] - panel.margins[0] - panel.margins[1]


def _matrix(ax: Any, arms: Sequence[str], factors: Sequence[str], left: float) -> None:
    """Draw the dot matrix left of the axes: a column a factor, dots joined where they are on together."""
    places = {name: -left + (i + 0.5) / len(factors) * left * 0.94 for i, name in enumerate(factors)}
    across = ax.get_yaxis_transform()
    for name, x in places.items():
        ax.text(x, 1.0, name, transform=ax.transAxes, ha="center", va="bottom", fontsize=FONT - 1, color=color("ink"))
    for y, arm in enumerate(arms):
        on = parts_of(arm)
        xs = [places[name] for name in factors if name in on]
        style: Mapping[str, Any] = {"transform": across, "clip_on": False}
        ax.plot(list(places.values()), [y] * len(factors), "o", ms=5, mfc="none", mec=color("grid"), mew=1.2, **style)
        ax.plot(xs, [y] * len(xs), "-o", ms=8, color=color("ink"), lw=2, **style)
    # words for those who cannot see dots are in the table; a name stands here where there is no dot at all
    for y, arm in enumerate(arms):
        if not parts_of(arm):
            _beside(ax, -0.02, y, arm, ha="right")


def _beside(ax: Any, x: float, y: float, text: str, **how: Any) -> None:
    style = {"transform": ax.get_yaxis_transform(), "clip_on": False, "va": "center", "fontsize": FONT - 1}
    ax.text(x, y, text, color=color("ink"), **style, **how)
