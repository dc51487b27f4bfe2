"""The result in the terminal: the verdict in one sentence, then its evidence, then what to do."""

from collections.abc import Mapping
from shlex import quote
from typing import Any

from rich.table import Table

from posology.console import Terminal, plain_table
from posology.handback.by_hand import by_hand
from posology.inference import Analysis, Measure, detectable_after
from posology.inference.losses import CAP, OF_THE_MEAN
from posology.plan import arm_name
from posology.report import items
from posology.report.charts.path import Path
from posology.report.check import Status
from posology.report.checks import checks_of
from posology.report.cocktail import mixed
from posology.report.findings import Findings
from posology.report.tables import NOTHING, arms_table, measures_table
from posology.report.together import in_probabilities, together_or_apart
from posology.result import StudyResult
from posology.scoring import in_words
from posology.terminal.behaviour import print_behaviour
from posology.terminal.levers import print_levers
from posology.verdict_text import evidence
from posology.wording import capital, counted, on_arms


def print_result(result: StudyResult) -> None:
    """Print a study's result on standard output; plain where that is not a terminal."""
    console, findings = Terminal(), result.findings
    first, *rest = result.verdict.sentences
    console.print()
    console.print(first, style="bold")
    for sentence in [*rest, evidence(result)]:
        console.print(sentence)
    console.print()
    console.print(_arms(findings))
    if (measures := measures_table(findings)) is not None:
        console.print()
        console.print(_measures(measures))
        console.print()
    if result.levers:
        print_levers(console, result.levers, result.analysis)
    if result.behaviour:
        print_behaviour(console, result.behaviour, findings.arms, findings.gap_unit)
    for line in [*_footnotes(result), *_issues(findings)]:
        console.print(line)
    console.print()
    console.print(_prescription_title(result), style="bold")
    for line in result.prescription.lines:
        console.print(f"  {line}")
    if doubt := Path(findings).doubt():
        console.print(doubt)
    console.print(" ".join(by_hand(findings.verdict)))
    console.print()
    console.print(
        f"{_model(result.settings.design.ensemble)}, trained on all rows for "
        f"{counted(result.prescription.epochs, 'epoch')}: {result.folder / 'model.keras'}",
        soft_wrap=True,
    )
    console.print(f"The report: {result.folder / 'report.html'}", soft_wrap=True)
    console.print(f"Predict with it: posology predict {quote(str(result.folder))} NEW_TABLE", soft_wrap=True)


def _model(networks: int) -> str:
    return "The tuned network" if networks == 1 else f"The average of {networks} tuned networks of different seeds"


def _arms(f: Findings) -> Table:
    """Show the report's table of arms: its score, gap and epochs to the right, what is not there as nothing."""
    given, table = arms_table(f), plain_table()
    for place, head in enumerate(given.heads):
        words = head.replace(" ", "\n") if place == 1 else head
        table.add_column(words, justify="right" if place in (1, 3, 5) else "left", no_wrap=place == 0)
    for row in given.rows:
        table.add_row(*("" if cell == NOTHING else cell for cell in row))
    return table


def _measures(given: items.Table) -> Table:
    """Show the report's table of every arm by every score."""
    table = plain_table()
    for place, head in enumerate(given.heads):
        table.add_column(head, justify="right" if place else "left", no_wrap=place == 0)
    for row in given.rows:
        table.add_row(*row)
    return table


def _footnotes(result: StudyResult) -> list[str]:
    facts, analysis, design = result.facts, result.analysis, result.settings.design
    unit, findings = analysis.measure.words, result.findings
    half, double = analysis.at_half_margin.kind.value, analysis.at_double_margin.kind.value
    lines = [
        (
            f"{capital(unit)} is on held-out rows that tuned nothing: {facts['repeats']} x {design.folds} resamples, "
            f"each arm tuned with {counted(design.searched if design.cabinet else design.trials, 'trial')} in each. "
            f"Gap: train minus test {findings.gap_unit}, penalties and dropout off."
        ),
        *filter(None, [on_arms(findings.arms)]),
        *_together_or_apart(findings.verdict, analysis, facts["repeats"]),
        *(mixed(cocktail, unit) if (cocktail := findings.verdict["cocktail"]) else []),
        f"With half the margin the verdict is: {half}; with double: {double}.",
    ]
    if design.patience is not None:
        lines.append(
            "Early stopping, itself a regularizer, is on in every arm; "
            "--epochs N --no-early-stopping studies the network without it."
        )
    notes = [*facts["network_notes"], *(warning["text"] for warning in facts["warnings"])]
    return lines + _troubles(facts, analysis.measure) + [f"Note: {note}" for note in notes]


def _together_or_apart(verdict: Mapping[str, Any], analysis: Analysis, repeats: int) -> list[str]:
    """Say how combinations compare with single arms, and what the study was able to see."""
    lines = []
    if (rivalry := analysis.rivalry) is not None and not rivalry.same:
        d = rivalry.difference
        lines.append(
            f"{arm_name(rivalry.combination)} minus {arm_name(rivalry.single)}, the best-looking of each: "
            f"{d.value:+z.4f} {analysis.measure.words} [{d.lower:+z.4f}, {d.upper:+z.4f}], "
            f"{rivalry.shrunken:+z.4f} after allowing for having picked them."
        )
    lines += together_or_apart(verdict, analysis.measure.words)
    if (p := analysis.probabilities) is not None:
        lines.append(in_probabilities(p.combination_better, p.within_margin))
    twice, more = detectable_after(analysis.detectable, analysis.floor, repeats, 2 * repeats), ""
    if twice is not None:
        more = f"; with twice the repeats that would be {twice:.3f}"
        least = f"{analysis.floor:.3f}"
        more += f", and with any number not below {least}" if float(least) else ""
    seen = f"{analysis.detectable:.3f} {analysis.measure.words}{more}"
    lines.append(f"This study easily misses differences below {seen}.")
    return lines


def _troubles(facts: dict[str, Any], measure: Measure) -> list[str]:
    """Say how many losses were capped, at what and why, and how many networks diverged."""
    capped, failed = facts["capped_row_losses"], facts["failed_networks"]
    of_squares = f" at {CAP:g} times the target's variance, or at {OF_THE_MEAN:g} times what its mean costs there"
    at = {"r2": of_squares, "log_loss": " at a thousandth of their class's share"}
    losses = "1 loss of a single row" if capped == 1 else f"{capped:,} losses of single rows"
    were = "was" if capped == 1 else "were"
    said = f"{losses}, of all scored networks, {were} capped{at.get(measure.name, '')}"
    return [
        *([f"{said}, so that no single prediction makes a score."] if capped else []),
        *(
            [f"{counted(failed, 'network')} diverged and {'counts' if failed == 1 else 'count'} as the worst."]
            if failed
            else []
        ),
    ]


def _issues(f: Findings) -> list[str]:
    """Say what is to be mended before the verdict is believed, as the report's checks do."""
    checks = checks_of(f)
    # of the tips, that which a table above shows and no other line explains
    found = [c for c in checks if c.status is Status.ISSUE or (c.presses and c.code == "POS017")]
    return [f"{capital(c.status.value)} {c.code}, {c.title}: {c.found} {c.remedy}" for c in found]


def _prescription_title(result: StudyResult) -> str:
    arm = arm_name(result.prescription.arm)
    words = in_words(result.prescription.strengths)
    return f"Prescription: {arm}{f' ({words})' if words else ''}"
