"""What the studies of real tables in this folder share: their size, how they are kept, what is kept of a verdict."""

import json
import os
import platform
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from posology.inference import Analysis, Kind
from posology.network.source import NetworkSource
from posology.plan import PLAIN_QUESTION, Design
from posology.settings import Settings
from posology.table import Table, make_table

sys.path.insert(0, str(Path(__file__).parents[1]))

from public_tables import REGRESSION

HERE = Path(__file__).parent
SIZES = {
    "small": Design(PLAIN_QUESTION, repeats=5, trials=8, inner_splits=1, refits=3, epochs=100, patience=15),
    "default": Design(PLAIN_QUESTION),
}
"""Of a study: a small network in a few minutes, or the question's own with the default budget."""


def settings_of(size: str) -> Settings:
    """Give what is asked."""
    small = NetworkSource("file", str(HERE / "small_networks.py"), "deep")
    return Settings(SIZES[size], small if size == "small" else NetworkSource("question"))


def loaded(name: str) -> Table:
    """Give a public table."""
    frame, target = REGRESSION[name]()
    return make_table(frame, target)


def said(analysis: Analysis) -> str:
    """Reduce a verdict to what a user would do: the arm to use, "either", or nothing."""
    verdict = analysis.verdict
    if verdict.kind is Kind.OPEN:
        return "open"
    return {1: "none", 2: "either", 3: "+".join(verdict.arm), 4: "combine"}[verdict.rule]


def kept(file: Path) -> list[dict[str, Any]]:
    """Read the lines of a file of results."""
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def keep(file: Path, facts: dict[str, Any]) -> None:
    """Append a line: when and on what it was measured, and what."""
    with file.open("a") as out:
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        out.write(json.dumps({**facts, "date": str(date.today()), "machine": machine}) + "\n")


def missing(file: Path, wanted: list[tuple[Any, ...]], keys: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """Give the wanted studies that a file lacks, as it is when each is asked for."""
    for one in wanted:
        if one not in {tuple(facts[key] for key in keys) for facts in kept(file)}:
            yield one
