"""A network's inspection in the terminal: its sites, the model as a diff, what acts, what the structure says."""

from typing import Any

from rich.table import Table
from rich.text import Text

from posology.inspection import Inspection
from posology.report.console import Terminal
from posology.wording import counted

_STYLES = {"+": "green", "-": "red"}


def print_inspection(inspection: Inspection) -> None:
    """Print an inspection on standard output; plain where that is not a terminal."""
    console = Terminal(120)
    title = f"{inspection.network}: {inspection.parameters:,} weights, {inspection.optimizer}, "
    console.print(title + counted(len(inspection.sites), "site"), style="bold")
    console.print(f"Run on {inspection.rows}.")
    console.print()
    console.print(_sites(inspection))
    console.print()
    console.print("What a study changes (l1, l2 and rate are what it searches):", style="bold")
    for line in inspection.lines:
        console.print(line, style=_STYLES.get(line[0], ""))
    said = [*_liveness(inspection), *(w["text"] for w in inspection.warnings), *inspection.notes]
    if said:
        console.print()
    for text in said:
        console.print(f"Note: {text}")


def _sites(inspection: Inspection) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("layer", "site", "shape", "present", "a study", "acts"):
        table.add_column(name, no_wrap=name == "layer")
    for site in inspection.sites:
        table.add_row(*map(Text, _cells(site)))
    return table


def _cells(site: dict[str, Any]) -> list[str]:
    kernel = site["kind"] == "kernel"
    strengths = {name: strength for name, strength in site["present"].items() if strength or not kernel}
    present = ", ".join(f"{name} {strength:g}" for name, strength in strengths.items())
    does = "inserts Dropout(rate)" if site["inserted"] else f"sets {'l1, l2' if kernel else 'rate'}"
    acts = ", ".join(f"{name}: {'yes' if seen['live'] else 'NO'}" for name, seen in site["regularizers"].items())
    what = site["argument"].removesuffix("_regularizer") if kernel else "activation"
    return [
        site["layer"],
        what,
        " x ".join(map(str, site["shape"])),
        present or ("0" if site["present"] else "-"),
        does,
        acts,
    ]


def _liveness(inspection: Inspection) -> list[str]:
    """Say in sentences what the table's last column does not: that all is well, or what is not."""
    pairs = [(site, name, seen) for site in inspection.sites for name, seen in site["regularizers"].items()]
    dead = [f"{name} at '{site['layer']}'" for site, name, seen in pairs if not seen["live"]]
    moved = [f"{name} at '{site['layer']}'" for site, name, seen in pairs if not seen["still_at_zero"]]
    lines = []
    if dead:
        lines.append(f"These do nothing: {', '.join(dead)}: loss, gradients or a step are the same with and without.")
    if moved:
        lines.append(f"At strength zero these do not give the network without them: {', '.join(moved)}.")
    if pairs and not lines:
        lines.append("Every regularizer acts at each of its sites, and does nothing at strength zero.")
    return lines
