"""The terminal as this package writes to it: nothing in a name is markup, and nothing in it is obeyed."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from posology.wording import printable

WIDTH = 120
"""Characters of a line where the output is no terminal."""


class Terminal(Console):
    """rich's console for text that is the user's: columns, classes, layers and files.

    Square brackets and colons stay as they are, and control characters are spelled out, in cells of tables too. Where
    the output is no terminal, a line has `WIDTH` characters and no blanks at its end, whatever command writes it.

    Parameters
    ----------
    **more
        As rich's own.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(highlight=False, emoji=False, markup=False, **more)
        if not self.is_terminal and "width" not in more:
            self.width = WIDTH

    def print(self, *objects: Any, **more: Any) -> None:
        """Print as rich does."""
        if self.is_terminal or self.quiet:
            super().print(*objects, **more)
            return
        with self.capture() as captured:
            super().print(*objects, **more)
        self.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
        self.file.flush()

    def render_str(self, text: str, **more: Any) -> Text:
        """Turn a string into what is shown."""
        return super().render_str(printable(text), **more)


def plain_table() -> Table:
    """Begin a table without lines around its cells."""
    return Table(box=None, pad_edge=False, header_style="dim")
