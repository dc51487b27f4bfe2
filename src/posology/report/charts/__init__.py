"""The charts of a report, one file each; `CHARTS` lists them in the order of the page."""

from posology.report.charts.beside import Beside
from posology.report.charts.curves import Curves
from posology.report.charts.fitting import Fitting
from posology.report.charts.forest import Forest
from posology.report.charts.interaction import Interaction
from posology.report.charts.left_out import LeftOut
from posology.report.charts.members import Members
from posology.report.charts.path import Path
from posology.report.charts.robustness import Robustness
from posology.report.charts.strip import Strip
from posology.report.charts.surface import Surface
from posology.report.charts.weights import Weights
from posology.report.display import Display

CHARTS: tuple[type[Display], ...] = (
    Forest,
    Interaction,
    LeftOut,
    Members,
    Surface,
    Path,
    Curves,
    Fitting,
    Weights,
    Robustness,
    Beside,
    Strip,
)

__all__ = [
    "CHARTS",
    "Beside",
    "Curves",
    "Fitting",
    "Forest",
    "Interaction",
    "LeftOut",
    "Members",
    "Path",
    "Robustness",
    "Strip",
    "Surface",
    "Weights",
]
