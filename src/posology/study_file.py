"""A study as a TOML file: the options of `posology study`, under their own names."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from posology.plan import arm_name
from posology.plan.callbacks import Callbacks

Options = dict[str, Any]
"""From the name of an option, with underscores, to its value; options that are not given are absent."""


def options_of(settings: Mapping[str, Any], held: Mapping[str, Any]) -> Options:
    """Give the options that ask for a study again.

    Parameters
    ----------
    settings : mapping
        `Settings.to_dict()`, as in verdict.json.
    held : mapping
        `table`, `target`, `task`, `groups`, `drop`, as in study.json.

    Returns
    -------
    dict
        In the order of the command's help. A network that was handed over in Python is absent.
    """
    design, source, choice = settings["design"], settings["source"], settings["choice"]
    options: Options = {
        "table": None if held["table"] in (None, "demo") else Path(held["table"]).name,
        "target": held["target"],
        "task": held["task"],
        "groups": held["groups"],
        "drop": ",".join(held["drop"]) or None,
        "network": {"question": "question", "file": f"{Path(source['where']).name}:{source['function']}"}.get(
            source["kind"]
        ),
        "arms": "; ".join(arm_name(tuple(arm)) for arm in design["arms"]),
        "margin": settings["margin"],
        "score": settings["score"],
        **{name: design[name] for name in ("repeats", "folds", "trials", "inner_splits", "refits", "epochs")},
        "patience": design["patience"],
        "early_stopping": None if design["patience"] is not None else False,
        "halving": design["halving"],
        "batch_size": design["batch_size"],
        "per_layer": settings["per_layer"],
        "range": [f"{name}={low:g}:{high:g}" for name, (low, high) in settings["ranges"].items()] or None,
        "seed": design["seed"],
        "ensemble": design["ensemble"],
        "all_repeats": settings["all_repeats"],
        "levers": settings["levers"],
        "include": list(choice["include"]) or None,
        "exclude": list(choice["exclude"]) or None,
        "every_site": choice["every"],
        "input": [f"{name}={','.join(columns)}" for name, columns in settings["inputs"].items()] or None,
    }
    return {name: value for name, value in options.items() if value is not None}


def resolved(settings: Mapping[str, Any], held: Mapping[str, Any]) -> str:
    """Write a study's options as TOML, with comments on what a file cannot ask for.

    Parameters
    ----------
    settings, held : mapping
        As of `options_of`.
    """
    lines = [f"{name} = {_value(value)}" for name, value in options_of(settings, held).items()]
    if held["table"] in (None, "demo"):
        lines.insert(0, "# table: that of posology demo" if held["table"] else "# table: handed over in Python")
    if settings["source"]["kind"] == "config":
        lines.insert(0, "# network: handed over in Python")
    design = settings["design"]
    moved = {k: v for k, v in design["callbacks"].items() if v != getattr(Callbacks(), k)}
    if moved:
        lines.append(f"# fit: {json.dumps(moved)}")
    if design["validation_split"] != 0.25:
        lines.append(f"# fit: validation_split {design['validation_split']:g}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """Write a TOML value: a truth value, a number, a string or a list of strings."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        # JSON's strings are TOML's, but for the delete character
        return json.dumps(value).replace("\x7f", "\\u007f")
    assert isinstance(value, Sequence)
    return f"[{', '.join(_value(v) for v in value)}]"
