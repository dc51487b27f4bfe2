"""The page that `posology watch --serve` shows: words, a bar, losses by epoch. Every value is escaped."""

from typing import Any

from posology.report.templates import page_templates
from posology.watching import LATEST, Look

LEFT, TOP, WIDTH, HEIGHT = 60.0, 16.0, 300.0, 214.0
"""Of the losses' picture; its labels stand to the right."""
APART = 14.0
"""Between two labels, so that they can be read."""


def page(look: Look, name: str, nonce: str) -> str:
    """Write the page; its own style and script carry the nonce, and nothing else runs there."""
    from markupsafe import Markup

    inside = Markup(part(look))  # noqa: S704, RUF100 rendered with autoescape
    return page_templates().get_template("live.html").render(name=name, nonce=nonce, part=inside)


def part(look: Look) -> str:
    """Write what changes."""
    return page_templates().get_template("live_part.html").render(look=look, latest=LATEST, **_picture(look))


def _picture(look: Look) -> dict[str, Any]:
    if len(look.curve) < 2:
        return {"lines": []}
    losses = [loss for _, *both in look.curve for loss in both]
    low, high = min(losses), max(losses)
    lines = [_line(look, name, place, low, high) for place, name in ((1, "training"), (2, "held-out"))]
    upper, lower = sorted(lines, key=lambda line: line["y"])
    lower["y"] = max(lower["y"], upper["y"] + APART)
    ends = {"first": look.curve[0][0], "last": look.curve[-1][0], "low": f"{low:.3g}", "high": f"{high:.3g}"}
    said = "; ".join(f"{line['name']} loss ends at {line['last']}" for line in lines)
    return {"lines": lines, "said": f"Loss by epoch, to epoch {ends['last']}: {said}", **ends}


def _line(look: Look, name: str, place: int, low: float, high: float) -> dict[str, Any]:
    first, last = look.curve[0][0], look.curve[-1][0]
    across = [LEFT + WIDTH * (point[0] - first) / (last - first) for point in look.curve]
    down = [TOP + HEIGHT * (high - point[place]) / ((high - low) or 1.0) for point in look.curve]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))
    label = {"x": across[-1] + 6, "y": down[-1] + 4, "last": f"{look.curve[-1][place]:.3g}"}
    return {"name": name, "points": points, **label}
