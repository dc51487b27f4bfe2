"""The levers in the terminal: a table beside that of the arms, and what it says of early stopping."""

from dataclasses import asdict

from posology.console import Terminal, plain_table
from posology.inference import Analysis, Contrast
from posology.levers import Lever, Levers
from posology.plan import arm_name
from posology.report.charts.numbers import with_interval


def print_levers(console: Terminal, levers: Levers, analysis: Analysis) -> None:
    """Print the levers of a study, each with its difference to the advised arm."""
    table = plain_table()
    table.add_column("beside the arms", no_wrap=True)
    table.add_column(analysis.measure.words, justify="right")
    table.add_column(f"minus {arm_name(levers.advised)} [95%]")
    table.add_column("repeats", justify="right")
    for lever in levers.each:
        row = (lever.words, f"{lever.score:.4f}", interval(lever.over_advised), str(lever.repeats))
        table.add_row(*row)
    console.print()
    console.print(table)
    for line in lines(levers, analysis.measure.words):
        console.print(line)
    console.print()


def interval(found: Contrast) -> str:
    """Write a difference."""
    return with_interval(asdict(found))


def lines(levers: Levers, unit: str) -> list[str]:
    """Say how much of the cure is early stopping, and what an arm gains without it."""
    said = []
    if (gain := levers.gain_of_early_stopping) is not None:
        said.append(f"none with early stopping minus none without: {interval(gain)} {unit}, on the first repeat.")
    gains = [text for lever in levers.each if (text := _gained(lever))]
    if gains:
        said.append(f"What an arm gains over none where neither stops early: {'; '.join(gains)}.")
    return [*said, f"Left out: {levers.note}."] if levers.note else said


def _gained(lever: Lever) -> str:
    return f"{lever.name} {interval(lever.over_none)}" if lever.over_none else ""
