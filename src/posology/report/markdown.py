"""The report as Markdown: the parts of the page, in words and tables; of a picture, what is seen in it."""

import re
from collections.abc import Iterable

from posology.report.check import Check
from posology.report.display import Display
from posology.report.findings import Findings
from posology.report.items import Checks, Code, Item, Said, Table, Text
from posology.report.parts import about, parts_of
from posology.report.tables import table_of
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
    parts = []
    for place, part in enumerate(parts_of(findings, ignore)):
        parts.append(f"{'##' if place else '#'} {plain(part.heading)}")
        parts += [] if place else [plain(about(findings))]
        parts += [text for item in part.items for text in _written(item)]
    return _joined(parts)


def _written(item: Item) -> list[str]:
    """Write one thing as paragraphs; of a chart, what is seen in it."""
    match item:
        case Text():
            return [plain(item.text)]
        case Said():
            return [*([f"### {plain(item.heading)}"] if item.heading else []), *_listed(item.sentences)]
        case Table():
            return [_table(item)]
        case Code():
            return [_code(item.text)]
        case Checks():
            return [_check(check) for check in item.checks]
        case _:
            return [*_listed([panel.conclusion for panel in item.panels()]), *(_numbers(item) if item.told else [])]


def _numbers(display: Display) -> list[str]:
    """Write the numbers of a chart, where it has some, and how to read them."""
    table = table_of(display)
    return [] if table is None else [_table(table), plain(display.caption())]


def _listed(sentences: Iterable[str]) -> list[str]:
    return [f"- {plain(text)}" for text in sentences]


def plain(text: str) -> str:
    r"""Escape what Markdown or HTML would read as a mark; a line break, which could begin one, is a space.

    Examples
    --------
    >>> print(plain("<b>a|b</b>"))
    \<b\>a\|b\</b\>
    """
    return _SPECIAL.sub(r"\\\1", " ".join(printable(text).splitlines()))


def _check(check: Check) -> str:
    text = f"- **{check.status.value}** {check.code} {plain(check.title)}"
    if check.found:
        text += f": {plain(check.found)}"
    return f"{text} {plain(check.remedy)}" if check.presses else text


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
