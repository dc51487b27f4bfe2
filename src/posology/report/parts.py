"""The parts of a report, in their order, as data: the page and the Markdown walk this one list, and add nothing."""

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from posology.handback.by_hand import by_hand
from posology.handback.units import batch_of
from posology.plan import arm_name
from posology.report.charts import Forest
from posology.report.check import Check, Status
from posology.report.checks import checks_of
from posology.report.findings import Findings
from posology.report.items import Checks, Code, Part, Said, Table, Text
from posology.report.sections import evidence_parts
from posology.report.tables import arms_table, code_of, measures_table, sentences_of, strengths_in_words, units_table
from posology.study_file import resolved
from posology.table.columns_read import in_words
from posology.wording import capital, counted, on_arms

COLUMNS = 40
"""Listed with what they were read as; verdict.json has more."""


def parts_of(f: Findings, ignore: Iterable[str] = ()) -> list[Part]:
    """List the parts: the verdict, what it stands on, what to do, the evidence, its checks, how it was made.

    Parameters
    ----------
    f : Findings
    ignore : iterable of str
        Codes of checks that are not to be shown.

    Raises
    ------
    InputError
        No such check.
    """
    checks = checks_of(f, ignore)
    return [
        _verdict(f),
        _arms(f),
        _what_to_do(f),
        *evidence_parts(f),
        Part("checks", "Checks", (Text(_counts(checks)), Checks(tuple(checks)))),
        Part("method", "Method and limits", (*map(Text, _method(f)), *_columns(f))),
        _again(f),
    ]


def about(f: Findings) -> str:
    """Say in a line what was studied: the target, the table, the network."""
    study = f.verdict["study"]
    inside = f"{counted(study['prepared_columns'], 'prepared column')} for the network"
    features = f"{counted(study['columns'], 'feature')} ({inside})"
    return f"{study['target']} \N{MIDDLE DOT} {study['rows']:,} rows, {features} \N{MIDDLE DOT} {study['network']}"


def _verdict(f: Findings) -> Part:
    first, *rest, stands_on = sentences_of(f)
    kind = f.verdict["verdict"]["kind"].replace(" ", "-")
    return Part("verdict", first, (*map(Text, rest), Text(stands_on, "evidence")), f"verdict {kind}", named="Verdict")


def _arms(f: Findings) -> Part:
    words = f.measure.words
    caption = (
        f"{capital(words)} is on held-out rows that tuned nothing. Gap: train minus test {f.gap_unit}, "
        "penalties and dropout off. Strengths and epochs are means over resamples; those to use are below."
    )
    caption = " ".join(filter(None, (caption, on_arms(f.arms))))
    items: list[Any] = [Forest(f), arms_table(f), Text(caption, "caption")]
    if (measures := measures_table(f)) is not None:
        items.append(measures)
    return Part("arms", "The arms", tuple(items))


def _what_to_do(f: Findings) -> Part:
    prescription, folder = f.verdict["prescription"], shlex.quote(Path(f.run["folder"]).name)
    strengths = strengths_in_words(prescription["strengths"])
    advised = f"Prescription: {prescription['arm']}{f' ({strengths})' if strengths else ''}, "
    commands = (
        f"posology predict {folder} NEW_TABLE\nposology export {folder} --to code\nposology export {folder} --to keras"
    )
    items = (
        Text(f"{advised}{counted(prescription['epochs'], 'epoch')}, tuned anew on all rows."),
        Code(code_of(f), "Lines to write"),
        Text(" ".join(by_hand(f.verdict))),
        Text("The same in the units of other libraries, at the study's batch size:"),
        units_table(f),
        Text("The tuned network, trained on all rows, is model.keras in the study's folder."),
        Code(commands, "Commands"),
    )
    return Part("do", "What to do", items)


def _counts(checks: list[Check]) -> str:
    numbers = {status: sum(check.status is status for check in checks) for status in Status}
    words = {Status.ISSUE: "issue", Status.TIP: "tip"}
    said = [counted(numbers[status], noun) for status, noun in words.items()]
    said += [f"{numbers[status]} {status.value}" for status in list(Status)[2:] if numbers[status]]
    return f"{', '.join(said)}."


def _method(f: Findings) -> list[str]:
    study, design = f.verdict["study"], f.verdict["settings"]["design"]
    cocktail = f.verdict.get("cocktail")
    trials = cocktail["mixes_tried"] if cocktail else design["trials"]
    tuned = (
        f"Every arm was tuned with {counted(trials, 'trial')} on inner splits of each resample's training rows, "
        f"refitted there, and scored on rows that tuned nothing: {study['repeats']} x {design['folds']} folds. "
        "Resample by resample, arms share rows, first weights, batches and dropout draws."
    )
    intervals = (
        "Intervals hold 95%. Those of the distance from the best hold for all arms together, also after the winner is "
        "picked; those of gains, levers and interactions hold each by itself. Losses of trials and learning curves are "
        "on rows that tuned: they show shapes, and are no evidence for an arm."
    )
    limits = (
        f"The verdict is about {f.verdict['verdict']['estimand']} trained by this procedure on this table, batches of "
        f"{batch_of(f.verdict)} rows, {study['optimizer']}. It says nothing about other networks or other tables, and "
        "takes rows, or their groups, as independent."
    )
    said = [tuned, intervals, limits]
    if groups := study["groups"]:
        said.append(f"Rows come in {counted(groups['count'], 'group')} of '{groups['column']}': a group shares a fold.")
    if flags := f.verdict["analysis"]["flags"]:
        said.append(f"Beware: {'; '.join(flags)}.")
    return said


def _columns(f: Findings) -> tuple[Text | Table, ...]:
    """List what each column was read as; nothing of a study of an earlier version, which has not kept it."""
    if not (found := f.verdict["study"].get("columns_read")):
        return ()
    shown = found[:COLUMNS]
    more = f.verdict["study"]["columns"] - len(shown)
    rows = tuple((one["column"], in_words(one), f"{one['missing']:,}") for one in shown)
    beside = f"; the first {len(shown)} of {f.verdict['study']['columns']:,}" if more > 0 else ""
    said = Text(f"What each column of the table was read as{beside}:")
    return said, Table(("column", "read as", "missing cells"), rows, caption="What each column was read as")


def _again(f: Findings) -> Part:
    items: list[Any] = [
        Text("The same table, settings and versions give the same numbers. No row of the table is in this file."),
        _facts(f),
        Text("Everything that was asked, as a study file for posology study study.toml:"),
        Code(resolved(f.verdict["settings"], f.held), "Study file"),
    ]
    if notes := f.verdict["study"]["notes"]:
        items.append(Said(tuple(notes), "Notes on the table"))
    return Part("again", "Reproduction", tuple(items))


def _facts(f: Findings) -> Table:
    study, design = f.verdict["study"], f.verdict["settings"]["design"]
    rows = (
        ("data fingerprint (SHA-256)", study["fingerprint"]),
        ("table", Path(f.held["table"]).name if f.held["table"] else "handed over in Python"),
        ("network", study["network"]),
        ("arms", ", ".join(arm_name(tuple(arm)) for arm in design["arms"])),
        ("seed", str(design["seed"])),
        *((name, version) for name, version in f.held["versions"].items()),
    )
    return Table(("what", "value"), rows, caption="Versions, seed and fingerprint", look="facts")
