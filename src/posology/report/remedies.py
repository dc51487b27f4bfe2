"""What each coded check asks to be done about what it found."""

import math
import shlex
from collections.abc import Mapping
from typing import Any

from posology.inference.outlook import repeats_could
from posology.regularizers import REGULARIZERS
from posology.report.asking_again import from_here, study_again
from posology.report.charts.numbers import strength
from posology.report.check import Status
from posology.report.findings import Findings
from posology.report.looks import copies, fitting_of_advised, too_narrow
from posology.report.tables import strengths_in_words

_ANEW = "in a new study, for resume cannot:"


def widen(f: Findings) -> str:
    """Name a wider range of each regularizer whose strengths lie at the end; some have no more to give."""
    found = {name: f.evidence["ranges"][name] for name in too_narrow(f)}
    wider = {name: (own["low"], high) for name, own in found.items() if (high := _beyond(name, own)) > own["high"]}
    if not wider:
        return "Its range ends where its strength does." if found else "--range NAME=LOW:HIGH widens a range."
    shorter = {name: (low, float(strength(high))) for name, (low, high) in wider.items()}
    them = "it" if len(wider) == 1 else "them"
    return f"Widen {them} {_ANEW} {study_again(f, 'wider', shorter)}"


def _beyond(name: str, own: Mapping[str, Any]) -> float:
    """Give a stronger end: ten times a penalty, half of what is left of a rate."""
    most = REGULARIZERS[name].strength.most if name in REGULARIZERS else math.inf
    if own["scale"] == "log":
        return min(10 * own["high"], most)
    return 2 * own["high"] if math.isinf(most) else (own["high"] + most) / 2


def longer(f: Findings) -> str:
    """Name the study of twice the epochs."""
    epochs = f.verdict["settings"]["design"]["epochs"]
    return f"Give more {_ANEW} {study_again(f, 'longer', epochs=2 * epochs)}"


def apart(f: Findings) -> str:
    """Say how rows that are alike are kept together; where groups are, only what they do not hold is left to do."""
    if copies(f)[0] is Status.TIP:
        return "So few hardly move a score. Drop what is there twice by mistake."
    if (groups := f.verdict["study"]["groups"]) is None:
        return "Name the column that says which rows belong together, or drop what is there twice by mistake."
    return (
        f"Rows of one '{groups['column']}' share a fold already, so copies within it do no harm. Drop what is there "
        "twice by mistake, or name a --groups column that keeps the copies together too."
    )


def search_more(f: Findings) -> str:
    """Name the study of twice the trials."""
    trials = f.verdict["settings"]["design"]["trials"]
    return f"Give more {_ANEW} {study_again(f, 'searched', trials=2 * trials)}"


def fit_better(f: Findings) -> str:
    """Say what is left to do where strengths were tuned already."""
    one = fitting_of_advised(f) or {"overfits": True, "underfits": True}
    said = [_against_overfitting(f)] if one["overfits"] else []
    if one["underfits"]:
        said.append("Against underfitting: a wider or deeper network; weaker strengths were tried too, down to none.")
    return " ".join(said)


def _against_overfitting(f: Findings) -> str:
    """Ask for more strength only where POS002 does: elsewhere stronger ones were tried, and predicted worse."""
    strengths = [name for name, sites in f.verdict["prescription"]["strengths"].items() if any(sites)]
    if narrow := [name for name in strengths if name in too_narrow(f)]:
        return f"Against overfitting: a stronger {' and '.join(narrow)}, as POS002 says."
    less = "More rows, fewer columns or a smaller network may narrow the gap"
    if not strengths:
        return f"Regularizers were tried and are not advised. {less}."
    best = (
        f"of what was tried, {strengths_in_words(f.verdict['prescription']['strengths'])} predicted held-out rows best"
    )
    return f"More strength is no remedy: {best}, and a gap by itself does no harm. {less}."


def go_on(f: Findings) -> str:
    """Say how a study is made longer, or that more rows would help more."""
    resume = f"posology resume {shlex.quote(from_here(f.run['folder']))}"
    if f.verdict["study"]["stopping"]["ended"] == "budget":
        return f"{resume} goes on where it ended."
    return f"{resume} --repeats N adds repeats, and trains nothing twice.{_rather_rows(f)}"


def finer(f: Findings) -> str:
    """Say what makes intervals narrower."""
    return f"Give more --repeats or rows, fewer arms, or a --margin that you can live with.{_rather_rows(f)}"


def _rather_rows(f: Findings) -> str:
    chance = f.verdict["analysis"]["chance_of_settling"]
    slight = chance is not None and repeats_could(chance) != "may"
    return " More rows would help more: on these, repeats can hardly decide it." if slight else ""
