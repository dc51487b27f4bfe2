"""How charts look: roles of colours in light and dark, markers of arms, and the settings under which they are drawn.

A chart is drawn in the light colours. In the page's SVG each of them becomes a CSS variable with the light colour as
its fallback, so that one picture is right in light, in dark and on paper.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

COLORS: dict[str, tuple[str, str]] = {
    "ink": ("#1b1f24", "#e8eaed"),
    "muted": ("#57606a", "#a9b2bc"),
    "grid": ("#d5dae0", "#3b434c"),
    "shade": ("#e3ecf5", "#24384a"),
    "paper": ("#fdfdfe", "#15191e"),
    # arms: Okabe and Ito's hues, darkened or lightened to a contrast of 3 at least
    "s0": ("#4d555e", "#b4bcc5"),
    "s1": ("#0072b2", "#56b4e9"),
    "s2": ("#bd4f00", "#ff9a52"),
    "s3": ("#007a5a", "#34c997"),
    "s4": ("#a3478a", "#e39ccb"),
    "s5": ("#8f6000", "#e69f00"),
}
"""From role to its colour in light and in dark. Contrast to the paper is 4.5 at least for ink and muted, 3 for arms."""

RAMP = ("#eaf1f8", "#c9dcee", "#9cc0df", "#6199c8", "#2f72ad", "#0f4c81")
"""Of magnitudes, one hue; the same in light and dark, with a text colour of its own for each step."""

RAMP_TEXT = ("#101418",) * 3 + ("#101419",) + ("#fefefe",) * 2

MARKERS = ("o", "s", "^", "D", "v", "P")

FONT = 11
"""Points, which are pixels at a figure's natural width."""

RC: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
    "svg.hashsalt": "posology",  # equal charts give equal bytes
    "text.parse_math": False,  # names of the user's layers are no formulas
    "font.family": ["DejaVu Sans"],
    "font.size": FONT,
    "path.simplify": True,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw under matplotlib's defaults and `RC`, whatever the user's own settings; they are put back afterwards."""
    import matplotlib

    defaults: dict[Any, Any] = dict(matplotlib.rcParamsDefault)
    # the backend is not to be chosen, or started, by a report
    settings = {k: v for k, v in defaults.items() if not k.startswith("backend")} | RC
    with matplotlib.rc_context(settings):
        yield


def color(role: str) -> str:
    """Give the light colour of a role."""
    return COLORS[role][0]


def series(arms: Sequence[str], arm: str) -> tuple[str, str]:
    """Give the colour and the marker of an arm among those of its chart; `none` is always grey and round."""
    if arm == "none":
        return color("s0"), MARKERS[0]
    others = [a for a in arms if a != "none"]
    place = others.index(arm) % 5
    return color(f"s{place + 1}"), MARKERS[1 + place]


def plain_axes(ax: Any) -> None:
    """Leave of an axes' frame what is needed: the bottom and left line, ticks in grey."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        ax.spines[side].set_color(color("muted"))
    ax.tick_params(colors=color("muted"), labelcolor=color("ink"), labelsize=FONT - 1)
    ax.set_facecolor("none")


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Move numbers apart until neighbours differ by `gap` at least, as little as that takes.

    Examples
    --------
    >>> spread([1.0, 0.0, 1.0], 0.5)
    [0.75, 0.0, 1.25]
    """
    order = sorted(range(len(values)), key=lambda i: (values[i], i))
    groups: list[tuple[list[int], float]] = []
    for i in order:
        groups.append(([i], values[i]))
        while len(groups) > 1 and _end(groups[-2], gap) > _start(groups[-1], gap):
            (above, centre), (below, other) = groups.pop(), groups.pop()
            size = len(above) + len(below)
            groups.append((below + above, (centre * len(above) + other * len(below)) / size))
    out = [0.0] * len(values)
    for members, centre in groups:
        for k, i in enumerate(members):
            out[i] = centre + (k - (len(members) - 1) / 2) * gap
    return out


def inside(values: Sequence[float], low: float, high: float) -> list[float]:
    """Shift numbers together, so that they lie within the ends as far as there is room.

    Examples
    --------
    >>> inside([-0.5, 0.25], 0.0, 1.0)
    [0.0, 0.75]
    """
    over, under = max(0.0, max(values) - high), max(0.0, low - min(values))
    return [v - over + under for v in values]


def _start(group: tuple[list[int], float], gap: float) -> float:
    return group[1] - len(group[0]) * gap / 2


def _end(group: tuple[list[int], float], gap: float) -> float:
    return group[1] + len(group[0]) * gap / 2
