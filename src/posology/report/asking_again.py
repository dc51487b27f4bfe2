"""The command that asks a study's question again, with something of it changed: a wider range, more epochs."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from posology.report.findings import Findings
from posology.settings import Settings
from posology.study_file import beyond_a_file, options_of


def study_again(
    f: Findings, ending: str, ranges: Mapping[str, tuple[float, float]] = MappingProxyType({}), **sizes: int
) -> str:
    """Write the command of a new study that is asked the same, but for what is given.

    A table or a network that was handed over in Python has no command: then the argument of `Study` is written.

    Parameters
    ----------
    f : Findings
    ending : str
        Of the new study's folder, whose name begins as that of this one.
    ranges : mapping
        From regularizer to the low and the high end of what is searched.
    **sizes
        Of `posology.plan.Design`, such as `epochs`.
    """
    settings = f.verdict["settings"]
    if f.held["table"] is None or settings["source"]["kind"] == "config":
        ends = ", ".join(f"'{name}': ({low:.2g}, {high:.2g})" for name, (low, high) in ranges.items())
        given = [*([f"ranges={{{ends}}}"] if ranges else []), *(f"{name}={value}" for name, value in sizes.items())]
        return f"Study(..., {', '.join(given)})"
    design = {**settings["design"], **sizes}
    asked = {**settings, "ranges": {**settings["ranges"], **ranges}, "design": design}
    folder = from_here(f.run["folder"]).removesuffix(".posology") if f.run.get("folder") else "study"
    command = shlex.join(["posology", *_words(f, asked), "--out", f"{folder}_{ending}.posology"])
    return f"{command} (and your --fit, with this changed there too)" if beyond_a_file(design) else command


def from_here(path: str) -> str:
    """Write a place as it is found from the folder that one is in; of one elsewhere its name, for a report travels."""
    place = Path(path)
    try:
        return str(place.relative_to(Path.cwd()))
    except (ValueError, OSError):  # it lies elsewhere, or the folder that one is in was removed
        return place.name


_HELD = ("task", "groups", "weights", "drop", "budget")
"""Options that are no settings: they have no default, and are given where the study has them."""


def _words(f: Findings, settings: Mapping[str, Any]) -> Iterator[str]:
    """Give the command and its options, those of the defaults aside."""
    held: dict[str, Any] = {**dict.fromkeys(_HELD), "drop": [], **f.held}
    asked, default = (options_of(one, held, from_here) for one in (settings, Settings().to_dict()))
    if f.held["table"] == "demo":
        yield "demo"
    else:
        yield from ("study", asked["table"])
        yield from _option("target", asked["target"])
    held_of: dict[str, Any] = {name: asked[name] for name in _HELD if name in asked}
    given: dict[str, Any] = {name: value for name, value in asked.items() if default.get(name) != value}
    for name, value in (held_of | given).items():
        if name not in ("table", "target"):
            yield from _option(name.replace("_", "-"), value)


def _option(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield f"--{name}" if value else f"--no-{name}"
        return
    for one in value if isinstance(value, list) else [value]:
        yield from (f"--{name}", str(one))
