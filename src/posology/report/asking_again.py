"""The command that asks a study's question again, with wider ranges."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from posology.report.findings import Findings
from posology.settings import Settings
from posology.study_file import options_of


def wider_study(f: Findings, ranges: Mapping[str, tuple[float, float]]) -> str:
    """Write the command of a new study that is asked the same, but for the searched ranges that are given.

    A table or a network that was handed over in Python has no command: then the argument of `Study` is written.

    Parameters
    ----------
    f : Findings
    ranges : mapping
        From regularizer to the low and the high end.
    """
    settings = f.verdict["settings"]
    if f.held["table"] is None or settings["source"]["kind"] == "config":
        ends = ", ".join(f"'{name}': ({low:.2g}, {high:.2g})" for name, (low, high) in ranges.items())
        return f"Study(..., ranges={{{ends}}})"
    asked = {**settings, "ranges": {**settings["ranges"], **ranges}}
    folder = Path(f.run["folder"]).name.removesuffix(".posology") if f.run.get("folder") else "study"
    return shlex.join(["posology", *_words(f, asked), "--out", f"{folder}_wider.posology"])


def _words(f: Findings, settings: Mapping[str, Any]) -> Iterator[str]:
    """Give the command and its options, those of the defaults aside."""
    held: dict[str, Any] = {"task": None, "groups": None, "weights": None, "drop": [], **f.held}
    asked, default = options_of(settings, held), options_of(Settings().to_dict(), held)
    if f.held["table"] == "demo":
        yield "demo"
    else:
        yield from ("study", asked["table"])
        yield from _option("target", asked["target"])
    of_table: dict[str, Any] = {name: asked[name] for name in ("task", "groups", "weights", "drop") if name in asked}
    given: dict[str, Any] = {name: value for name, value in asked.items() if default.get(name) != value}
    for name, value in (of_table | given).items():
        if name not in ("table", "target"):
            yield from _option(name.replace("_", "-"), value)


def _option(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield f"--{name}" if value else f"--no-{name}"
        return
    for one in value if isinstance(value, list) else [value]:
        yield from (f"--{name}", str(one))
