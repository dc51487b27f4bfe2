"""Which call of the user's file makes which layer of the network: watched while the network is built.

Python knows, for every instruction, the exact piece of text that it comes from. While the user's function runs, the
innermost line of the user's file is kept for every layer that comes into being.
"""

import ast
import builtins
import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import keras
import numpy as np

from posology.errors import InputError
from posology.handback.source_text import SourceText, UnwritableError
from posology.network.asked import NUMBER, Outputs
from posology.network.checks import build as build_layers
from posology.network.keras_of_tensorflow import keras_of_tensorflow
from posology.network.source import build_by
from posology.network.user_file import FILE_PREFIX

Span = tuple[int, int, int, int]
"""First line, from 1, and column, in bytes from 0; last line and column."""


@dataclass(frozen=True)
class Made:
    """How a layer came into being.

    Parameters
    ----------
    layer : keras.layers.Layer
    span : tuple of int, optional
        The call in the user's file; None for a layer that is made elsewhere.
    names : mapping
        What the names of the user's file mean there.
    """

    layer: Any
    span: Span | None
    names: Mapping[str, Any]


@dataclass(frozen=True)
class BuilderCall:
    """A call in the user's file that makes layers.

    Parameters
    ----------
    node : ast.Call
    names : mapping
        What names mean there.
    makes : Any
        What is called: a class of layers, or a `functools.partial` of one.
    """

    node: ast.Call
    names: Mapping[str, Any]
    makes: Any


def build(content: bytes, file: Path, function: str, x_train: Any, outputs: Outputs = NUMBER) -> Any:
    """Build the network of a file, as if that were its content.

    Parameters
    ----------
    content : bytes
        Of a Python file.
    file : pathlib.Path
        Where it is, or would be: what it imports or reads beside itself is found.
    function : str
        The one that builds.
    x_train : Any
        What it is given: prepared rows, or these by input.
    outputs : Outputs
        That the network has, for a function that asks for their number.

    Raises
    ------
    InputError
        It does not import, has no such function, this fails, or what it gives cannot be built for the rows.
    """
    name = f"{function} of '{file.name}'"
    with keras_of_tensorflow(file.parent):
        namespace = _run(content, file)
        if not callable(namespace.get(function)):
            raise InputError(f"The network file '{file.name}' has no function '{function}'.")
        model = build_by(namespace[function], name, lambda: x_train, outputs)
    if isinstance(x_train, np.ndarray):
        build_layers(model, name, x_train.shape[1])
    return model


def _run(content: bytes, file: Path) -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location(f"{FILE_PREFIX}{file.stem}", file)
    if spec is None:
        raise InputError(f"The network file '{file}' cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    sys.modules[spec.name] = module
    try:
        # not by its loader: that would read the file as it is now, or a compiled copy of it
        exec(compile(content, str(file), "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:
        raise InputError(f"The network file '{file.name}' does not import: {type(error).__name__}: {error}") from error
    return vars(module)


def watched(run: Callable[[], Any], file: Path) -> tuple[Any, dict[int, Made]]:
    """Run what builds a network and keep, by the identity of each layer, how it was made."""
    made: dict[int, Made] = {}

    def watch(frame: FrameType, event: str, result: Any) -> None:
        if event == "return" and frame.f_code.co_name == "__new__" and isinstance(result, keras.layers.Layer):
            made.setdefault(id(result), _made(result, frame, str(file)))

    sys.setprofile(watch)
    try:
        return run(), made
    finally:
        sys.setprofile(None)


def _made(layer: Any, frame: FrameType, file: str) -> Made:
    own = [f for f in _callers(frame) if f.f_code.co_filename == file]
    if not own:
        return Made(layer, None, {})
    names = dict(vars(builtins))
    for outer in reversed(own):
        names |= outer.f_globals | outer.f_locals
    return Made(layer, _span(own[0].f_code, own[0].f_lasti), names)


def _callers(frame: FrameType | None) -> list[FrameType]:
    out = []
    while frame is not None:
        out.append(frame)
        frame = frame.f_back
    return out


def _span(code: CodeType, instruction: int) -> Span | None:
    """Give the text that an instruction comes from; Python can be told not to keep it."""
    line, last, column, end = list(code.co_positions())[instruction // 2]
    return None if line is None or last is None or column is None or end is None else (line, column, last, end)


def call_of(made: Made | None, path: str, text: SourceText) -> BuilderCall:
    """Find the call that makes a layer.

    Raises
    ------
    UnwritableError
        It is made elsewhere, or by something else than a call of its class.
    """
    if made is None or made.span is None:
        raise UnwritableError(f"The layer '{path}' is made outside your file.")
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Call) and _place(node) == made.span:
            makes = value_of(dotted(node.func), made.names)
            if _makes_layers(makes):
                return BuilderCall(node, made.names, makes)
    raise UnwritableError(f"Line {made.span[0]} leads to the layer '{path}', which is made elsewhere.")


def _place(node: ast.Call) -> Span:
    return (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)


def _makes_layers(called: Any) -> bool:
    kind = getattr(called, "func", called)  # a partial's own function
    return isinstance(kind, type) and issubclass(kind, keras.layers.Layer)


def dotted(node: ast.AST) -> str:
    """Give a name with dots as text; nothing for other expressions.

    Examples
    --------
    >>> dotted(ast.parse("keras.layers.Dense", mode="eval").body)
    'keras.layers.Dense'
    """
    if isinstance(node, ast.Name):
        return node.id
    inner = dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{inner}.{node.attr}" if inner and isinstance(node, ast.Attribute) else ""


def value_of(name: str, names: Mapping[str, Any]) -> Any:
    """Give what a name with dots means; None where it means nothing."""
    first, *rest = name.split(".")
    value = names.get(first)
    for part in rest:
        value = getattr(value, part, None)
    return value
