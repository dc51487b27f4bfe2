"""The result in the terminal: the verdict in one sentence, then its evidence, then what to do."""

from collections.abc import Mapping
from shlex import quote
from tempfile import gettempdir
from typing import Any

from rich.table import Table

from posology.arm_rows import ArmRow
from posology.durations import in_words as duration
from posology.forecast import Forecast
from posology.handback.by_hand import by_hand
from posology.inference import Analysis, Contrast, Measure, detectable_after, measure_named, training_measure
from posology.inference.losses import CAP
from posology.inference.plain import plain
from posology.plan import arm_name
from posology.report.behaviour import print_behaviour
from posology.report.check import Status
from posology.report.checks import checks_of
from posology.report.cocktail import mixed
from posology.report.console import Terminal
from posology.report.findings import Findings
from posology.report.levers import print_levers
from posology.report.tables import gap_head
from posology.report.together import together_or_apart
from posology.result import StudyResult
from posology.scoring import in_words
from posology.verdict_text import evidence
from posology.wording import capital, counted, on_arms

LARGE = 5e8
"""Bytes from which the room that a study takes for a while is told of."""


def print_result(result: StudyResult) -> None:
    """Print a study's result on standard output; plain where that is not a terminal."""
    console = Terminal(120)
    first, *rest = result.verdict.sentences
    console.print()
    console.print(first, style="bold")
    console.print(" ".join([*rest, evidence(result)]))
    console.print()
    console.print(_arms(result))
    if result.arms[0].measures:
        console.print()
        console.print(_measures(result))
        console.print()
    if result.levers:
        print_levers(console, result.levers, result.analysis)
    if result.behaviour:
        unit = _of_gaps(result)
        print_behaviour(console, result.behaviour, [arm_name(row.arm) for row in result.arms], unit)
    for line in [*_footnotes(result), *_issues(result)]:
        console.print(line)
    console.print()
    console.print(_prescription_title(result), style="bold")
    for line in result.prescription.lines:
        console.print(f"  {line}")
    console.print(" ".join(by_hand(result.to_dict(timing=False))))
    console.print()
    console.print(
        f"{_model(result.settings.design.ensemble)}, trained on all rows for {result.prescription.epochs} epochs: "
        f"{result.folder / 'model.keras'}",
        soft_wrap=True,
    )
    console.print(f"The report: {result.folder / 'report.html'}", soft_wrap=True)
    console.print(f"Predict with it: posology predict {quote(str(result.folder))} NEW_TABLE", soft_wrap=True)


def _of_gaps(result: StudyResult) -> str:
    """Name the score of training rows, of gaps and of what networks withstand."""
    return training_measure(len(result.classes), several=bool(result.targets)).words


def _model(networks: int) -> str:
    return "The tuned network" if networks == 1 else f"The average of {networks} tuned networks of different seeds"


def _arms(result: StudyResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    score = result.analysis.measure.words.replace(" ", "\n")
    gap = gap_head(result.analysis.measure.words, _of_gaps(result))
    for name in (
        "arm",
        score,
        "gain over none [95%]",
        gap,
        "mean strengths",
        "epochs",
        "could be best",
    ):
        table.add_column(
            name,
            justify="right" if name in (score, gap, "epochs") else "left",
            no_wrap=name == "arm",
        )
    for row in result.arms:
        table.add_row(*_cells(row))
    return table


def _cells(row: ArmRow) -> list[str]:
    return [
        arm_name(row.arm),
        f"{row.score:.4f}",
        _interval(row.gain),
        f"{row.gap:.3f}",
        in_words(row.strengths),
        f"{row.epochs:.0f}",
        "yes" if row.could_be_best else "no",
    ]


def _measures(result: StudyResult) -> Table:
    """Show every arm by every score of such a target."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("arm", no_wrap=True)
    several = bool(result.targets)
    for name in result.arms[0].measures:
        table.add_column(measure_named(name, len(result.classes), several=several).words, justify="right")
    for row in result.arms:
        table.add_row(arm_name(row.arm), *(f"{value:.4f}" for value in row.measures.values()))
    return table


def _interval(gain: Contrast | None) -> str:
    return f"{gain.value:+.4f} [{gain.lower:+.4f}, {gain.upper:+.4f}]" if gain else ""


def _footnotes(result: StudyResult) -> list[str]:
    facts, analysis, design = result.facts, result.analysis, result.settings.design
    unit, of_gap = analysis.measure.words, _of_gaps(result)
    half, double = analysis.at_half_margin.kind.value, analysis.at_double_margin.kind.value
    lines = [
        (
            f"{capital(unit)} is on held-out rows that tuned nothing: {facts['repeats']} x {design.folds} resamples, "
            f"each arm tuned with {design.searched if design.cabinet else design.trials} trials in each. Gap: train "
            f"minus test {of_gap}, penalties and dropout off."
        ),
        *filter(None, [on_arms(arm_name(row.arm) for row in result.arms)]),
        *_together_or_apart(result.to_dict(timing=False), analysis, facts["repeats"]),
        *(mixed(plain(result.cocktail.to_dict()), unit) if result.cocktail else []),
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
            f"{d.value:+.4f} {analysis.measure.words} [{d.lower:+.4f}, {d.upper:+.4f}], "
            f"{rivalry.shrunken:+.4f} after allowing for having picked them."
        )
    lines += together_or_apart(verdict, analysis.measure.words)
    if (p := analysis.probabilities) is not None:
        lines.append(
            f"Probability that the best combination beats the best single arm: {p.combination_better:.0%}; "
            f"that they differ by less than the margin: {p.within_margin:.0%}."
        )
    twice, more = detectable_after(analysis.detectable, analysis.floor, repeats, 2 * repeats), ""
    if twice is not None:
        more = f"; twice the repeats would bring that to {twice:.3f}, endless ones to {analysis.floor:.3f}"
    seen = f"{analysis.detectable:.3f} {analysis.measure.words}{more}"
    lines.append(f"Smallest difference that this study would likely have shown: {seen}.")
    return lines


def _troubles(facts: dict[str, Any], measure: Measure) -> list[str]:
    """Say how many losses were capped, at what and why, and how many networks diverged."""
    capped, failed = facts["capped_row_losses"], facts["failed_networks"]
    at = {"r2": f" at {CAP:g} times the target's variance", "log_loss": " at a thousandth of their class's share"}
    said = f"{capped:,} losses of single rows, of all scored networks, were capped{at.get(measure.name, '')}"
    return [
        *([f"{said}, so that no single prediction makes a score."] if capped else []),
        *(
            [f"{counted(failed, 'network')} diverged and {'counts' if failed == 1 else 'count'} as the worst."]
            if failed
            else []
        ),
    ]


def _issues(result: StudyResult) -> list[str]:
    """Say what is to be mended before the verdict is believed, as the report's checks do."""
    checks = checks_of(Findings.of(result))
    # of the tips, that which a table above shows and no other line explains
    found = [c for c in checks if c.status is Status.ISSUE or (c.presses and c.code == "POS017")]
    return [f"{capital(c.status.value)} {c.code}, {c.title}: {c.found} {c.remedy}" for c in found]


def _prescription_title(result: StudyResult) -> str:
    arm = arm_name(result.prescription.arm)
    words = in_words(result.prescription.strengths)
    return f"Prescription: {arm}{f' ({words})' if words else ''}"


def print_forecast(forecast: Forecast) -> None:
    """Print what a study would cost."""
    console = Terminal()
    console.print(f"Arms: {', '.join(forecast.arms)}")
    early = forecast.least_networks < forecast.networks
    beside = f", {forecast.lever_networks:,} without early stopping beside the arms" if forecast.lever_networks else ""
    console.print(
        f"Networks: {f'{forecast.least_networks:,} to ' if early else ''}{forecast.networks:,} in "
        f"{'at most ' if early else ''}{forecast.resamples} resamples, "
        f"and up to {forecast.prescription_networks:,} more for the prescription{beside}",
    )
    console.print(
        f"Network: {forecast.parameters:,} weights, {counted(forecast.columns, 'prepared column')}, "
        f"{counted(forecast.sites, 'site')} that the arms tune; "
        f"{counted(forecast.programs, 'program')} to compile",
    )
    least = f"{duration(forecast.least_seconds)} (if two repeats decide) to " if early else ""
    console.print(
        f"Time: about {least}{duration(forecast.seconds)} with {forecast.workers} workers "
        "(measured on a few networks just now; early stopping makes it uncertain by a third)",
    )
    large = forecast.scratch_bytes > LARGE
    scratch = f", and {forecast.scratch_bytes / 1e9:.1f} GB in '{gettempdir()}' while it runs" if large else ""
    console.print(f"Disk: about {forecast.bytes / 1e6:.1f} MB{scratch}. Nothing was written.")
