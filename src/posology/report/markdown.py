"""The report as Markdown: the verdict, the arms, what to do, what the evidence says, the checks; without pictures."""

import re
from collections.abc import Iterable

from posology.report.checks import Status, checks_of
from posology.report.findings import Findings
from posology.report.sections import (
    Table,
    arms_table,
    code_of,
    forest_of,
    measures_table,
    sections_of,
    sentences_of,
    units_table,
)
from posology.wording import printable

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def to_markdown(findings: Findings, ignore: Iterable[str] = ()) -> str:
    """Write the report as Markdown (CommonMark with tables).

    Parameters
    ----------
    findings : Findings
    ignore : iterable of str
        Codes of checks that are not to be shown.
    """
    first, *rest = map(plain, sentences_of(findings))
    study = findings.verdict["study"]
    parts = [f"# {first}", *rest, f"Target: {plain(study['target'])}, {study['rows']:,} rows.", "## The arms"]
    parts.append(_table(arms_table(findings)))
    if (measures := measures_table(findings)) is not None:
        parts.append(_table(measures))
    parts += [plain(panel.conclusion) for panel in forest_of(findings).panels()]
    parts += ["## What to do", _code(code_of(findings)), _table(units_table(findings))]
    for section in sections_of(findings):
        said = [*section.said, *(p.conclusion for chart in section.charts for p in chart.panels())]
        parts += [f"## {section.heading}", *(f"- {plain(text)}" for text in said)]
    parts += ["## Checks", *_checks(findings, ignore)]
    return _joined(parts)


def plain(text: str) -> str:
    r"""Escape what Markdown or HTML would read as a mark; a line break, which could begin one, is a space.

    Examples
    --------
    >>> print(plain("<b>a|b</b>"))
    \<b\>a\|b\</b\>
    """
    return _SPECIAL.sub(r"\\\1", " ".join(printable(text).splitlines()))


def _checks(findings: Findings, ignore: Iterable[str]) -> list[str]:
    out = []
    for check in checks_of(findings, ignore):
        text = f"- **{check.status.value}** {check.code} {plain(check.title)}"
        if check.found:
            text += f": {plain(check.found)}"
        if check.status in (Status.ISSUE, Status.TIP):
            text += f" {plain(check.remedy)}"
        out.append(text)
    return out


def _table(table: Table) -> str:
    lines = [table.heads, ("---",) * len(table.heads)]
    rows = [tuple(plain(cell) for cell in row) for row in table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [*lines, *rows])


def _code(text: str) -> str:
    """Fence code by more marks than it has in a row itself."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{printable(text)}\n{fence}"


def _joined(parts: list[str]) -> str:
    """Join paragraphs by empty lines, the items of a list by none."""
    text = ""
    for part in parts:
        inside = part.startswith("- ") and text.rpartition("\n\n")[2].startswith("- ")
        text += ("" if not text else "\n" if inside else "\n\n") + part
    return text + "\n"
