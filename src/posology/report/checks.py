"""Coded checks of a study, POS001 and on: what each found, what it means, what to do.

A check that cannot be made says so; one that was not to be shown is listed as ignored.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from typing import Any

from posology.errors import InputError
from posology.regularizers import REGULARIZERS
from posology.report.charts.numbers import signed, strength
from posology.report.charts.path import Path as StrengthPath
from posology.report.charts.trials import BINS
from posology.report.findings import Findings
from posology.wording import counted, did_you_mean

EDGE = 0.3
"""Share of resamples that choose a strength in the last bin of its range from which on it is told."""

SLIGHT = 0.02
"""Balanced accuracy above that of naming one class always, up to which classes are hardly told apart."""


class Status(StrEnum):
    """What a check came to, the most pressing first."""

    ISSUE = "issue"
    TIP = "tip"
    PASSED = "passed"
    NOT_APPLICABLE = "not applicable"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Check:
    """A check and what it came to.

    Parameters
    ----------
    code : str
        POS001 and on; it never changes its meaning.
    title : str
        What is checked, as what one would wish; where that is not so, what is so instead.
    status : Status
    found : str
        In this study.
    meaning, remedy : str
    """

    code: str
    title: str
    status: Status
    found: str
    meaning: str
    remedy: str

    @property
    def presses(self) -> bool:
        """Tell whether there is something to do."""
        return self.status in (Status.ISSUE, Status.TIP)

    @property
    def link(self) -> str:
        """Where the documentation tells more."""
        return f"{_documentation()}docs/report.md#{self.code.lower()}"


Outcome = tuple[Status, str]


@dataclass(frozen=True)
class _Rule:
    code: str
    title: str
    failed: str
    meaning: str
    remedy: str | Callable[[Findings], str]
    find: Callable[[Findings], Outcome]

    def check(self, findings: Findings) -> Check:
        """Make it."""
        status, found = self.find(findings)
        title = self.failed if status in (Status.ISSUE, Status.TIP) else self.title
        return Check(self.code, title, status, found, self.meaning, self.remedy_in(findings))

    def remedy_in(self, findings: Findings) -> str:
        """Say what to do in this study."""
        return self.remedy if isinstance(self.remedy, str) else self.remedy(findings)

    def ignored(self, findings: Findings) -> Check:
        """List it without making it."""
        return Check(self.code, self.title, Status.IGNORED, "", self.meaning, self.remedy_in(findings))


def checks_of(findings: Findings, ignore: Iterable[str] = ()) -> list[Check]:
    """Make every check, the most pressing first.

    Parameters
    ----------
    findings : Findings
    ignore : iterable of str
        Codes that are listed as ignored.

    Raises
    ------
    InputError
        A code that does not exist.
    """
    ignored = [code.strip().upper() for code in ignore]
    known = [rule.code for rule in RULES]
    for code in ignored:
        if code not in known:
            raise InputError(f"There is no check '{code}'.{did_you_mean(code, known)} Known: {', '.join(known)}.")
    out = [rule.ignored(findings) if rule.code in ignored else rule.check(findings) for rule in RULES]
    return sorted(out, key=lambda check: list(Status).index(check.status))


def _documentation() -> str:
    """Give the address of the documentation, where the package names one."""
    urls = dict(url.split(", ", 1) for url in metadata.metadata("posology").get_all("Project-URL", []))
    return urls["Documentation"].rstrip("/") + "/" if "Documentation" in urls else ""


def _found(bad: Sequence[str], good: str, status: Status = Status.ISSUE) -> Outcome:
    return (status, " ".join(bad)) if bad else (Status.PASSED, good)


def _beyond_noise(f: Findings) -> Outcome:
    rows = [row for row in f.verdict["arms"] if row["gain_over_none"] is not None]
    if not rows:
        return Status.NOT_APPLICABLE, "None is not among the arms."
    sure = [row["arm"] for row in rows if row["gain_lower"] is not None and row["gain_lower"] > 0]
    if sure:
        return Status.PASSED, f"Better than none for certain: {', '.join(sure)}."
    return Status.TIP, "No arm's gain over none is certain to be above zero."


def _edge(f: Findings) -> Outcome:
    if not f.evidence["ranges"]:
        return Status.NOT_APPLICABLE, "Each resample has a mix of its own."
    bad = [
        f"{share:.0%} of the resamples chose {name} near {f.evidence['ranges'][name]['high']:g}, the end of its range."
        for name, share in _at_their_ends(f).items()
    ]
    return _found(bad, "Chosen strengths lie inside their ranges, or at the weak end, which is as good as off.")


def _at_their_ends(f: Findings) -> dict[str, float]:
    """Give the share of resamples that chose the last bin, of regularizers where many did."""
    path, out = StrengthPath(f), {}
    for name in f.regularizers:
        bins = [b for b in path.bins_chosen(name) if b]
        share = bins.count(BINS) / len(bins) if bins else 0.0
        # the weak end is as good as off: nothing lies beyond
        if share >= EDGE:
            out[name] = share
    return out


def _widen(f: Findings) -> str:
    """Name a wider range of each regularizer whose strengths lie at the end; some have no more to give."""
    found = {name: f.evidence["ranges"][name] for name in _at_their_ends(f)}
    wider = {name: (own["low"], high) for name, own in found.items() if (high := _beyond(name, own)) > own["high"]}
    if not wider:
        return "Its range ends where its strength does." if found else "--range NAME=LOW:HIGH widens a range."
    asked = " ".join(f"--range {name}={strength(low)}:{strength(high)}" for name, (low, high) in wider.items())
    return f"Widen {'it' if len(wider) == 1 else 'them'}: {asked}, say."


def _beyond(name: str, own: Mapping[str, Any]) -> float:
    """Give a stronger end: ten times a penalty, half of what is left of a rate."""
    most = REGULARIZERS[name].strength.most if name in REGULARIZERS else math.inf
    if own["scale"] == "log":
        return min(10 * own["high"], most)
    return 2 * own["high"] if math.isinf(most) else (own["high"] + most) / 2


def _resolution(f: Findings) -> Outcome:
    seen = f.verdict["analysis"]["smallest_detectable_difference"]
    if seen is None:
        return Status.NOT_APPLICABLE, "With arms that never differ there is nothing to resolve."
    text = f"Differences of {seen:.4f} {f.measure.words} would have been shown four times out of five"
    if seen <= f.margin:
        return Status.PASSED, f"{text}, within your margin of {f.margin:g}."
    return Status.TIP, f"{text}; your margin is {f.margin:g}."


def _line(f: Findings) -> Outcome:
    kind, analysis = f.verdict["verdict"]["kind"], f.verdict["analysis"]
    bad = [
        f"With {words} the margin the verdict would be: {analysis[key]}."
        for key, words in (("at_half_margin", "half"), ("at_double_margin", "double"))
        if analysis[key] != kind
    ]
    return _found(bad, "Half and double the margin give the same kind of verdict.", Status.TIP)


def _last_epoch(f: Findings) -> Outcome:
    design = f.verdict["settings"]["design"]
    if design["patience"] is None:
        return Status.NOT_APPLICABLE, "Every network trains all epochs, as asked."
    late = [row["arm"] for row in f.verdict["arms"] if row["epochs"] > 0.9 * design["epochs"]]
    bad = [f"On average {', '.join(late)} trained for more than nine tenths of at most {design['epochs']} epochs."]
    return _found(bad if late else [], "Trainings end well before their longest.")


def _copies(f: Findings) -> Outcome:
    notes = [note for note in f.verdict["study"]["notes"] if "repeat an earlier row" in note or "--groups" in note]
    return _found(notes, "No row is a copy of another, nor are neighbours in time alike.")


def _diverged(f: Findings) -> Outcome:
    study = f.verdict["study"]
    bad = []
    if study["failed_networks"]:
        bad.append(f"{counted(study['failed_networks'], 'refit')} diverged and count as the worst.")
    tuning = sum(one["stage"] == "tuning" for one in study["failures"])
    if tuning:
        bad.append(f"{counted(tuning, 'trial')} at least diverged while tuning and were passed over.")
    return _found(bad, "No network diverged.", Status.ISSUE if study["failed_networks"] else Status.TIP)


def _wild(f: Findings) -> Outcome:
    flags = [flag for flag in f.verdict["analysis"]["flags"] if "capped" in flag]
    capped = f.verdict["study"]["capped_row_losses"]
    return _found([f"{flag}." for flag in flags], f"{capped:,} row losses were capped.")


def _skill(f: Findings) -> Outcome:
    best = max(f.score(arm) for arm in f.arms)
    if best > f.measure.chance:
        return Status.PASSED, f"The best arm scores {best:.4f}; {f.measure.naive} gets {f.measure.chance:g}."
    return Status.ISSUE, f"No arm predicts better than {f.measure.naive}: the best scores {best:.4f}."


def _rows(f: Findings) -> Outcome:
    flags = [flag for flag in f.verdict["analysis"]["flags"] if "rows a column" in flag]
    study = f.verdict["study"]
    return _found(
        [f"{flag}." for flag in flags], f"{study['rows']:,} rows for {study['prepared_columns']:,} prepared columns."
    )


def _trees(f: Findings) -> Outcome:
    return _lever(f, "trees", "over_best", "the best arm")


def _average(f: Findings) -> Outcome:
    return _lever(f, "average", "over_advised", "the advised arm")


def _lever(f: Findings, name: str, against: str, words: str) -> Outcome:
    levers = f.verdict["levers"]
    one = next((lever for lever in levers["each"] if lever["name"] == name), None) if levers else None
    if one is None:
        return Status.NOT_APPLICABLE, "It was not scored in this study."
    d = one[against]
    ends = f"{signed(d['value'])} {f.measure.words} [{signed(d['lower'])}, {signed(d['upper'])}]"
    text = f"{one['words'][:1].upper()}{one['words'][1:]} minus {words}: {ends}."
    return (Status.TIP if d["lower"] > 0 else Status.PASSED), text


def _search(f: Findings) -> Outcome:
    bad = [w["text"] for w in f.verdict["study"]["warnings"] if w["code"] == "searched too little"]
    return _found(bad, "The second half of every arm's trials gained nothing that matters.")


def _overfits(f: Findings) -> Outcome:
    fitting = (f.verdict["behaviour"] or {}).get("fitting", [])
    one = next((one for one in fitting if one["arm"] == f.advised and one["train"] is not None), None)
    if one is None:
        return Status.NOT_APPLICABLE, "There are no training scores of the advised arm."
    bad = []
    if one["overfits"]:
        ends = f"{one['train']:.3f} on training rows, {one['test']:.3f} on held-out rows"
        bad.append(f"{f.advised} overfits: {f.gap_unit} {ends}.")
    if one["underfits"]:
        reached = f"{f.gap_unit} {one['reached']:.3f} on held-out rows"
        bad.append(f"{f.advised} underfits: {one['reached_by']} gets {reached}.")
    return _found(bad, f"{f.advised} neither over- nor underfits by more than your margin.", Status.TIP)


def _structure(f: Findings) -> Outcome:
    bad = [w["text"] for w in f.verdict["study"]["warnings"] if w["code"] != "searched too little"]
    return _found([*bad, *f.verdict["study"]["network_notes"]], "Nothing in the network's structure.", Status.TIP)


def _ended(f: Findings) -> Outcome:
    looks = f.verdict["study"]["stopping"]
    said = f"{looks['sentence'][:1].upper()}{looks['sentence'][1:]}."
    if looks["ended"] == "budget":
        return Status.ISSUE, said
    if f.verdict["study"]["repeats"] < 2:
        return Status.ISSUE, "There is one repeat: noise of rows and of training cannot be told apart."
    return Status.PASSED, said


def _every_class(f: Findings) -> Outcome:
    """Look whether any arm's likeliest class tells more than always naming the same one."""
    measures = [row.get("measures") or {} for row in f.verdict["arms"]]  # of numbers: R2, MAE, ..
    found = [of_arm["balanced_accuracy"] for of_arm in measures if "balanced_accuracy" in of_arm]
    if not found:
        return Status.NOT_APPLICABLE, "The target is a number."
    best, chance = max(found), 1 / len(f.classes)
    ends = f"The best balanced accuracy of an arm is {best:.3f}, and {chance:.3f} is had by naming one class always"
    return (Status.TIP if best < chance + SLIGHT else Status.PASSED), f"{ends}."


RULES = (
    _Rule(
        "POS001",
        "An arm beats none beyond noise",
        "No arm beats none beyond noise",
        "Without it, regularizing this network on this table may buy nothing.",
        "Take the simplest arm. More rows, or other columns, may show more.",
        _beyond_noise,
    ),
    _Rule(
        "POS002",
        "Chosen strengths lie inside their ranges",
        "Chosen strengths lie at the end of their range",
        "A better strength may lie beyond the strong end.",
        _widen,
        _edge,
    ),
    _Rule(
        "POS003",
        "Differences as small as the margin can be seen",
        "Differences as small as the margin cannot be seen",
        "An interval wider than the margin cannot certify that arms are equivalent.",
        "Give more --repeats or rows, fewer arms, or a --margin that you can live with.",
        _resolution,
    ),
    _Rule(
        "POS004",
        "The verdict does not hang on the margin",
        "The verdict hangs on the margin",
        "A verdict that changes at half or double the margin is as good as your reason for the margin.",
        "Say before the study which difference matters to you.",
        _line,
    ),
    _Rule(
        "POS005",
        "Trainings end by themselves",
        "Trainings are cut off",
        "A network that is cut off is scored before it is done; regularized ones need more epochs and lose most.",
        "Give more --epochs.",
        _last_epoch,
    ),
    _Rule(
        "POS006",
        "Rows are independent",
        "Rows may not be independent",
        "A row whose copy is in the training rows is not new: scores are too high, and intervals too narrow.",
        "--groups COLUMN keeps rows together that belong together.",
        _copies,
    ),
    _Rule(
        "POS007",
        "Every network trains",
        "Networks diverge",
        "A network that diverges counts as the worst, which may decide against its arm.",
        "Lower the learning rate, or narrow the --range that diverges.",
        _diverged,
    ),
    _Rule(
        "POS008",
        "Predictions are tame",
        "Predictions are wild",
        "Losses of single rows are capped where a prediction is absurd; with many of them few rows make the score.",
        "Look for outliers in the columns and the target.",
        _wild,
    ),
    _Rule(
        "POS009",
        "There is skill",
        "There is no skill",
        "Arms that predict nothing cannot be told apart by how they predict.",
        "Look at the columns, the target and the network before its regularizers.",
        _skill,
    ),
    _Rule(
        "POS010",
        "Rows are many for the columns",
        "Rows are few for the columns",
        "With fewer than two rows a column intervals are too narrow.",
        "Drop columns, or collect rows.",
        _rows,
    ),
    _Rule(
        "POS011",
        "Boosted trees are no better",
        "Boosted trees are better",
        "Where they are, tuning this network's regularizers is not where most is to be had.",
        "Use the trees, or another network: wider, deeper, with embeddings.",
        _trees,
    ),
    _Rule(
        "POS012",
        "One network is as good as an average",
        "An average of networks is better than one",
        "Averaging networks of different seeds often gains more than any regularizer.",
        "--ensemble 5 studies the average, and hands it back as one model.",
        _average,
    ),
    _Rule(
        "POS013",
        "The search is over",
        "The search was still gaining",
        "An arm whose later trials still gain may be better than it looks: 'alone' may only mean 'badly searched'.",
        "Give more --trials.",
        _search,
    ),
    _Rule(
        "POS014",
        "The advised arm fits",
        "The advised arm overfits or underfits",
        "Its training rows are predicted better than its held-out rows, or others predict held-out rows better than it "
        "predicts its training rows.",
        "Overfitting: more strength, or more rows. Underfitting: a larger network, or less strength.",
        _overfits,
    ),
    _Rule(
        "POS015",
        "The network's structure suits its regularizers",
        "Something in the network's structure acts on its regularizers",
        "At some places a regularizer does nothing, or something else than it is meant to.",
        "posology inspect shows each place; docs/networks.md says why.",
        _structure,
    ),
    _Rule(
        "POS016",
        "The study went to its end",
        "The study says less than it could",
        "One repeat, or a study that its budget ended, says less than it could.",
        "posology resume goes on; or give more --repeats.",
        _ended,
    ),
    _Rule(
        "POS017",
        "Rare classes are predicted",
        "Rare classes are hardly ever predicted",
        "Probabilities may rank rows well although the likeliest class is nearly always the most frequent one.",
        "Decide by the predicted probabilities, at a threshold of your own, or train with --class-weight balanced.",
        _every_class,
    ),
)
"""In the order of their codes; a code never changes its meaning."""
