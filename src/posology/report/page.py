"""The report as HTML: one file that needs nothing else, or the same as a part of a notebook."""

import hashlib
import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posology.handback.units import batch_of
from posology.plan import arm_name
from posology.report.checks import Check, Status, checks_of
from posology.report.display import Display, Panel
from posology.report.findings import Findings
from posology.report.sections import (
    Table,
    arms_table,
    code_of,
    forest_of,
    measures_table,
    sections_of,
    sentences_of,
    strengths_in_words,
    table_of,
    units_table,
)
from posology.report.style import COLORS, drawing
from posology.report.svg import to_svg
from posology.report.templates import page_templates
from posology.study_file import resolved
from posology.wording import counted

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


@dataclass(frozen=True)
class _Chart:
    """A chart as the template takes it."""

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

    name = _id(findings)
    with drawing():
        forest = _chart(forest_of(findings), name)
        parts = [
            {"id": s.id, "heading": s.heading, "said": s.said, "charts": [_chart(c, name) for c in s.charts]}
            for s in sections_of(findings)
        ]
    checks = checks_of(findings, ignore)
    said = {"whole": whole, "id": name, "forest": forest, "sections": parts, "checks": checks, **_words(findings)}
    text = templates.get_template("page.html").render(counts=_counts(checks), **said)
    return Markup(text)  # noqa: S704, RUF100 rendered with autoescape


def _words(f: Findings) -> dict[str, Any]:
    study, prescription = f.verdict["study"], f.verdict["prescription"]
    strengths = strengths_in_words(prescription["strengths"])
    return {
        "version": f.verdict["posology"],
        "target": study["target"],
        "rows": f"{study['rows']:,} rows, {counted(study['columns'], 'column')}",
        "network": study["network"],
        "kind": f.verdict["verdict"]["kind"].replace(" ", "-"),
        "sentences": sentences_of(f),
        "arms": arms_table(f),
        "measures": measures_table(f),
        "about_score": _about_score(f),
        "prescription": f"Prescription: {prescription['arm']}{f' ({strengths})' if strengths else ''}, "
        f"{prescription['epochs']} epochs on all rows.",
        "code": code_of(f),
        "units": units_table(f),
        "commands": _commands(f),
        "method": _method(f),
        "facts": _facts(f),
        "toml": resolved(f.verdict["settings"], f.held),
        "notes": study["notes"],
    }


def _about_score(f: Findings) -> str:
    words = f.measure.words
    return (
        f"{words[:1].upper()}{words[1:]} is on held-out rows that tuned nothing. Gap: train minus test {f.gap_unit}, "
        "penalties and dropout off. Strengths are means over resamples; those to use are below."
    )


def _commands(f: Findings) -> str:
    folder = shlex.quote(Path(f.run["folder"]).name)
    return (
        f"posology predict {folder} NEW_TABLE\nposology export {folder} --to code\nposology export {folder} --to keras"
    )


def _method(f: Findings) -> list[str]:
    study, design = f.verdict["study"], f.verdict["settings"]["design"]
    cocktail = f.verdict.get("cocktail")
    trials = cocktail["mixes_tried"] if cocktail else design["trials"]
    tuned = (
        f"Every arm was tuned with {trials} trials on inner splits of each resample's training rows, "
        f"refitted there, and scored on rows that tuned nothing: {study['repeats']} x {design['folds']} folds. "
        "Resample by resample, arms share rows, first weights, batches and dropout draws."
    )
    intervals = (
        "Intervals hold 95%. Those of the distance from the best hold for all arms together, also after the winner is "
        "picked; those of gains, levers and interactions hold each by itself. Losses of trials and learning curves are "
        "on rows that tuned: they show shapes, and are no evidence for an arm."
    )
    about = (
        f"The verdict is about {f.verdict['verdict']['estimand']} trained by this procedure on this table, batches of "
        f"{batch_of(f.verdict)} rows, {study['optimizer']}. It says nothing about other networks or other tables, and "
        "takes rows, or their groups, as independent."
    )
    said = [tuned, intervals, about]
    if groups := study["groups"]:
        said.append(f"Rows come in {groups['count']:,} groups of '{groups['column']}': a group shares a fold.")
    if flags := f.verdict["analysis"]["flags"]:
        said.append(f"Beware: {'; '.join(flags)}.")
    return said


def _facts(f: Findings) -> Table:
    study, design = f.verdict["study"], f.verdict["settings"]["design"]
    asked = {"table": f.held["table"] and Path(f.held["table"]).name, "network": study["network"]}
    rows = [
        ("data fingerprint (SHA-256)", study["fingerprint"]),
        ("table", asked["table"] or "handed over in Python"),
        ("network", asked["network"]),
        ("arms", ", ".join(arm_name(tuple(arm)) for arm in design["arms"])),
        ("seed", str(design["seed"])),
        *((name, version) for name, version in f.held["versions"].items()),
    ]
    return Table(("what", "value"), tuple(rows))


def _counts(checks: list[Check]) -> str:
    numbers = {status: sum(check.status is status for check in checks) for status in Status}
    words = {Status.ISSUE: "issue", Status.TIP: "tip"}
    said = [counted(numbers[status], noun) for status, noun in words.items()]
    said += [f"{numbers[status]} {status.value}" for status in list(Status)[2:] if numbers[status]]
    return f"{', '.join(said)}."


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
    svg = to_svg(display.figure(panel), f"{name}-{display.name}-{key}", title, panel.conclusion)
    return _Picture(panel.heading, Markup(svg), round(SCALE * panel.size[0]), panel.conclusion)  # noqa: S704, RUF100 escaped where it is made


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
