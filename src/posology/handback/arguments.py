"""Set, replace or remove an argument of a call in a text."""

import ast
import inspect
from functools import partial
from typing import Any

from posology.handback.builder_calls import BuilderCall
from posology.handback.source_text import Edit, SourceText, Token, UnwritableError


def argument_of(call: BuilderCall, name: str) -> ast.expr | None:
    """Find the value of an argument as it is written, by its name or by its place.

    Raises
    ------
    UnwritableError
        It may be inside `*args` or `**kwargs`, or the call takes no such argument.
    """
    for keyword in call.node.keywords:
        if keyword.arg == name:
            return keyword.value
    _check_open(call, name)
    place = _place_of(call.makes, name)
    if place is None or place >= len(call.node.args):
        return None
    return call.node.args[place]


def _check_open(call: BuilderCall, name: str) -> None:
    line = call.node.lineno
    for packed in (*call.node.args, *call.node.keywords):
        if isinstance(packed, ast.Starred) or (isinstance(packed, ast.keyword) and packed.arg is None):
            inner = ast.unparse(packed.value)
            raise UnwritableError(f"Line {line}: '{inner}', which is unpacked there, may hold {name}.")


def _place_of(makes: Any, name: str) -> int | None:
    """Give the place of an argument among the positional ones; None where it is given by name only."""
    if isinstance(makes, partial):
        return None
    parameters = inspect.signature(makes.__init__).parameters.values()
    places = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][1:]
    return places.index(name) if name in places else None


def set_argument(text: SourceText, call: BuilderCall, name: str, value: str) -> Edit:
    """Write an argument."""
    present = argument_of(call, name)
    if present is not None:
        return Edit(*text.span(present), value)
    return _add_keyword(text, call.node, f"{name}={value}")


def _add_keyword(text: SourceText, node: ast.Call, written: str) -> Edit:
    """Put a keyword last, on a line of its own where the last argument stands so."""
    close = text.span(node)[1] - 1
    inside = [token for token in text.between(text.span(node.func)[1], close) if not token.is_comment][1:]
    if not inside:
        return Edit(close, close, written)
    last = inside[-1]
    has_comma = last.text == ","
    parts: list[ast.AST] = [*node.args, *node.keywords]
    start = max(text.span(part)[0] for part in parts)
    end = text.line_end(last.end)
    if text.before(start).strip() == "" and end < close:
        indent = text.before(start)
        # the comma before it goes to the last argument, whose comment stays beside it
        comment = text.text[last.end : end]
        line = f"{'' if has_comma else ','}{comment}{text.newline}{indent}{written}{',' if has_comma else ''}"
        return Edit(last.end, end, line)
    return Edit(last.end, last.end, f" {written}" if has_comma else f", {written}")


def remove_argument(text: SourceText, call: BuilderCall, name: str) -> Edit | None:
    """Take an argument out; None where there is none. What comments speak of, or its place holds, becomes None."""
    value = argument_of(call, name)
    if isinstance(call.makes, partial) and value is None and name in call.makes.keywords:
        return set_argument(text, call, name, "None")
    if value is None:
        return None
    keyword = next((k for k in call.node.keywords if k.value is value), None)
    if keyword is None or isinstance(call.makes, partial):
        return Edit(*text.span(value), "None")
    edit = _removal(text, call.node, keyword)
    if edit is None or any(token.is_comment for token in text.between(edit.start, edit.end)):
        return Edit(*text.span(value), "None")
    return edit


def _removal(text: SourceText, node: ast.Call, keyword: ast.keyword) -> Edit | None:
    """Cut a keyword with its comma, and with its lines where it stands alone on them."""
    start, end = text.span(keyword)
    before, after = _beside(text, node, start, end)
    if after is not None and after.text == "," and text.before(start).strip() == "" and not text.after(after.end):
        return Edit(text.line_start(start), text.next_line(after.end) or after.end, "")
    if before is not None and before.text == ",":
        return Edit(before.start, end, "")
    if after is not None and after.text == ",":
        rest = text.after(after.end)
        return Edit(start, after.end + len(rest) - len(rest.lstrip()), "")
    return Edit(start, end, "") if before is not None and before.text == "(" else None


def _beside(text: SourceText, node: ast.Call, start: int, end: int) -> tuple[Token | None, Token | None]:
    """Give the tokens before and after a piece of a call, comments aside."""
    tokens = [token for token in text.between(*text.span(node)) if not token.is_comment]
    before = [token for token in tokens if token.end <= start]
    after = [token for token in tokens if token.start >= end]
    return (before[-1] if before else None), (after[0] if after else None)
