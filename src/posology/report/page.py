"""The report as HTML: one file that needs nothing else, or the same as a part of a notebook."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from posology.report.display import Display, Panel
from posology.report.findings import Findings
from posology.report.items import Item, Table
from posology.report.parts import about, parts_of
from posology.report.style import COLORS, drawing
from posology.report.svg import to_svg
from posology.report.tables import sentences_of, table_of
from posology.report.templates import page_templates

if TYPE_CHECKING:
    from jinja2 import Environment


SCALE = 1.15
"""Pixels of the page to a point of a chart: its text is then nearly as large as the page's."""


@dataclass(frozen=True)
class _Picture:
    heading: str
    svg: Any
    width: int
    conclusion: str
    narrow: Any = None
    narrow_width: int = 0


@dataclass(frozen=True)
class _Chart:
    """A chart as the template takes it."""

    kind: ClassVar[str] = "chart"
    name: str
    title: str
    panels: tuple[_Picture, ...]
    caption: str
    table: Table | None
    help: tuple[str, ...]
    absent: str


def whole_page(findings: Findings, ignore: Iterable[str] = ()) -> str:
    """Write the report as one HTML file: no request leaves it, and it is complete without JavaScript.

    Parameters
    ----------
    findings : Findings
    ignore : iterable of str
        Codes of checks that are not to be shown.
    """
    templates = page_templates()
    body = _body(findings, ignore, templates, whole=True)
    from markupsafe import Markup

    said = sentences_of(findings)[0]
    page = {"title": f"{findings.verdict['study']['target']}: {said} posology", "body": body}
    inside = {"style": Markup(_style()), "script": Markup(_file("script.js"))}  # noqa: S704, RUF100 our own files
    return templates.get_template("whole.html").render(**page, **inside)


def fragment(findings: Findings) -> str:
    """Write the report as a part of another page, such as a notebook: no script, its style under its own class."""
    return f"<style>{_style()}</style>\n{_body(findings, (), page_templates(), whole=False)}"


def _body(findings: Findings, ignore: Iterable[str], templates: "Environment", *, whole: bool) -> Any:
    from markupsafe import Markup

    name, version = _id(findings), findings.verdict["posology"]
    with drawing():
        parts = [(part, [_shown(item, name) for item in part.items]) for part in parts_of(findings, ignore)]
    said = {"whole": whole, "id": name, "version": version, "about": about(findings), "parts": parts}
    return Markup(templates.get_template("page.html").render(**said))  # noqa: S704, RUF100 rendered with autoescape


def _shown(item: Item, name: str) -> "Item | _Chart":
    """Give what the template takes: a chart is drawn, all else is what it is."""
    return _chart(item, name) if isinstance(item, Display) else item


def _chart(display: Display, name: str) -> _Chart:
    pictures = tuple(_picture(display, panel, name) for panel in display.panels())
    # paragraphs of the docstring; the first says what the title says
    parts = tuple(" ".join(part.split()) for part in display.help().split("\n\n"))
    table = table_of(display) if pictures else None
    caption, absent = (display.caption(), "") if pictures else ("", display.absent())
    return _Chart(display.name, display.title, pictures, caption, table, parts, absent)


def _picture(display: Display, panel: Panel, name: str) -> _Picture:
    from markupsafe import Markup

    key = hashlib.sha256(panel.key.encode()).hexdigest()[:8]
    title = f"{display.title}: {panel.heading}"
    name = f"{name}-{display.name}-{key}"
    svg = to_svg(display.figure(panel), name, title, panel.conclusion)
    picture = _Picture(panel.heading, Markup(svg), round(SCALE * panel.size[0]), panel.conclusion)  # noqa: S704, RUF100 escaped where it is made
    if (narrow := display.narrow_figure(panel)) is None:
        return picture
    width = round(SCALE * narrow.bbox.width)  # a point is a dot there
    svg = to_svg(narrow, f"{name}-narrow", title, panel.conclusion)
    return replace(picture, narrow=Markup(svg), narrow_width=width)  # noqa: S704, RUF100 escaped where it is made


def _id(findings: Findings) -> str:
    """Name the report within a page that may hold several."""
    text = json.dumps(findings.verdict, sort_keys=True)
    return f"po-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def _style() -> str:
    light, dark = (";".join(f"--po-{role}:{pair[k]}" for role, pair in COLORS.items()) for k in (0, 1))
    return (
        f".posology{{{light}}}\n"
        f"@media(prefers-color-scheme:dark){{.posology:not([data-theme=light]){{{dark}}}}}\n"
        f".posology[data-theme=dark],[data-jp-theme-light=false] .posology{{{dark}}}\n"
        f"[data-jp-theme-light=true] .posology{{{light}}}\n"
        f"@media print{{.posology.posology.posology{{{light}}}}}\n{_file('style.css')}"
    )


def _file(name: str) -> str:
    return (Path(__file__).parent / "page" / name).read_text(encoding="utf-8")
