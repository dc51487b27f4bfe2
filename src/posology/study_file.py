"""A study as a TOML file: the options of `posology study`, under their own names."""

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from posology.durations import compact
from posology.errors import InputError
from posology.files import given_path, read_small
from posology.network.source import OWN
from posology.plan import arm_name
from posology.plan.callbacks import Callbacks
from posology.wording import did_you_mean, listed, shortened

MOST_BYTES = 2**18
"""Of a study file; it holds options, and lists of columns at most."""

Options = dict[str, Any]
"""From the name of an option, with underscores, to its value; options that are not given are absent."""


LISTS = "list of strings"
"""Kind of an option that may be given several times; the others are those of Python's types."""

NAMES = "string or list of strings"
"""Kind of an option that is one name, or several."""

_WORDS = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    LISTS: "a list of strings",
    NAMES: "a string, or a list",
}


def read(path: Path, known: Mapping[str, Any]) -> Options:
    """Read a study file. The files that it names are relative to it.

    Parameters
    ----------
    path : Path
    known : mapping
        From the name of every option to its kind: str, bool, int, float or `LISTS`.

    Raises
    ------
    InputError
        No such file, no TOML, an unknown option, a value of another kind, or no table or target.
    """
    content = read_small(given_path(path), MOST_BYTES, "Give a study file; posology init TABLE writes one.")
    try:
        options = tomllib.loads(content.decode("utf-8-sig"))
    except RecursionError:
        raise InputError(f"The study file '{path}' is nested too deeply. Its options are plain values.") from None
    except ValueError as error:  # of TOML, of UTF-8, of numbers with thousands of digits
        raise InputError(f"The study file '{path}' is not TOML: {error}. Strings stand in quotes.") from error
    for name, value in options.items():
        _check(path, name, value, known)
    for name in ("table", "target"):
        if name not in options:
            raise InputError(f"The study file '{path}' has no {name}. Write a line {name} = \"...\"")
    return {name: _beside(path, name, value) for name, value in options.items()}


def _check(path: Path, name: str, value: Any, known: Mapping[str, Any]) -> None:
    if name not in known:
        names = ", ".join(known)
        raise InputError(
            f"The study file '{path}' has an unknown '{shortened(name)}'.{did_you_mean(name, known)} Known: {names}."
        )
    kind = known[name]
    if kind == LISTS or (kind == NAMES and isinstance(value, list)):
        right = isinstance(value, list) and all(isinstance(one, str) for one in value)
    elif kind == NAMES:
        right = isinstance(value, str)
    else:
        # a truth value is a whole number to Python, and not to anybody else
        accepted = (int, float) if kind is float else kind
        right = isinstance(value, accepted) and (kind is bool or not isinstance(value, bool))
    if not right:
        got = shortened(repr(value))
        raise InputError(f"In the study file '{path}', {name} is {got}; it must be {_WORDS[kind]}.")


def _beside(path: Path, name: str, value: Any) -> Any:
    """Give a path as seen from the study file's folder."""
    if name == "table" or (name in ("network", "fit") and ":" in value):
        return str(path.parent / given_path(value))
    return value


def commented(table: str, target: str | Sequence[str], options: Sequence[tuple[str, str, Any, bool]]) -> str:
    """Write a study file that asks for the defaults, every option in a comment beside what it does.

    Parameters
    ----------
    table : str
    target : str or sequence of str
    options : sequence of (name, help, value, example)
        The value is the default; or an example where there is none, which is marked as such.
    """
    lines = ["# A study, for: posology study study.toml", f"table = {_value(table)}", f"target = {_value(target)}"]
    for name, help_, value, example in options:
        mark = "  # an example, not the default" if example else ""
        lines += ["", *(f"# {line}" for line in wrap(help_, 110)), f"# {name} = {_value(value)}{mark}"]
    return "\n".join(lines) + "\n"


def _name_alone(path: str) -> str:
    return Path(path).name


def options_of(
    settings: Mapping[str, Any], held: Mapping[str, Any], place: Callable[[str], str] = _name_alone
) -> Options:
    """Give the options that ask for a study again.

    Parameters
    ----------
    settings : mapping
        `Settings.to_dict()`, as in verdict.json.
    held : mapping
        `table`, `target`, `task`, `groups`, `weights`, `drop` and, where it has one, `budget`, as in study.json.
    place : callable
        Writes the path of the table, and of the network's file; by default its name alone, for a study file travels.

    Returns
    -------
    dict
        In the order of the command's help. A network that was handed over in Python is absent.
    """
    design, source, choice = settings["design"], settings["source"], settings["choice"]
    options: Options = {
        "table": None if held["table"] in (None, "demo") else place(held["table"]),
        "target": held["target"],
        "task": held["task"],
        "groups": held["groups"],
        "weights": held["weights"],
        "drop": listed(held["drop"]) or None,
        "network": _network(source, place),
        "arms": f"cocktail: {', '.join(cabinet)}" if (cabinet := design.get("cabinet")) else _arms(design["arms"]),
        "margin": settings["margin"],
        "score": settings["score"],
        **{name: design[name] for name in ("repeats", "folds", "trials", "inner_splits", "refits", "epochs")},
        "patience": design["patience"],
        "early_stopping": None if design["patience"] is not None else False,
        "halving": design["halving"],
        "batch_size": design["batch_size"],
        "per_layer": settings["per_layer"],
        "range": [f"{name}={low!r}:{high!r}" for name, (low, high) in settings["ranges"].items()] or None,
        "seed": design["seed"],
        "ensemble": design["ensemble"],
        "class_weight": _class_weight(design["class_weight"]),
        "all_repeats": settings["all_repeats"],
        "levers": settings["levers"],
        "include": list(choice["include"]) or None,
        "exclude": list(choice["exclude"]) or None,
        "every_site": choice["every"],
        "input": [f"{name}={listed(columns)}" for name, columns in settings["inputs"].items()] or None,
        "budget": None if held.get("budget") is None else compact(held["budget"]),
    }
    return {name: value for name, value in options.items() if value is not None}


def _arms(arms: Sequence[Sequence[str]]) -> str:
    return "; ".join(arm_name(tuple(arm)) for arm in arms)


def _class_weight(held: Any) -> str | None:
    """Write weights of classes as the command takes them."""
    return held if held is None or isinstance(held, str) else listed(f"{name}={weight!r}" for name, weight in held)


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
    lines += [f"# fit: {text}" for text in beyond_a_file(settings["design"])]
    return "\n".join(lines) + "\n"


def beyond_a_file(design: Mapping[str, Any]) -> list[str]:
    """Say what was given to `model.fit` and has no option of its own."""
    moved = {k: v for k, v in design["callbacks"].items() if v != getattr(Callbacks(), k)}
    said = [json.dumps(moved)] if moved else []
    split = design["validation_split"]
    return said if split == 0.25 else [*said, f"validation_split {split:g}"]


def resolved_beside(held: Mapping[str, Any]) -> str:
    """Write the study.toml of a study's folder: its files by their whole paths, for they are elsewhere.

    Parameters
    ----------
    held : mapping
        As study.json.
    """
    source, table = held["settings"]["source"], held["table"]
    whole = {"table": None if table == "demo" else table}
    if source["kind"] == "file":
        whole["network"] = f"{source['where']}:{source['function']}"
    lines = resolved(held["settings"], held).splitlines()
    said = {line.partition(" = ")[0]: place for place, line in enumerate(lines) if not line.startswith("#")}
    for name in said.keys() & {name for name, value in whole.items() if value is not None}:
        lines[said[name]] = f"{name} = {_value(whole[name])}"
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


def _network(source: Mapping[str, Any], place: Callable[[str], str]) -> str | None:
    """Name a network as the command does; None where it was handed over in Python."""
    if source["kind"] == "file":
        return f"{place(source['where'])}:{source['function']}"
    return source["kind"] if source["kind"] in OWN else None
