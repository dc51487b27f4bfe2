"""A network's inspection in the terminal: its sites, the model as a diff, what acts, what the structure says."""

from typing import Any

from rich.table import Table
from rich.text import Text

from posology.console import Terminal, plain_table
from posology.inspection import Inspection
from posology.wording import counted

_STYLES = {"+": "green", "-": "red"}
_WORDS = {
    "kernel": ("kernel", "sets l1, l2"),
    "dropout": ("activation", "inserts Dropout(rate)"),
    "branch": ("branch", "scales it, if named"),
    "pair": ("pair", "weighs both, if named"),
    "norm": ("pre-activation", "inserts a layer, if named"),
}
"""What a kind of site is, and what a study does there."""


def print_inspection(inspection: Inspection) -> None:
    """Print an inspection on standard output; plain where that is not a terminal."""
    console = Terminal()
    title = f"{inspection.network}: {inspection.parameters:,} weights, {inspection.optimizer}, "
    console.print(title + _counts(inspection), style="bold")
    console.print(f"Run on {inspection.rows}.")
    console.print()
    console.print(_sites(inspection))
    console.print()
    console.print("What a study changes (l1, l2 and rate are what it searches):", style="bold")
    for line in inspection.lines:
        console.print(line, style=_STYLES.get(line[0], ""))
    said = [*_liveness(inspection), *_rarer(inspection), *(w["text"] for w in inspection.warnings), *inspection.notes]
    if said:
        console.print()
    for text in said:
        console.print(f"Note: {text}")


def _counts(inspection: Inspection) -> str:
    """Count the sites of a study's usual arms, and the others apart."""
    usual, others = len(inspection.sites) - len(rarer := _rarer_sites(inspection)), len(rarer)
    return counted(usual, "site") + (f", and {others} for regularizers that --arms can name" if others else "")


def _sites(inspection: Inspection) -> Table:
    table = plain_table()
    for name in ("layer", "site", "shape", "present", "a study", "acts"):
        table.add_column(name, no_wrap=name == "layer")
    for site in inspection.sites:
        table.add_row(*map(Text, _cells(site)))
    return table


def _cells(site: dict[str, Any]) -> list[str]:
    strengths = {name: strength for name, strength in site["present"].items() if strength or site["kind"] != "kernel"}
    present = ", ".join(f"{name} {strength:g}" for name, strength in strengths.items())
    acts = ", ".join(f"{name}: {'yes' if seen['live'] else 'NO'}" for name, seen in site["regularizers"].items())
    what, does = _WORDS[site["kind"]]
    layer = f"{site['layer']}, {site['argument']}" if site["kind"] == "pair" else site["layer"]
    return [
        layer,
        site["argument"].removesuffix("_regularizer") if site["kind"] == "kernel" else what,
        " x ".join(map(str, site["shape"])),
        present or ("0" if site["present"] else "-"),
        "sets rate" if site["present"] and site["kind"] == "dropout" else does,
        acts,
    ]


def _rarer(inspection: Inspection) -> list[str]:
    """Say how what is not part of the plain question comes into a study."""
    if not (rarer := _rarer_sites(inspection)):
        return []
    names = list(dict.fromkeys(name for site in rarer for name in site["regularizers"]))
    return [f"A study has {', '.join(names)} where --arms names them, such as --arms 'none; {names[-1]}'."]


def _rarer_sites(inspection: Inspection) -> list[dict[str, Any]]:
    return [site for site in inspection.sites if site["kind"] not in ("kernel", "dropout")]


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
