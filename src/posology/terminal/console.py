"""The terminal as this package writes to it: nothing in a name is markup, and nothing in it is obeyed."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from posology.wording import printable


class Terminal(Console):
    """rich's console for text that is the user's: columns, classes, layers and files.

    Square brackets and colons stay as they are, and control characters are spelled out, in cells of tables too.

    Parameters
    ----------
    width : int, optional
        Characters of a line where the output is no terminal.
    **more
        As rich's own.
    """

    def __init__(self, width: int | None = None, **more: Any) -> None:
        super().__init__(highlight=False, emoji=False, markup=False, **more)
        if width is not None and not self.is_terminal:
            self.width = width

    def render_str(self, text: str, **more: Any) -> Text:
        """Turn a string into what is shown."""
        return super().render_str(printable(text), **more)


def plain_table() -> Table:
    """Begin a table without lines around its cells."""
    return Table(box=None, pad_edge=False, header_style="dim")
