"""A prescription as changes of the user's text: one call that makes layers at a time."""

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from posology.handback.arguments import argument_of, remove_argument, set_argument
from posology.handback.builder_calls import BuilderCall, Made, call_of, dotted, value_of
from posology.handback.insertion import Insertion
from posology.handback.source_text import Edit, SourceText, UnwritableError
from posology.handback.spelling import Spelling
from posology.network.sites import Dose, leaves

_AFTER, _BRANCH = "after", "branch"
Wanted = dict[str, dict[str, float]]
"""From arguments of a layer, or `after` for a Dropout behind it, `branch` for one of whole rows, to strengths."""


def changes(text: SourceText, model: Any, made: Mapping[int, Made], doses: Sequence[Dose]) -> list[Edit]:
    """List the changes of a file that write a prescription into it.

    Parameters
    ----------
    text : SourceText
        The file.
    model : keras.Model
        What it builds.
    made : mapping
        How each layer was made, by its identity.
    doses : sequence of Dose
        For sites of this model.

    Raises
    ------
    UnwritableError
        A layer's call is not found, makes layers of different strengths, or hides the argument.
    """
    wanted = _wanted(doses)
    layers = dict(leaves(model))
    calls: dict[ast.Call, BuilderCall] = {}
    for path in wanted:
        if path not in layers:
            raise UnwritableError(f"'{path}' is an operation, not a layer: write the Dropout after it.")
        call = call_of(made.get(id(layers[path])), path, text)
        calls.setdefault(call.node, call)
    edits: list[Edit] = []
    spelling = Spelling()
    kept = {
        (d.site.layer, d.site.argument) for d in doses if d.site.present == d.strengths and any(d.strengths.values())
    }
    for call in calls.values():
        paths = [path for path, layer in layers.items() if _is_made_by(call, made.get(id(layer)))]
        common = _common(wanted, paths, call)
        new = {name: v for name, v in common.items() if any((path, name) not in kept for path in paths)}
        edits += _at(text, call, new, spelling)
    return [*spelling.imports(text), *edits]


def _wanted(doses: Sequence[Dose]) -> dict[str, Wanted]:
    """Collect what must be written, by layer; what is absent and stays so need not."""
    out: dict[str, Wanted] = {}
    for dose in doses:
        site = dose.site
        if site.kind == "branch":
            rate = _rounded(dose.strengths["stochastic_depth"])
            out.setdefault(site.layer, {})[_BRANCH] = {"rate": rate, "sides": len(site.shape)}
        elif site.present or any(dose.strengths.values()):
            name = _AFTER if site.kind == "dropout" and not site.present else site.argument
            out.setdefault(site.layer, {})[name] = {k: _rounded(v) for k, v in dose.strengths.items()}
    return out


def _is_made_by(call: BuilderCall, made: Made | None) -> bool:
    node = call.node
    return made is not None and made.span == (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def _common(wanted: Mapping[str, Wanted], paths: Sequence[str], call: BuilderCall) -> Wanted:
    """Give what all layers of a call get."""
    first, *others = (wanted.get(path, {}) for path in paths)
    if any(other != first for other in others):
        raise UnwritableError(
            f"Line {call.node.lineno} makes {', '.join(paths)}, whose strengths differ: write a line for each."
        )
    return first


def _at(text: SourceText, call: BuilderCall, wanted: Wanted, spelling: Spelling) -> list[Edit]:
    edits: list[Edit] = []
    if {_AFTER, _BRANCH} <= set(wanted):
        raise UnwritableError(f"Line {call.node.lineno}: two layers belong behind this one: write them there.")
    for name, strengths in wanted.items():
        if name == _AFTER:
            edits += Insertion(text, call, repr(strengths["rate"]), spelling).edits()
        elif name == _BRANCH:
            rows = f"(None{', 1' * int(strengths['sides'])})"
            edits += Insertion(text, call, repr(strengths["rate"]), spelling, rows).edits()
        elif name == "rate":
            edits.append(set_argument(text, call, name, repr(strengths["rate"])))
        else:
            edits += _penalty_edits(text, call, name, strengths, spelling)
    return edits


def _penalty_edits(
    text: SourceText, call: BuilderCall, argument: str, strengths: dict[str, float], spelling: Spelling
) -> list[Edit]:
    if not any(strengths.values()):
        edit = remove_argument(text, call, argument)
        return [edit] if edit else []
    present = argument_of(call, argument)
    near = dotted(present.func) if isinstance(present, ast.Call) else ""
    if not _is_regularizer(value_of(near, call.names)):
        near = dotted(call.node.func)
    written = _penalty(strengths, call, spelling, near)
    return [set_argument(text, call, argument, written)]


def _is_regularizer(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, keras.regularizers.Regularizer)


def _penalty(strengths: dict[str, float], call: BuilderCall, spelling: Spelling, near: str) -> str:
    """Write a penalty, by the very name that stands there if that is its class."""
    l1, l2 = strengths["l1"], strengths["l2"]
    kind = keras.regularizers.L1L2 if l1 and l2 else keras.regularizers.L1 if l1 else keras.regularizers.L2
    name = near if value_of(near, call.names) is kind else spelling.of(kind, call.names, near)
    return f"{name}(l1={l1!r}, l2={l2!r})" if l1 and l2 else f"{name}({l1 or l2!r})"


def _rounded(strength: float) -> float:
    return float(f"{strength:.6g}")
