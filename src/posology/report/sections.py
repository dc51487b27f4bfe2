"""What stands on the page, in its order, before it is put into HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posology.handback.units import comments, units_of
from posology.report.charts import (
    Beside,
    Curves,
    Fitting,
    Forest,
    Interaction,
    LeftOut,
    Members,
    Pairs,
    Path,
    Robustness,
    Strip,
    Surface,
    Weights,
)
from posology.report.charts.numbers import strength, with_interval
from posology.report.cocktail import mixed
from posology.report.display import Display
from posology.report.findings import Findings, in_order
from posology.report.together import together_or_apart
from posology.scoring import in_words
from posology.verdict_text import stands_on

NOTHING = "\N{EN DASH}"
"""Where there is no number."""


@dataclass(frozen=True)
class Table:
    """A table of cells in words.

    Parameters
    ----------
    heads : tuple of str
    rows : tuple of tuple of str
    names : int
        So many first columns name the row.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1


@dataclass(frozen=True)
class Section:
    """A part of the evidence: a heading, what is said, its charts."""

    id: str
    heading: str
    said: tuple[str, ...]
    charts: tuple[Display, ...]


def sections_of(f: Findings) -> list[Section]:
    """List the parts of the evidence, behind the forest."""
    return [
        _together(f),
        Section("strengths", "How strong", (), (Surface(f), Path(f))),
        Section("fitting", "Overfitting and training", (_stopping(f),), (Curves(f), Fitting(f))),
        Section("inside", "What it does to the network", (), (Weights(f), Robustness(f))),
        Section("levers", "What else would help", tuple(_levers(f)), (Beside(f),)),
        Section("trust", "Can it be trusted?", tuple(_power(f)), (Strip(f),)),
    ]


def _together(f: Findings) -> Section:
    """Tell regularizers apart; of a cocktail, its members."""
    if (cocktail := f.verdict.get("cocktail")) is not None:
        return Section("together", "Together or apart", tuple(mixed(cocktail, f.measure.words)), (Members(f), Pairs(f)))
    together = tuple(together_or_apart(f.verdict, f.measure.words))
    return Section("together", "Together or apart", together, (Interaction(f), LeftOut(f)))


def forest_of(f: Findings) -> Forest:
    """Give the chart that follows the verdict."""
    return Forest(f)


def sentences_of(f: Findings) -> tuple[str, ...]:
    """Give the verdict in words, and what it stands on."""
    verdict, study = f.verdict["verdict"], f.verdict["study"]
    stops = f.verdict["settings"]["design"]["patience"] is not None
    ends = stands_on(study, study["networks"], f.run["seconds"], verdict["estimand"], stops=stops)
    return (*verdict["sentences"], ends)


def arms_table(f: Findings) -> Table:
    """Give the table of arms as the terminal has it."""
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
    heads = ("arm", unit, "gain over none [95%]", "train-test gap", "mean strengths", "epochs", "could be best")
    return Table(heads, rows)


def measures_table(f: Findings) -> Table | None:
    """Give every arm by every score; None where there is but one."""
    names = tuple(f.verdict["arms"][0].get("measures", ()))
    if not names:
        return None
    heads = ("arm", *(f.measure_of(name).words for name in names))
    rows = tuple((row["arm"], *(f"{row['measures'][name]:.4f}" for name in names)) for row in f.verdict["arms"])
    return Table(heads, rows)


def units_table(f: Findings) -> Table:
    """Give the prescription's strengths in the units of Keras, torch and scikit-learn."""
    kinds = ("keras_l1", "keras_l2", "torch_weight_decay", "sklearn_alpha", "dropout")
    rows = tuple(
        (one["site"], *(NOTHING if one[kind] is None else strength(one[kind]) for kind in kinds))
        for one in units_of(f.verdict)
    )
    alpha = "MLPClassifier" if f.classes else "MLPRegressor"
    heads = ("site", "Keras L1", "Keras L2", "torch weight_decay", f"scikit-learn {alpha} alpha", "dropout rate")
    return Table(heads, rows)


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
    return Table(tuple(map(str, flat.columns)), rows, len(names))


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


def _stopping(f: Findings) -> str:
    if f.verdict["settings"]["design"]["patience"] is None:
        return "There is no early stopping: every network trains all epochs."
    return "Early stopping, itself a regularizer, is on in every arm."


def _levers(f: Findings) -> Sequence[str]:
    levers = f.verdict["levers"]
    if not levers or levers["gain_of_early_stopping"] is None:
        return []
    gain = with_interval(levers["gain_of_early_stopping"])
    said = [f"Early stopping by itself: none with it minus none without, {gain} {f.measure.words}."]
    gains = [f"{one['name']} {with_interval(one['over_none'])}" for one in levers["each"] if one["over_none"]]
    if gains:
        said.append(f"What an arm gains over none where neither stops early: {'; '.join(gains)}.")
    return said


def _power(f: Findings) -> Sequence[str]:
    analysis, unit = f.verdict["analysis"], f.measure.words
    said = []
    if (seen := analysis["smallest_detectable_difference"]) is not None:
        said.append(
            f"Smallest difference that this study would have shown four times out of five: {seen:.4f} {unit}; your "
            f"margin is {f.margin:g}."
        )
    if (floor := analysis["floor_of_detectable_difference"]) is not None:
        said.append(f"Endless repeats on these rows would bring that to {floor:.4f}.")
    if (p := analysis["probabilities"]) is not None:
        said.append(
            f"Probability that the best combination beats the best single arm: {p['combination_better']:.0%}; that "
            f"they differ by less than the margin: {p['within_margin']:.0%}."
        )
    return said
