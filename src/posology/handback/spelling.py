"""How a file names Keras' classes: as its own imports bind them, else by an import that is added."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import keras

from posology.handback.builder_calls import value_of
from posology.handback.source_text import Edit, SourceText


@dataclass
class Spelling:
    """Spells classes, and remembers which of them must be imported."""

    lacking: dict[str, set[str]] = field(default_factory=dict)

    def of(self, kind: type, names: Mapping[str, Any], near: str) -> str:
        """Spell a class of `keras.layers` or `keras.regularizers`.

        Parameters
        ----------
        names : mapping
            What names mean where it is written.
        near : str
            How a class is spelled there, whose prefix is taken over.
        """
        room = "regularizers" if issubclass(kind, keras.regularizers.Regularizer) else "layers"
        for name in _candidates(kind.__name__, kind, room, names, near):
            if value_of(name, names) is kind:
                return name
        self.lacking.setdefault(f"keras.{room}", set()).add(kind.__name__)
        return kind.__name__

    def imports(self, text: SourceText) -> list[Edit]:
        """Give the change that adds the imports."""
        lines = [f"from {room} import {', '.join(sorted(names))}" for room, names in sorted(self.lacking.items())]
        return [_import_edit(text, text.newline.join(lines))] if lines else []


def _candidates(name: str, kind: type, room: str, names: Mapping[str, Any], near: str) -> Iterator[str]:
    *prefix, _ = near.split(".")
    if prefix:
        yield ".".join([*prefix, name])
        yield ".".join([*prefix[:-1], room, name])
    yield from (own for own, value in names.items() if value is kind)
    for own, value in names.items():
        if isinstance(value, ModuleType) and "keras" in value.__name__:
            yield f"{own}.{name}"
            yield f"{own}.{room}.{name}"


def _import_edit(text: SourceText, lines: str) -> Edit:
    """Put lines after the last import at the top, else after the module's docstring, else first."""
    body = text.tree.body
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    if imports:
        end = text.line_end(text.span(imports[-1])[1])
        return Edit(end, end, text.newline + lines)
    if ast.get_docstring(text.tree, clean=False) is not None:
        end = text.line_end(text.span(body[0])[1])
        return Edit(end, end, text.newline * 2 + lines)
    first = min([body[0].lineno, *(node.lineno for node in getattr(body[0], "decorator_list", []))])
    start = text.starts[first - 1]
    return Edit(start, start, lines + text.newline * 2)
