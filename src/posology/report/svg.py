"""A chart as SVG for the page: named for screen readers, its colours variables, its ids its own."""

import io
import re
import warnings
from html import escape
from typing import TYPE_CHECKING

from posology.report.style import COLORS
from posology.wording import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FONT = re.compile(r"font: (?:(bold|\d+) )?([\d.]+)px [^;\"]*?(?=;|\")")


def to_svg(figure: "Figure", name: str, title: str, description: str) -> str:
    """Write a figure as one SVG element.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    name : str
        Begins every id, so that no two pictures of a page share one.
    title, description : str
        What it shows, and what is seen in it: read aloud in place of the picture.
    """
    from matplotlib.text import Text

    for written in figure.findobj(Text):
        written.set_text(printable(written.get_text()))
    buffer = io.StringIO()
    with warnings.catch_warnings():
        # the page's font has the letters that matplotlib's lacks
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    # a style element within a page would style all of it: what it says goes to the picture's own element
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL).replace("<defs>\n  \n </defs>", "")
    text = _own_ids(text, name)
    head, _, body = text.partition(">")
    head = re.sub(r'\s(?:width|height|version|xmlns:xlink)="[^"]*"', "", head)
    width = round(figure.get_size_inches()[0] * 72)
    named = f' stroke-linejoin="round" width="{width}" role="img" aria-labelledby="{name}-title {name}-desc"'
    title, description = (escape(printable(said)) for said in (title, description))
    said = f'<title id="{name}-title">{title}</title><desc id="{name}-desc">{description}</desc>'
    return f"{head}{named}>{said}{_themed(body)}"


def _own_ids(text: str, name: str) -> str:
    """Prefix ids that are referred to; drop the others, which are matplotlib's own names of groups."""
    used = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text))

    def own(found: re.Match[str]) -> str:
        return f' id="{name}-{found[1]}"' if found[1] in used else ""

    text = re.sub(r'\sid="([^"]+)"', own, text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    return re.sub(r'(?:xlink:)?href="#([^"]+)"', rf'href="#{name}-\1"', text)


def _themed(text: str) -> str:
    """Turn the light colour of each role into its variable, and fonts into sizes in the page's font."""
    for role, (light, _) in COLORS.items():
        text = re.sub(light, f"var(--po-{role},{light})", text, flags=re.IGNORECASE)
    text = _FONT.sub(lambda m: f"font-size: {m[2]}px" + (f"; font-weight: {m[1]}" if m[1] else ""), text)
    return re.sub(r"\n\s*", "\n", text)
