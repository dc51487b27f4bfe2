"""The forest on a narrow screen: the arm's name above its interval, the numbers below, so that nothing lies beside."""

from collections.abc import Mapping, Sequence
from typing import Any

from posology.report.charts.intervals import Line, draw_interval, in_numbers, limit
from posology.report.display import Panel
from posology.report.findings import parts_of
from posology.report.style import FONT, color, plain_axes

WIDTH = 322.0
"""Points: those of a page of 400 pixels, its edges aside."""

SIDE = 20.0
"""Points beside the axis, into which its outermost numbers reach."""

LETTERS = 46
"""Of a name that fit into a line."""

LINE, BAND, GAP = 14.0, 18.0, 12.0
"""Heights in points: of a line of text, of an interval, of what lies between two arms."""


def narrow_panel(panel: Panel, arms: Sequence[str]) -> Panel:
    """Give the picture of the same numbers for a narrow screen."""
    top, bottom = 4.0, 24.0
    height = top + bottom + sum(map(_height, arms))
    return Panel(panel.key, panel.heading, panel.conclusion, (WIDTH, height), (SIDE, SIDE, top, bottom))


def draw_narrow(
    ax: Any, lines: Sequence[Line], panel: str, band: tuple[float, float], could: Mapping[str, bool], advised: str
) -> None:
    """Draw it: a point of height is a unit of the vertical axis."""
    plain_axes(ax)
    ax.spines["left"].set_visible(False)
    y = 0.0
    for line in lines:
        named, weight = wrapped(line.arm), "bold" if line.arm == advised else "normal"
        middle = y + LINE * len(named) + BAND / 2
        # in pieces, for words stand between
        ends = [middle - BAND / 2, middle + BAND / 2]
        ax.fill_betweenx(ends, *band, color=color("shade"), lw=0, zorder=0)
        ax.plot([0, 0], ends, color=color("muted"), lw=1, zorder=1)
        draw_interval(ax, middle, line, could[line.arm], line.arm == advised)
        for place, text in enumerate(named):
            _write(ax, y + LINE * (place + 0.5), text, weight)
        _write(ax, ends[1] + 2 + LINE / 2, in_numbers(line, panel), weight)
        y += _height(line.arm)
    limit(ax, lines, band)
    ax.set_ylim(y, 0)
    ax.set_yticks([])
    ax.locator_params(axis="x", nbins=4)


def wrapped(arm: str) -> list[str]:
    """Break an arm's name behind a plus, where it is longer than a line.

    Examples
    --------
    >>> wrapped("l1+dropout")
    ['l1+dropout']
    >>> wrapped("group_lasso_inputs+learning_rate_decay+gradient_clipping")
    ['group_lasso_inputs+learning_rate_decay+', 'gradient_clipping']
    """
    first, *rest = parts_of(arm) or (arm,)
    lines = [first]
    for part in rest:
        lines[-1] += "+"
        if len(lines[-1]) + len(part) > LETTERS:
            lines.append(part)
        else:
            lines[-1] += part
    return lines


def _height(arm: str) -> float:
    return LINE * (len(wrapped(arm)) + 1) + BAND + GAP


def _write(ax: Any, y: float, text: str, weight: str) -> None:
    style = {"va": "center", "ha": "left", "fontsize": FONT - 1, "fontweight": weight, "color": color("ink")}
    ax.text((4.0 - SIDE) / (WIDTH - 2 * SIDE), y, text, transform=ax.get_yaxis_transform(), clip_on=False, **style)
