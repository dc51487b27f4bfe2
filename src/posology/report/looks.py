"""What each coded check looks at in a study, and finds."""

from collections.abc import Sequence
from typing import Any

from posology.report.charts.numbers import signed
from posology.report.charts.path import Path as StrengthPath
from posology.report.charts.trials import BINS
from posology.report.check import Outcome, Status
from posology.report.findings import Findings
from posology.table.checks import MANY_COPIES
from posology.wording import capital, counted

EDGE = 0.3
"""Share of resamples that choose a strength in the last bin of its range from which on it is told."""

SLIGHT = 0.02
"""Balanced accuracy above that of naming one class always, up to which classes are hardly told apart."""


def _found(bad: Sequence[str], good: str, status: Status = Status.ISSUE) -> Outcome:
    return (status, " ".join(bad)) if bad else (Status.PASSED, good)


def beyond_noise(f: Findings) -> Outcome:
    """Look for an arm that certainly beats none."""
    rows = [row for row in f.verdict["arms"] if row["gain_over_none"] is not None]
    if not rows:
        return Status.NOT_APPLICABLE, "None is not among the arms."
    sure = [row["arm"] for row in rows if row["gain_lower"] is not None and row["gain_lower"] > 0]
    if sure:
        return Status.PASSED, f"Better than none for certain: {', '.join(sure)}."
    return Status.TIP, "No arm's gain over none is certain to be above zero."


def edge(f: Findings) -> Outcome:
    """Look for strengths that many resamples chose at the strong end of their ranges, and that are best there."""
    if not f.evidence["ranges"]:
        return Status.NOT_APPLICABLE, "Each resample has a mix of its own."
    path, said = StrengthPath(f), {}
    for name, share in _near_their_ends(f).items():
        end = f"{f.evidence['ranges'][name]['high']:g}, the end of its range"
        said[name] = f"In {path.arm(name)}, {share:.0%} of the resamples chose {name} near {end}"
    if narrow := too_narrow(f):
        return Status.ISSUE, " ".join(f"{said[name]}." for name in narrow)
    inside = [f"{text}, but {path.good(name) or 'too few tried it to be compared'}." for name, text in said.items()]
    none = "Chosen strengths lie inside their ranges, or at the weak end, which is as good as off."
    return Status.PASSED, " ".join(inside) or none


def too_narrow(f: Findings) -> list[str]:
    """List the regularizers that many resamples chose at the end, where none further inside is as good on average.

    Where the plateau reaches inside, or lies there, a wider range moves nothing.
    """
    path = StrengthPath(f)
    return [name for name in _near_their_ends(f) if path.plateau(name) == [BINS]]


def _near_their_ends(f: Findings) -> dict[str, float]:
    """Give the share of resamples that chose the last bin, of regularizers where many did."""
    path, out = StrengthPath(f), {}
    for name in f.regularizers:
        bins = [b for b in path.bins_chosen(name) if b]
        share = bins.count(BINS) / len(bins) if bins else 0.0
        # the weak end is as good as off: nothing lies beyond
        if share >= EDGE:
            out[name] = share
    return out


def resolution(f: Findings) -> Outcome:
    """Look whether a difference as large as the margin would have been seen."""
    seen = f.verdict["analysis"]["smallest_detectable_difference"]
    if seen is None:
        return Status.NOT_APPLICABLE, "With arms that never differ there is nothing to resolve."
    text = f"This study easily misses differences below {seen:.4f} {f.measure.words}"
    if seen <= f.margin:
        return Status.PASSED, f"{text}, which are within your margin of {f.margin:g}."
    return Status.TIP, f"{text}, and your margin is {f.margin:g}."


def line(f: Findings) -> Outcome:
    """Look how near the verdict is to another."""
    kind, analysis = f.verdict["verdict"]["kind"], f.verdict["analysis"]
    bad = [
        f"With {words} the margin the verdict would be: {analysis[key]}."
        for key, words in (("at_half_margin", "half"), ("at_double_margin", "double"))
        if analysis[key] != kind
    ]
    return _found(bad, "Half and double the margin give the same kind of verdict.", Status.TIP)


def last_epoch(f: Findings) -> Outcome:
    """Look for networks whose best epoch was the last."""
    design = f.verdict["settings"]["design"]
    if design["patience"] is None:
        return Status.NOT_APPLICABLE, "Every network trains all epochs, as asked."
    late = [row["arm"] for row in f.verdict["arms"] if row["epochs"] > 0.9 * design["epochs"]]
    bad = [
        (
            f"On average {', '.join(late)} trained for more than nine tenths of at most "
            f"{counted(design['epochs'], 'epoch')}."
        )
    ]
    return _found(bad if late else [], "Trainings end well before their longest.")


def copies(f: Findings) -> Outcome:
    """Look for rows that are no evidence of their own."""
    study = f.verdict["study"]
    # what an estimator joined into one row with its weight is no copy any more
    joined = study.get("copies") == 0
    told = [note for note in study["notes"] if "--groups" in note or _tells_copies(note)]
    notes = [note for note in told if not (joined and _tells_copies(note))]
    status = Status.TIP if _only_few_copies(f, notes) else Status.ISSUE
    none = "No row is a copy of another, nor are neighbours in time alike."
    return _found([_with_share(f, note) for note in notes], none, status)


def _tells_copies(note: str) -> bool:
    return "repeat an earlier row" in note or "repeats an earlier row" in note


def _only_few_copies(f: Findings, notes: Sequence[str]) -> bool:
    """Tell whether all that is told is copies of so few rows that no score hangs on them."""
    study = f.verdict["study"]
    # studies of an earlier version do not have the count
    few = study.get("copies", study["rows"]) <= MANY_COPIES * study["rows"]
    return few and all(map(_tells_copies, notes))


def _with_share(f: Findings, note: str) -> str:
    study = f.verdict["study"]
    if not _tells_copies(note) or "copies" not in study:
        return note
    share = 100 * study["copies"] / study["rows"]
    return f"{note} That is {share:.2g}% of {study['rows']:,} rows."


def diverged(f: Findings) -> Outcome:
    """Look for networks that diverged or failed."""
    study = f.verdict["study"]
    bad = []
    if study["failed_networks"]:
        bad.append(f"{counted(study['failed_networks'], 'refit')} diverged and count as the worst.")
    tuning = sum(one["stage"] == "tuning" for one in study["failures"])
    if tuning:
        bad.append(f"{counted(tuning, 'trial')} at least diverged while tuning and were passed over.")
    return _found(bad, "No network diverged.", Status.ISSUE if study["failed_networks"] else Status.TIP)


def wild(f: Findings) -> Outcome:
    """Look whether many losses were capped."""
    flags = [flag for flag in f.verdict["analysis"]["flags"] if "capped" in flag]
    capped = f.verdict["study"]["capped_row_losses"]
    one = capped == 1
    said = f"{capped:,} {'loss of a single row was' if one else 'losses of single rows were'} capped"
    return _found([f"{flag}." for flag in flags], f"{said}{', one in a hundred at most' if capped else ''}.")


def skill(f: Findings) -> Outcome:
    """Look whether any arm predicts better than chance."""
    best = max(f.score(arm) for arm in f.arms)
    if best > f.measure.chance:
        return Status.PASSED, f"The best arm scores {best:.4f}; predicting {f.measure.naive} gets {f.measure.chance:g}."
    return Status.ISSUE, f"No arm predicts better than {f.measure.naive}: the best scores {best:.4f}."


def rows(f: Findings) -> Outcome:
    """Look whether rows are many enough for the columns."""
    flags = [flag for flag in f.verdict["analysis"]["flags"] if "rows a column" in flag]
    study = f.verdict["study"]
    return _found(
        [f"{flag}." for flag in flags],
        f"{study['rows']:,} rows for {counted(study['prepared_columns'], 'prepared column')}.",
    )


def trees(f: Findings) -> Outcome:
    """Look whether boosted trees beat the best arm."""
    return _lever(f, "trees", "over_best", "the best arm")


def linear(f: Findings) -> Outcome:
    """Look whether a ridge, or a logistic regression, beats the best arm."""
    return _lever(f, "ridge", "over_best", "the best arm")


def average(f: Findings) -> Outcome:
    """Look whether an average of networks beats the advised arm."""
    return _lever(f, "average", "over_advised", "the advised arm")


def _lever(f: Findings, name: str, against: str, words: str) -> Outcome:
    levers = f.verdict["levers"]
    one = next((lever for lever in levers["each"] if lever["name"] == name), None) if levers else None
    if one is None:
        return Status.NOT_APPLICABLE, "It was not scored in this study."
    d = one[against]
    ends = f"{signed(d['value'])} {f.measure.words} [{signed(d['lower'])}, {signed(d['upper'])}]"
    text = f"{capital(one['words'])} minus {words}: {ends}."
    return (Status.TIP if d["lower"] > 0 else Status.PASSED), text


def search(f: Findings) -> Outcome:
    """Look whether more trials would still have gained."""
    bad = [w["text"] for w in f.verdict["study"]["warnings"] if w["code"] == "searched too little"]
    return _found(bad, "The second half of every arm's trials gained nothing that matters.")


def overfits(f: Findings) -> Outcome:
    """Look whether the advised arm over- or underfits."""
    if (one := fitting_of_advised(f)) is None:
        return Status.NOT_APPLICABLE, "There are no training scores of the advised arm."
    bad = []
    if one["overfits"]:
        ends = f"{one['train']:.3f} on training rows, {one['test']:.3f} on held-out rows"
        bad.append(f"{f.advised} overfits: {f.gap_unit} {ends}.")
    if one["underfits"]:
        reached = f"{f.gap_unit} {one['reached']:.3f} on held-out rows"
        bad.append(f"{f.advised} underfits: {one['reached_by']} gets {reached}.")
    return _found(bad, f"{f.advised} neither over- nor underfits by more than your margin.", Status.TIP)


def fitting_of_advised(f: Findings) -> dict[str, Any] | None:
    """Give how the advised arm fits training and held-out rows; None where there are no training scores of it."""
    fitting = (f.verdict["behaviour"] or {}).get("fitting", [])
    return next((one for one in fitting if one["arm"] == f.advised and one["train"] is not None), None)


def structure(f: Findings) -> Outcome:
    """Look for what the network's structure does to regularizers."""
    bad = [w["text"] for w in f.verdict["study"]["warnings"] if w["code"] != "searched too little"]
    return _found([*bad, *f.verdict["study"]["network_notes"]], "Nothing in the network's structure.", Status.TIP)


def ended(f: Findings) -> Outcome:
    """Look why the study ended."""
    looks = f.verdict["study"]["stopping"]
    said = f"{capital(looks['sentence'])}."
    if looks["ended"] == "budget":
        return Status.ISSUE, said
    if f.verdict["study"]["repeats"] < 2:
        return Status.ISSUE, "There is one repeat: noise of rows and of training cannot be told apart."
    return Status.PASSED, said


def every_class(f: Findings) -> Outcome:
    """Look whether any arm's likeliest class tells more than always naming the same one."""
    measures = [row.get("measures") or {} for row in f.verdict["arms"]]  # of numbers: R2, MAE, ..
    found = [of_arm["balanced_accuracy"] for of_arm in measures if "balanced_accuracy" in of_arm]
    if not found:
        return Status.NOT_APPLICABLE, "The target is a number."
    best, chance = max(found), 1 / len(f.classes)
    ends = f"The best balanced accuracy of an arm is {best:.3f}, and {chance:.3f} is had by naming one class always"
    return (Status.TIP if best < chance + SLIGHT else Status.PASSED), f"{ends}."
