"""A diagnosis in the terminal: one line a finding, its remedy below."""

from rich.table import Table
from rich.text import Text

from posology.console import Terminal
from posology.doctor import Diagnosis
from posology.wording import counted


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """Print on standard output; plain where that is not a terminal."""
    console = Terminal()
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in diagnosis.findings:
        word = Text("well") if finding.well else Text("WRONG", style="bold red")
        table.add_row(word, Text(finding.name), Text(finding.said))
        if finding.remedy:
            table.add_row("", "", Text(f"-> {finding.remedy}"))
    console.print(table)
    wrong = sum(not finding.well for finding in diagnosis.findings)
    said = f"{counted(wrong, 'thing')} wrong." if wrong else "All is well."
    console.print(said, style="bold")
