"""A point with its interval, an arm each: what the forest draws, wide and narrow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from posology.report.charts.numbers import signed
from posology.report.style import color


@dataclass(frozen=True)
class Line:
    """What is drawn of one arm: a point and an interval, either of which may be missing."""

    arm: str
    value: float
    lower: float | None
    upper: float | None


def in_numbers(line: Line, panel: str) -> str:
    """Write it beside its picture."""
    text = "reference" if panel == "gain" and line.arm == "none" else f"{signed(line.value)}"
    return text if line.lower is None else f"{text} [{signed(line.lower)}, {signed(line.upper)}]"


def draw_interval(ax: Any, y: float, line: Line, could: bool, advised: bool) -> None:
    """Draw it at a height: a diamond where it is advised, filled where it could be the best."""
    ink = color("s1") if could else color("s0")
    if line.lower is not None:
        ax.plot([line.lower, line.upper], [y, y], color=ink, lw=2, solid_capstyle="butt", zorder=2)
    marker, size = ("D", 8) if advised else ("o", 7)
    face = ink if could else color("paper")
    ax.plot([line.value], [y], marker, ms=size, mfc=face, mec=ink, mew=1.6, zorder=3)


def limit(ax: Any, lines: Sequence[Line], band: tuple[float, float]) -> None:
    """Let the axis hold every point, interval and the margin."""
    ends = [x for line in lines for x in (line.value, line.lower, line.upper) if x is not None]
    least, most = min(*ends, *band), max(*ends, *band)
    room = 0.05 * (most - least)
    ax.set_xlim(least - room, most + room)
