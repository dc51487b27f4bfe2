"""A chart as an object: draw it, read its numbers, be told how to read it."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from posology.report.findings import Findings
from posology.report.style import FONT, color, drawing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Panel:
    """One picture of a chart.

    Parameters
    ----------
    key : str
        Its name in `Display.plot`.
    heading : str
    conclusion : str
        What is seen in it, for those who do not see it.
    size : (float, float)
        Width and height in points.
    margins : (float, float, float, float)
        Left, right, top and bottom of the axes, in points.
    """

    key: str
    heading: str
    conclusion: str
    size: tuple[float, float] = (340.0, 240.0)
    margins: tuple[float, float, float, float] = (56.0, 12.0, 10.0, 42.0)


class Display(ABC):
    """A chart of one study.

    Parameters
    ----------
    findings : Findings
    """

    name: ClassVar[str]
    title: ClassVar[str]
    told: ClassVar[bool] = False
    """Whether its numbers are few, and what is said of the picture is not enough where there is none: in Markdown."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    @abstractmethod
    def panels(self) -> Sequence[Panel]:
        """List its pictures; none where the study has not what it shows."""

    @abstractmethod
    def draw(self, ax: Any, panel: Panel) -> None:
        """Draw one picture."""

    @abstractmethod
    def frame(self) -> "pd.DataFrame":
        """Give the numbers that are drawn."""

    def absent(self) -> str:
        """Say why there is nothing to draw."""
        return "This study has nothing to show here."

    def caption(self) -> str:
        """Say how to read it, in a sentence or two."""
        return ""

    def plot(self, ax: "Axes | None" = None, *, panel: str | None = None) -> "Axes":
        """Draw one picture onto an axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            A new figure's when absent; `.figure` of what is returned is that figure.
        panel : str, optional
            Which of `panels()`, by its key; the first when absent.

        Raises
        ------
        ValueError
            No such picture.
        """
        every = {one.key: one for one in self.panels()}
        if not every:
            raise ValueError(self.absent())
        chosen = every.get(panel) if panel is not None else next(iter(every.values()))
        if chosen is None:
            raise ValueError(f"There is no panel '{panel}'. Use one of: {', '.join(every)}.")
        if ax is None:
            ax = blank(chosen).axes[0]
        self.draw(ax, chosen)
        return ax

    def figure(self, panel: Panel) -> "Figure":
        """Give one picture as a figure of its own, in the report's style."""
        with drawing():
            figure = blank(panel)
            self.draw(figure.axes[0], panel)
        return figure

    def narrow_figure(self, panel: Panel) -> "Figure | None":  # noqa: ARG002
        """Give a picture of the same for a narrow screen; None where the one picture fits any."""
        return None

    def help(self) -> str:
        """Say what the chart shows and how to read it."""
        return inspect.cleandoc(type(self).__doc__ or "")

    def _repr_svg_(self) -> str | None:
        from posology.report.svg import to_svg

        every = self.panels()
        if not every:
            return None
        with drawing():
            return to_svg(self.figure(every[0]), f"po-{self.name}", every[0].heading, every[0].conclusion)


def blank(panel: Panel) -> "Figure":
    """Make a figure with one empty axes, without pyplot."""
    from matplotlib.figure import Figure

    (width, height), (left, right, top, bottom) = panel.size, panel.margins
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    figure.add_axes((left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height))
    return figure


def y_label(ax: Any, panel: Panel, text: str) -> None:
    """Write the name of the vertical axis at the left end of its picture, clear of the longest tick label."""
    left, right = panel.margins[:2]
    ax.set_ylabel(text, color=color("ink"), fontsize=FONT)
    ax.yaxis.set_label_coords(-(left - 14) / (panel.size[0] - left - right), 0.5)
