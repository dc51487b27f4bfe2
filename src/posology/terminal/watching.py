"""A running study in the terminal: a bar, the time left, the losses of its trainings; no arm by name."""

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from posology.console import Terminal
from posology.watching import LATEST, Look
from posology.wording import printable

BLOCKS, SIGNS = "▁▂▃▄▅▆▇█", "_.-=+*#@"
"""From low to high; where the terminal has no blocks, signs."""


class View:
    """Shows looks: in a terminal in place, elsewhere a line for each that says something new."""

    def __init__(self) -> None:
        self._console = Terminal()
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._last = ""

    @property
    def pause(self) -> float:
        """Seconds between two looks: a log needs fewer lines than a screen."""
        return 1.0 if self._live else 10.0

    def __enter__(self) -> "View":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, look: Look) -> None:
        """Show a look."""
        if self._live:
            self._live.update(_drawn(look, self._console.encoding), refresh=True)
        elif look.words != self._last:
            self._console.print(look.words, soft_wrap=True)
        self._last = look.words


def _drawn(look: Look, encoding: str) -> RenderableType:
    parts: list[RenderableType] = [Text(printable(look.words))]
    if look.state == "running" and look.at_most:
        parts.append(ProgressBar(look.at_most, look.networks, width=48))
    if look.curve:
        blocks = BLOCKS if encoding.lower().startswith("utf") else SIGNS
        for name, place in (("training", 1), ("held-out", 2)):
            losses = [point[place] for point in look.curve]
            parts.append(Text(f"{name} loss  {sparks(losses, blocks)}  {losses[0]:.3g} to {losses[-1]:.3g}"))
        epochs = f"epochs {look.curve[0][0]} to {look.curve[-1][0]}"
        parts.append(Text(f"{epochs}; means of the latest {LATEST} networks at most, all arms together", style="dim"))
    return Group(*parts)


def sparks(values: list[float], blocks: str = BLOCKS) -> str:
    """Draw numbers as one line of signs, each between the least and the largest.

    Examples
    --------
    >>> sparks([1.0, 0.5, 0.0, 0.5])
    '█▅▁▅'
    >>> sparks([2.0, 2.0])
    '▁▁'
    """
    low, high = min(values), max(values)
    steps = [0 if high == low else round((len(blocks) - 1) * (value - low) / (high - low)) for value in values]
    return "".join(blocks[step] for step in steps)
