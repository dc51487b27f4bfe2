"""Two finished studies side by side: what was asked differently, what they say, and whether they agree."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import posology
from posology.durations import compact
from posology.report.findings import Findings
from posology.study_differences import study_differences

SCHEMA = 1
"""Of `Comparison.to_dict`."""

OPEN = "not enough evidence"


@dataclass(frozen=True)
class Difference:
    """Something that was asked, or found, differently.

    Parameters
    ----------
    name : str
        As in study.json and verdict.json.
    first, second : JSON type
    """

    name: str
    first: Any
    second: Any


@dataclass(frozen=True)
class Pair:
    """An arm's score in both studies; None where a study has no such arm.

    Parameters
    ----------
    arm : str
    first, second : float or None
    """

    arm: str
    first: float | None
    second: float | None


@dataclass(frozen=True)
class Comparison:
    """What two studies have in common.

    Parameters
    ----------
    verdicts : pair of str
        First sentences.
    same_rows : bool
        Whether both are about the same table, cell by cell.
    agreement : str
        `agree`, `open` (one of them is undecided at least), `apart` (they differ, and neither rules out what the other
        advises, or they are about different tables) or `contradict`.
    sentence : str
        The same in words.
    differences : tuple of Difference
        By their places in study.json and verdict.json.
    asked : tuple of Difference
        The same in the words of the options, for people.
    scores : tuple of Pair
        Empty where the two score by different measures or targets.
    score : str
        What the scores are.
    scales : pair of str
        What each study scores by, and of which target.
    """

    verdicts: tuple[str, str]
    same_rows: bool
    agreement: str
    sentence: str
    differences: tuple[Difference, ...]
    asked: tuple[Difference, ...]
    scores: tuple[Pair, ...]
    score: str
    scales: tuple[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Give the comparison as JSON types."""
        return {"schema": SCHEMA, "posology": posology.__version__, **asdict(self)}


def compare(first: Findings, second: Findings) -> Comparison:
    """Set two studies side by side.

    Their scores are not tested against each other: a study has intervals for its own arms, which share rows, folds and
    first weights, and two studies need not.
    """
    same_rows = _study(first)["fingerprint"] == _study(second)["fingerprint"]
    agreement, sentence = _agreement(first, second) if same_rows else _of_two_tables(first, second)
    same_score = first.measure == second.measure and _study(first)["target"] == _study(second)["target"]
    return Comparison(
        verdicts=(first.verdict["verdict"]["sentences"][0], second.verdict["verdict"]["sentences"][0]),
        same_rows=same_rows,
        agreement=agreement,
        sentence=sentence,
        differences=tuple(_differences(_asked(first), _asked(second))),
        asked=tuple(_in_words(first, second)),
        scores=_scores(first, second) if same_score else (),
        score=first.measure.words,
        scales=(_scale(first), _scale(second)),
    )


def _study(findings: Findings) -> Mapping[str, Any]:
    return findings.verdict["study"]


def _asked(findings: Findings) -> dict[str, Any]:
    """Collect what a study was asked and of what, and what decided its length."""
    study, held = _study(findings), findings.held
    table = {name: study[name] for name in ("rows", "target", "fingerprint")} | {"features": study["columns"]}
    beside = {name: held.get(name) for name in ("drop", "task", "groups", "weights")}
    return {
        "table": {**table, **beside},
        "network file": held.get("network"),
        "settings": findings.verdict["settings"],
        "budget": held.get("budget"),
        "repeats done": study["repeats"],
        "versions": held["versions"],
    }


def _differences(first: Any, second: Any, under: str = "") -> Iterator[Difference]:
    """Go down to the single setting that differs."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for name in dict.fromkeys([*first, *second]):
            yield from _differences(first.get(name), second.get(name), f"{under}.{name}" if under else name)
    elif first != second:
        yield Difference(under, first, second)


def _in_words(first: Findings, second: Findings) -> Iterator[Difference]:
    """Say what was asked differently as the options do, and what else is another."""
    one, other = ({**f.held, "settings": f.verdict["settings"]} for f in (first, second))
    found = study_differences(one, other)
    for name, (there, here) in found.options.items():
        yield Difference(f"--{name.replace('_', '-')}", there, here)
    budgets = [None if f.held.get("budget") is None else compact(f.held["budget"]) for f in (first, second)]
    if budgets[0] != budgets[1]:
        yield Difference("--budget", *budgets)
    for text in found.beside:
        yield Difference(text, "", "")
    for words, name in (("rows", "rows"), ("features", "columns"), ("repeats done", "repeats")):
        if _study(first)[name] != _study(second)[name]:
            yield Difference(words, _study(first)[name], _study(second)[name])
    versions = [f.held["versions"] for f in (first, second)]
    for name in dict.fromkeys([*versions[0], *versions[1]]):
        if versions[0].get(name) != versions[1].get(name):
            yield Difference(f"version of {name}", versions[0].get(name), versions[1].get(name))


def _scale(findings: Findings) -> str:
    return f"{findings.measure.words} of '{_study(findings)['target']}'"


def _scores(first: Findings, second: Findings) -> tuple[Pair, ...]:
    """Pair the arms' scores, in the order of the first study, then what only the second has."""
    arms = dict.fromkeys([*first.arms, *second.arms])
    return tuple(Pair(arm, *(f.score(arm) if arm in f.arms else None for f in (first, second))) for arm in arms)


def _agreement(first: Findings, second: Findings) -> tuple[str, str]:
    one, other = (findings.verdict["verdict"] for findings in (first, second))
    if OPEN not in (one["kind"], other["kind"]) and (one["kind"], one["arm"]) == (other["kind"], other["arm"]):
        return "agree", f"They agree: {one['kind']}, {one['arm']}."
    for word, by, advised in (("first", first, other), ("second", second, one)):
        if advised["kind"] != OPEN and _rules_out(by, advised["arm"]):
            behind = f"{advised['arm']}, which the other advises, is more than its margin behind the best"
            return "contradict", f"They contradict each other: in the {word}, {behind} for certain."
    if one["kind"] == other["kind"] == OPEN:
        return "open", f"Both are undecided; {_shared(one, other)}."
    if OPEN in (one["kind"], other["kind"]):
        arm = (other if one["kind"] == OPEN else one)["arm"]
        return "open", f"One is undecided, and does not rule out {arm}, which the other advises."
    advised = f"{one['kind']}, {one['arm']}, and {other['kind']}, {other['arm']}"
    return "apart", f"They differ ({advised}), but in neither is what the other advises beyond the margin for certain."


def _of_two_tables(first: Findings, second: Findings) -> tuple[str, str]:
    """Compare advice alone: what is best on one table is no claim about another, so nothing can contradict it."""
    agreement, _ = _agreement(first, second)
    one, other = (f"{f.verdict['verdict']['kind']}, {f.verdict['verdict']['arm']}" for f in (first, second))
    if agreement == "agree":
        return agreement, f"On their different tables they say the same: {one}."
    told = f"{one} on the first, and {other} on the second"
    if agreement == "contradict":
        agreement = "apart"
    return agreement, f"They are about different tables, so they cannot contradict each other: {told}."


def _rules_out(findings: Findings, arm: str) -> bool:
    """Tell whether an arm is certainly more than the margin behind the best; what was not studied is not ruled out."""
    return arm in findings.arms and float(findings.row(arm)["upper"]) < -findings.margin


def _shared(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    shared = [arm for arm in one["could_be_best"] if arm in other["could_be_best"]]
    return f"in both the best could be {', '.join(shared)}" if shared else "no arm could be the best in both"
