"""Coded checks of a study, POS001 and on: what each found, what it means, what to do.

A check that cannot be made says so; one that was not to be shown is listed as ignored.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata

from posology.errors import InputError
from posology.report.charts.numbers import signed
from posology.report.charts.path import Path as StrengthPath
from posology.report.charts.trials import BINS
from posology.report.findings import Findings
from posology.wording import counted, did_you_mean

EDGE = 0.3
"""Share of resamples that choose a strength in the last bin of its range from which on it is told."""


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
        What is checked, as what one would wish.
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
    meaning: str
    remedy: str
    find: Callable[[Findings], Outcome]


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
    out = []
    for rule in RULES:
        status, found = (Status.IGNORED, "") if rule.code in ignored else rule.find(findings)
        out.append(Check(rule.code, rule.title, status, found, rule.meaning, rule.remedy))
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
    path, bad = StrengthPath(f), []
    for name, range_ in f.evidence["ranges"].items():
        bins = [b for b in path.bins_chosen(name) if b]
        share = bins.count(BINS) / len(bins) if bins else 0.0
        # the weak end is as good as off: nothing lies beyond
        if share >= EDGE:
            bad.append(f"{share:.0%} of the resamples chose {name} near {range_['high']:g}, the end of its range.")
    return _found(bad, "Chosen strengths lie inside their ranges, or at the weak end, which is as good as off.")


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
        bad.append(f"{f.advised} overfits: {one['train']:.3f} on training rows, {one['test']:.3f} on held-out rows.")
    if one["underfits"]:
        bad.append(f"{f.advised} underfits: {one['reached_by']} gets {one['reached']:.3f} on held-out rows.")
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


RULES = (
    _Rule(
        "POS001",
        "An arm beats none beyond noise",
        "Without it, regularizing this network on this table may buy nothing.",
        "Take the simplest arm. More rows, or other columns, may show more.",
        _beyond_noise,
    ),
    _Rule(
        "POS002",
        "Chosen strengths lie inside their ranges",
        "A better strength may lie beyond the strong end.",
        "Widen it: --range l2=1e-7:0.1, say.",
        _edge,
    ),
    _Rule(
        "POS003",
        "Differences as small as the margin can be seen",
        "An interval wider than the margin cannot certify that arms are equivalent.",
        "Give more --repeats or rows, fewer arms, or a --margin that you can live with.",
        _resolution,
    ),
    _Rule(
        "POS004",
        "The verdict does not hang on the margin",
        "A verdict that changes at half or double the margin is as good as your reason for the margin.",
        "Say before the study which difference matters to you.",
        _line,
    ),
    _Rule(
        "POS005",
        "Trainings end by themselves",
        "A network that is cut off is scored before it is done; regularized ones need more epochs and lose most.",
        "Give more --epochs.",
        _last_epoch,
    ),
    _Rule(
        "POS006",
        "Rows are independent",
        "A row whose copy is in the training rows is not new: scores are too high, and intervals too narrow.",
        "--groups COLUMN keeps rows together that belong together.",
        _copies,
    ),
    _Rule(
        "POS007",
        "Every network trains",
        "A network that diverges counts as the worst, which may decide against its arm.",
        "Lower the learning rate, or narrow the --range that diverges.",
        _diverged,
    ),
    _Rule(
        "POS008",
        "Predictions are tame",
        "Losses of single rows are capped where a prediction is absurd; with many of them few rows make the score.",
        "Look for outliers in the columns and the target.",
        _wild,
    ),
    _Rule(
        "POS009",
        "There is skill",
        "Arms that predict nothing cannot be told apart by how they predict.",
        "Look at the columns, the target and the network before its regularizers.",
        _skill,
    ),
    _Rule(
        "POS010",
        "Rows are many for the columns",
        "With fewer than two rows a column intervals are too narrow.",
        "Drop columns, or collect rows.",
        _rows,
    ),
    _Rule(
        "POS011",
        "Boosted trees are no better",
        "Where they are, tuning this network's regularizers is not where most is to be had.",
        "Use the trees, or another network: wider, deeper, with embeddings.",
        _trees,
    ),
    _Rule(
        "POS012",
        "One network is as good as an average",
        "Averaging networks of different seeds often gains more than any regularizer.",
        "--ensemble 5 studies the average, and hands it back as one model.",
        _average,
    ),
    _Rule(
        "POS013",
        "The search is over",
        "An arm whose later trials still gain may be better than it looks: 'alone' may only mean 'badly searched'.",
        "Give more --trials.",
        _search,
    ),
    _Rule(
        "POS014",
        "The advised arm fits",
        "Its training rows are predicted better than its held-out rows, or others predict held-out rows better than it "
        "predicts its training rows.",
        "Overfitting: more strength, or more rows. Underfitting: a larger network, or less strength.",
        _overfits,
    ),
    _Rule(
        "POS015",
        "The network's structure suits its regularizers",
        "At some places a regularizer does nothing, or something else than it is meant to.",
        "posology inspect shows each place; docs/networks.md says why.",
        _structure,
    ),
    _Rule(
        "POS016",
        "The study went to its end",
        "One repeat, or a study that its budget ended, says less than it could.",
        "posology resume goes on; or give more --repeats.",
        _ended,
    ),
)
"""In the order of their codes; a code never changes its meaning."""
