"""Axes of differences: a line for each name, zero and the margin behind them, the numbers to the right."""

from collections.abc import Mapping, Sequence
from typing import Any

from posology.report.charts.numbers import with_interval
from posology.report.style import FONT, color, plain_axes


def difference_axes(ax: Any, names: Sequence[str], margin: float, heading: str) -> None:
    """Prepare axes with a line for each name, from above: zero is drawn, and what does not matter is shaded."""
    plain_axes(ax)
    ax.spines["left"].set_visible(False)
    ax.axvspan(-margin, margin, color=color("shade"), lw=0, zorder=0)
    ax.axvline(0, color=color("muted"), lw=1)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.locator_params(axis="x", nbins=6)
    ax.set_xlabel(heading, color=color("ink"), fontsize=FONT)


def draw_interval(ax: Any, y: float, found: Mapping[str, Any], *, dot: float = 7, hollow: bool = False) -> None:
    """Draw a difference with its interval at the height of a line."""
    ax.plot([found["lower"], found["upper"]], [y, y], color=color("s1"), lw=1.2 if hollow else 2)
    ax.plot([found["value"]], [y], "o", ms=dot, mec=color("s1"), mfc=color("paper" if hollow else "s1"))


def write_interval(ax: Any, y: int, found: Mapping[str, Any]) -> None:
    """Write a difference with its interval to the right of the axes."""
    style = {"transform": ax.get_yaxis_transform(), "va": "center", "fontsize": FONT - 1, "clip_on": False}
    ax.text(1.02, y, with_interval(found), ha="left", color=color("ink"), **style)
