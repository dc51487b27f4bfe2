"""The options of `posology study` as a study file has them: their kinds, their help, and back to what was asked."""

import inspect
import types
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

from posology.cli.options import Ask, Where
from posology.study_file import LISTS, NAMES

TABLE = {
    "table": (str, "CSV, TSV, Parquet or Feather; CSV and TSV may be gzipped."),
    "target": (NAMES, "The column to predict, or several."),
    "task": (str, "classification or regression, where it is not what the target's cells say."),
    "groups": (str, "Column that says which rows belong together."),
    "weights": (str, "Column that says how much each row counts."),
    "drop": (str, "Columns to leave out, separated by commas; in double quotes where a name has one."),
}
"""What the command itself takes."""

RUN = {
    "budget": (str, "Time for the evidence: the study ends after the last repeat that fits."),
    "track": (LISTS, "Write the study into mlflow, tensorboard or wandb too; each is an extra."),
}
"""Of how it is run; the others belong to a machine or a call, not to a study."""

EXAMPLES: dict[str, Any] = {
    "task": "classification",
    "groups": "patient",
    "weights": "sales",
    "drop": "id,name",
    "network": "net.py:model_build",
    "arms": "none; l1; l2; dropout; l2+dropout",
    "score": "brier",
    "halving": 3,
    "range": ["dropout=0:0.5", "l1=1e-6:1e-2"],
    "fit": "net.py:FIT",
    "class_weight": "balanced",
    "include": ["dense_1"],
    "exclude": ["dense_2"],
    "input": ["left=age,bmi"],
    "budget": "10min",
    "track": ["mlflow"],
}
"""Of options that have no default."""

SEVERAL = "may be given several times"
"""What help says of an option that a study file has as a list."""

_RENAMED = {"ranges": "range"}


def kinds() -> dict[str, Any]:
    """Give the kind of every option, as `posology.study_file.read` takes them."""
    own, run = ({name: kind for name, (kind, _) in part.items()} for part in (TABLE, RUN))
    return own | {_RENAMED.get(name, name): _kind(hint) for name, hint, _ in _fields()} | run


def asked(options: Mapping[str, Any]) -> tuple[Ask, Where]:
    """Give what a study file asks for; options of the table aside."""

    def of(part: type) -> dict[str, Any]:
        named = {field.name: _RENAMED.get(field.name, field.name) for field in fields(part)}
        given = {name: options[option] for name, option in named.items() if option in options}
        return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}

    return Ask(**of(Ask)), Where(**of(Where))


def described() -> list[tuple[str, str, Any, bool]]:
    """List every option but table and target with its help, its default or an example, and whether it is one."""
    out = [(name, text, EXAMPLES[name], True) for name, (_, text) in TABLE.items() if name in EXAMPLES]
    help_ = {**_help(Ask), **_help(Where)}
    for name, _, default in _fields():
        option = _RENAMED.get(name, name)
        text = help_[name].replace(SEVERAL, "a list")
        out.append((option, text, EXAMPLES.get(option, default), option in EXAMPLES))
    return [*out, *((name, text, EXAMPLES[name], True) for name, (_, text) in RUN.items())]


def _fields() -> Iterator[tuple[str, Any, Any]]:
    for part in (Ask, Where):
        hints = get_type_hints(part)
        for field in fields(part):
            yield field.name, hints[field.name], field.default


def _kind(hint: Any) -> Any:
    if get_origin(hint) is tuple:
        return LISTS
    if isinstance(hint, types.UnionType):
        return next(one for one in get_args(hint) if one is not type(None))
    return hint


def _help(part: type) -> dict[str, str]:
    """Read what a class's docstring says of each parameter."""
    _, _, listed = inspect.cleandoc(part.__doc__ or "").partition("----------\n")
    found: dict[str, str] = {}
    name = ""
    for line in listed.splitlines():
        if line and not line.startswith(" "):
            name = line
        else:
            found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return found
