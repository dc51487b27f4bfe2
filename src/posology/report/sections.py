"""The evidence of a report, part by part: what is said, and its charts."""

from collections.abc import Sequence

from posology.report.charts import (
    Beside,
    Curves,
    Fitting,
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
from posology.report.charts.numbers import with_interval
from posology.report.cocktail import mixed
from posology.report.display import Display
from posology.report.findings import Findings
from posology.report.items import Part, Said
from posology.report.together import in_probabilities, together_or_apart


def evidence_parts(f: Findings) -> list[Part]:
    """List the parts of the evidence, behind the forest."""
    return [
        _part("together", "Together or apart", *_together(f)),
        _part("strengths", "How strong", [], Surface(f), Path(f)),
        _part("fitting", "Overfitting and training", [_stopping(f)], Curves(f), Fitting(f)),
        _part("inside", "What it does to the network", [], Weights(f), Robustness(f)),
        _part("levers", "What else would help", _levers(f), Beside(f)),
        _part("trust", "Can it be trusted?", _power(f), Strip(f)),
    ]


def _part(id_: str, heading: str, said: Sequence[str], *charts: Display) -> Part:
    return Part(id_, heading, (*([Said(tuple(said))] if said else []), *charts))


def _together(f: Findings) -> tuple[Sequence[str], Display, Display]:
    """Tell regularizers apart; of a cocktail, its members."""
    if (cocktail := f.verdict.get("cocktail")) is not None:
        return mixed(cocktail, f.measure.words), Members(f), Pairs(f)
    return together_or_apart(f.verdict, f.measure.words), Interaction(f), LeftOut(f)


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
            f"This study easily misses differences below {seen:.4f} {unit} (it would show one of that size with a "
            f"chance of 80%); your margin is {f.margin:g}."
        )
    if (floor := analysis["floor_of_detectable_difference"]) is not None:
        said.append(f"However many repeats, on these rows that stays at {floor:.4f} or more.")
    if (p := analysis["probabilities"]) is not None:
        said.append(in_probabilities(p["combination_better"], p["within_margin"]))
    return said
