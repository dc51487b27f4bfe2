"""The result in the terminal: the verdict in one sentence, then its evidence, then what to do."""

from rich.console import Console
from rich.table import Table

from posology.durations import in_words as duration
from posology.forecast import Forecast
from posology.inference import Contrast
from posology.plan import arm_name
from posology.result import ArmRow, StudyResult, evidence
from posology.scoring import in_words


def print_result(result: StudyResult) -> None:
    """Print a study's result on standard output; plain where that is not a terminal."""
    console = Console(highlight=False, width=None if Console().is_terminal else 120)
    first, *rest = result.verdict.sentences
    console.print()
    console.print(first, style="bold", markup=False)
    console.print(" ".join([*rest, evidence(result)]), markup=False)
    console.print()
    console.print(_arms(result))
    for line in _footnotes(result):
        console.print(line, markup=False)
    console.print()
    console.print(_prescription_title(result), style="bold", markup=False)
    for line in result.prescription.lines:
        console.print(f"  {line}", markup=False)
    console.print()
    console.print(f"The tuned network, trained on all rows for {result.prescription.epochs} epochs: {result.folder / 'model.keras'}",
                  markup=False, soft_wrap=True)
    console.print(f"Predict with it: posology predict {result.folder} NEW_TABLE", markup=False, soft_wrap=True)


def _arms(result: StudyResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("arm", "R2", "gain over none [95%]", "train-test gap", "mean strengths", "epochs", "could be best"):
        table.add_column(name, justify="right" if name in ("R2", "train-test gap", "epochs") else "left", no_wrap=name == "arm")
    for row in result.arms:
        table.add_row(*_cells(row))
    return table


def _cells(row: ArmRow) -> list[str]:
    return [
        arm_name(row.arm),
        f"{row.r2:.4f}",
        _interval(row.gain),
        f"{row.gap:.3f}",
        in_words(row.strengths),
        f"{row.epochs:.0f}",
        "yes" if row.could_be_best else "no",
    ]


def _interval(gain: Contrast | None) -> str:
    return f"{gain.value:+.4f} [{gain.lower:+.4f}, {gain.upper:+.4f}]" if gain else ""


def _footnotes(result: StudyResult) -> list[str]:
    facts, analysis, design = result.facts, result.analysis, result.settings.design
    halves = (analysis.at_half_margin.kind.value, analysis.at_double_margin.kind.value)
    lines = [
        f"R2 on held-out rows that tuned nothing: {facts['repeats']} x {design.folds} resamples, each arm tuned with "
        f"{design.trials} trials a resample. Gap: train minus test R2, penalties and dropout off.",
        f"With half the margin the verdict is: {halves[0]}; with double: {halves[1]}.",
    ]
    if design.patience is not None:
        lines.append(
            "Early stopping, itself a regularizer, is on in every arm; --epochs N --no-early-stopping studies the network without it."
        )
    if analysis.probabilities is not None:
        p = analysis.probabilities
        lines.append(
            f"Probability that the best combination beats the best single arm: {p.combination_better:.0%}; that they differ by "
            f"less than the margin: {p.within_margin:.0%}."
        )
    if facts["capped_row_losses"] or facts["failed_networks"]:
        lines.append(
            f"{facts['capped_row_losses']:,} row losses were capped; {facts['failed_networks']:,} networks diverged and count as the worst."
        )
    return lines + [f"Note: {note}" for note in facts["notes"] if "in every arm" in note]


def _prescription_title(result: StudyResult) -> str:
    arm = arm_name(result.prescription.arm)
    words = in_words(result.prescription.strengths)
    return f"Prescription: {arm}{f' ({words})' if words else ''}"


def print_forecast(forecast: Forecast) -> None:
    """Print what a study would cost."""
    console = Console(highlight=False)
    console.print(f"Arms: {', '.join(forecast.arms)}", markup=False)
    console.print(
        f"Networks: {forecast.networks:,} in {forecast.resamples} resamples, and up to {forecast.prescription_networks:,} more "
        "for the prescription",
        markup=False,
    )
    console.print(f"Network: {forecast.parameters:,} weights, {forecast.columns} prepared columns, {forecast.sites} sites", markup=False)
    console.print(
        f"Time: about {duration(forecast.seconds)} with {forecast.workers} workers (measured on a few networks just now; "
        "early stopping makes it uncertain by a third)",
        markup=False,
    )
    console.print(f"Disk: about {forecast.bytes / 1e6:.1f} MB. Nothing was written.", markup=False)
