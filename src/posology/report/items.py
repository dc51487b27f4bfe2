"""What a report is made of, before it is put into HTML or Markdown: parts, and the few kinds of things in them."""

from dataclasses import dataclass
from typing import ClassVar

from posology.report.check import Check
from posology.report.display import Display


@dataclass(frozen=True)
class Text:
    """A paragraph; `look` is empty, `evidence` for what a verdict stands on, or `caption`."""

    kind: ClassVar[str] = "text"
    text: str
    look: str = ""


@dataclass(frozen=True)
class Said:
    """A list of sentences, with a heading of its own or none."""

    kind: ClassVar[str] = "said"
    sentences: tuple[str, ...]
    heading: str = ""


@dataclass(frozen=True)
class Table:
    """A table of cells in words.

    Parameters
    ----------
    heads : tuple of str
    rows : tuple of tuple of str
    names : int
        So many first columns name the row.
    caption : str
        What it is a table of; read aloud, and not shown.
    look : str
        Empty, or `facts` where cells are long.
    """

    kind: ClassVar[str] = "table"
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1
    caption: str = ""
    look: str = ""


@dataclass(frozen=True)
class Code:
    """Lines to copy; `caption` says what they are, and is read aloud."""

    kind: ClassVar[str] = "code"
    text: str
    caption: str


@dataclass(frozen=True)
class Checks:
    """Checks, the most pressing first."""

    kind: ClassVar[str] = "checks"
    checks: tuple[Check, ...]


Item = Text | Said | Table | Code | Checks | Display
"""What stands in a part; a chart is its display."""


@dataclass(frozen=True)
class Part:
    """A part of the report.

    Parameters
    ----------
    id : str
        By which a link finds it.
    heading : str
    items : tuple of Item
        In their order.
    look : str
        Words for the style sheet.
    named : str
        Its name in a list of parts, where that is not its heading.
    """

    id: str
    heading: str
    items: tuple[Item, ...]
    look: str = ""
    named: str = ""

    @property
    def name(self) -> str:
        """Give its name in a list of parts."""
        return self.named or self.heading
