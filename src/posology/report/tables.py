"""The tables of a report, its code and its verdict in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from posology.handback.units import comments, units_of
from posology.inference.measures import CLASS_SCORES, NUMBER_SCORES, OF_TARGET
from posology.report.charts.numbers import strength, with_interval
from posology.report.display import Display
from posology.report.findings import Findings, in_order
from posology.report.items import Table
from posology.scoring import in_words
from posology.verdict_text import stands_on
from posology.working_time import WorkingTime

NOTHING = "\N{EN DASH}"
"""Where there is no number."""


def sentences_of(f: Findings) -> tuple[str, ...]:
    """Give the verdict in words, and what it stands on."""
    verdict, study = f.verdict["verdict"], f.verdict["study"]
    stops = f.verdict["settings"]["design"]["patience"] is not None
    ends = stands_on(study, study["networks"], WorkingTime.of(f.run), verdict["estimand"], stops=stops)
    return (*verdict["sentences"], ends)


def arms_table(f: Findings) -> Table:
    """Give the table of arms; the terminal shows it too."""
    rows = tuple(
        (
            row["arm"],
            f"{f.score(row['arm']):.4f}",
            "" if row["gain_over_none"] is None else with_interval(_gain(row)),
            number(row["gap"], 3),
            strengths_in_words(row["strengths"]) or NOTHING,
            f"{row['epochs']:.0f}",
            "yes" if row["could_be_best"] else "no",
        )
        for row in f.verdict["arms"]
    )
    unit = f.measure.words
    heads = (
        "arm",
        unit,
        "gain over none [95%]",
        gap_head(unit, f.gap_unit),
        "mean strengths",
        "epochs",
        "could be best",
    )
    return Table(heads, rows, caption="Table of arms")


def gap_head(unit: str, of_gaps: str) -> str:
    """Head the column of gaps; with their unit where that is another than that of the scores.

    Examples
    --------
    >>> gap_head("R2", "R2"), gap_head("AUC", "log-loss skill")
    ('train-test gap', 'train-test gap, log-loss skill')
    """
    return "train-test gap" if unit == of_gaps else f"train-test gap, {of_gaps}"


def measures_table(f: Findings) -> Table | None:
    """Give every arm by every score; None where there is but one."""
    names = scores_in_order(f.verdict["arms"][0].get("measures", ()), f.targets)
    if not names:
        return None
    heads = ("arm", *(f.measure_of(name).words for name in names))
    rows = tuple((row["arm"], *(f"{row['measures'][name]:.4f}" for name in names)) for row in f.verdict["arms"])
    return Table(heads, rows, caption="Every arm by every score of such a target")


def scores_in_order(names: Iterable[str], targets: Sequence[str]) -> tuple[str, ...]:
    """Put scores into their own order, those of all targets before those of each; JSON has sorted them.

    Examples
    --------
    >>> scores_in_order(["auc", "brier", "log_loss"], ())
    ('log_loss', 'brier', 'auc')
    >>> scores_in_order(["r2", "r2 of area", "r2 of rent"], ("rent", "area"))
    ('r2', 'r2 of rent', 'r2 of area')
    """
    known = [score.partition(":")[0] for score in (*NUMBER_SCORES, *CLASS_SCORES)]

    def place(name: str) -> tuple[int, int]:
        score, of, target = name.partition(OF_TARGET)
        return targets.index(target) + 1 if of else 0, known.index(score.partition(":")[0])

    return tuple(sorted(names, key=place))


def units_table(f: Findings) -> Table:
    """Give the prescription's strengths in the units of Keras, torch and scikit-learn."""
    kinds = ("keras_l1", "keras_l2", "torch_weight_decay", "sklearn_alpha", "dropout")
    rows = tuple(
        (one["site"], *(NOTHING if one[kind] is None else strength(one[kind]) for kind in kinds))
        for one in units_of(f.verdict)
    )
    alpha = "MLPClassifier" if f.classes else "MLPRegressor"
    heads = ("site", "Keras L1", "Keras L2", "torch weight_decay", f"scikit-learn {alpha} alpha", "dropout rate")
    return Table(heads, rows, caption="Strengths in units of Keras, torch and scikit-learn")


def code_of(f: Findings) -> str:
    """Give the lines to write, with the same strengths in other libraries' units as comments."""
    return "\n".join([*f.verdict["prescription"]["lines"], *comments(f.verdict)])


def table_of(display: Display) -> Table | None:
    """Give the numbers behind a chart as a table in words."""
    frame = display.frame()
    if not len(frame):
        return None
    names = [str(name) for name in frame.index.names]
    flat = frame.reset_index()
    rows = tuple(tuple(_cell(value) for value in row) for row in flat.itertuples(index=False, name=None))
    return Table(tuple(map(str, flat.columns)), rows, len(names), f"{display.title}, in numbers")


def strengths_in_words(strengths: Mapping[str, Sequence[float]]) -> str:
    """Write strengths, in the package's order."""
    return in_words({name: strengths[name] for name in in_order(strengths)})


def number(value: float | None, places: int) -> str:
    """Write a number; a dash where there is none."""
    return NOTHING if value is None else f"{value:.{places}f}"


def _cell(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return NOTHING
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _gain(row: dict[str, Any]) -> dict[str, Any]:
    return {"value": row["gain_over_none"], "lower": row["gain_lower"], "upper": row["gain_upper"]}
