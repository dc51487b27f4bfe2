"""Write a Dropout after a layer: where `model.add`, a list of layers, or the functional style put the next one.

Where a line with a Dropout is commented out at that very place, it comes back with the new rate.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass

import keras

from posology.handback.arguments import set_argument
from posology.handback.builder_calls import BuilderCall, dotted, value_of
from posology.handback.source_text import Edit, SourceText, UnwritableError, applied
from posology.handback.spelling import Spelling

_HOLE = "_"


@dataclass(frozen=True)
class Insertion:
    """A Dropout to write.

    Parameters
    ----------
    text : SourceText
        The file.
    call : BuilderCall
        What makes the layer before it.
    rate : str
        The share dropped, as it is written.
    spelling : Spelling
    noise_shape : str
        Of its mask, as it is written; of the activation's own shape where empty.
    """

    text: SourceText
    call: BuilderCall
    rate: str
    spelling: Spelling
    noise_shape: str = ""

    def edits(self) -> list[Edit]:
        """Give the changes.

        Raises
        ------
        UnwritableError
            What follows the layer is not plain there.
        """
        use = self._use()
        parent = self.text.parents[use]
        if isinstance(parent, ast.Call) and parent.func is use:
            return self._after_output(parent)
        if isinstance(parent, ast.Call) and self._is_added(parent):
            owner = self.text.of(parent.func)
            return self._after_statement(self.text.parents[parent], lambda new: f"{owner}({new})")
        if isinstance(parent, ast.List | ast.Tuple) or (isinstance(parent, ast.Call) and len(parent.args) > 1):
            # also where a function takes layers one by one: that it does, the check of the changed file tells
            return self._after_element(use, parent)
        raise self._refusal()

    def _refusal(self) -> UnwritableError:
        return UnwritableError(f"Line {self.call.node.lineno}: where a Dropout could follow this layer is not plain.")

    def _use(self) -> ast.AST:
        """Give where the layer stands: its call, or the only place of the name that it is given."""
        node = self.call.node
        parent = self.text.parents[node]
        if not (isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name)):
            return node
        name = parent.targets[0].id
        places = [n for n in ast.walk(self._scope(parent)) if isinstance(n, ast.Name) and n.id == name]
        loads = [n for n in places if isinstance(n.ctx, ast.Load)]
        if len(parent.targets) > 1 or len(loads) != 1 or len(places) != 2:
            raise self._refusal()
        return loads[0]

    def _scope(self, node: ast.AST) -> ast.AST:
        while not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            node = self.text.parents[node]
        return node

    def _is_added(self, parent: ast.Call) -> bool:
        """Tell `model.add(layer)` and `layers.append(layer)` as statements."""
        named = isinstance(parent.func, ast.Attribute) and parent.func.attr in ("add", "append")
        return named and len(parent.args) == 1 and isinstance(self.text.parents[parent], ast.Expr)

    def _dropout(self) -> str:
        rows = f", noise_shape={self.noise_shape}" if self.noise_shape else ""
        return f"{self._class()}({self.rate}{rows})"

    def _class(self) -> str:
        return self.spelling.of(keras.layers.Dropout, self.call.names, dotted(self.call.node.func))

    def _after_output(self, output: ast.Call) -> list[Edit]:
        statement = self.text.parents[output]
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                return self._after_statement(statement, lambda new: f"{target.id} = {new}({target.id})")
        start, end = self.text.span(output)
        return [Edit(start, start, f"{self._dropout()}("), Edit(end, end, ")")]

    def _after_statement(self, statement: ast.AST, written: Callable[[str], str]) -> list[Edit]:
        start, end = self.text.span(statement)
        indent, rest = self.text.before(start), self.text.after(end).strip()
        if indent.strip() or not (rest == "" or rest.startswith("#")):  # other statements stand on its line
            return [Edit(end, end, f"; {written(self._dropout())}")]
        return [self._line_after(self.text.line_end(end), indent, written, "")]

    def _after_element(self, use: ast.AST, parent: ast.AST) -> list[Edit]:
        start, end = self.text.span(use)
        close = self.text.span(parent)[1] - 1
        tokens = [token for token in self.text.between(end, close) if not token.is_comment]
        comma = next((token for token in tokens if token.text == ","), None)
        at = self.text.line_end(comma.end if comma else end)
        indent, rest = self.text.before(start), self.text.after(comma.end if comma else end).strip()
        if indent.strip() or at > close or not (rest == "" or rest.startswith("#")):
            gap = " " if comma or indent.strip() else f"{self.text.newline}{indent}"
            return [Edit(end, end, f",{gap}{self._dropout()}")]
        line = self._line_after(at, indent, lambda new: new, "," if comma else "")
        return [line] if comma else [Edit(end, end, ","), line]

    def _line_after(self, at: int, indent: str, written: Callable[[str], str], comma: str) -> Edit:
        """Write a line after the one that ends at a character, or bring back the one that is commented out there."""
        # one for whole rows is another layer than what may be commented out there
        start = None if self.noise_shape else self.text.next_line(at)
        while start is not None and (comment := self.text.after(start).strip()).startswith("#"):
            code = self._revived(comment.lstrip("#").strip(), written, comma)
            end = self.text.line_end(start)
            if code:
                return Edit(start, end, indent + code)
            start = self.text.next_line(end)
        return Edit(at, at, f"{self.text.newline}{indent}{written(self._dropout())}{comma}")

    def _revived(self, code: str, written: Callable[[str], str], comma: str) -> str:
        """Give the commented code with the new rate, where it is a Dropout for this very place; else nothing."""
        comment = SourceText(code)
        try:
            calls = [n for n in ast.walk(comment.tree) if isinstance(n, ast.Call) and self._is_dropout(n.func)]
        except (SyntaxError, ValueError):
            return ""
        if len(calls) != 1 or not _is_same(comment, calls[0], written(_HOLE)):
            return ""
        if dotted(calls[0].func) == "Dropout":
            self._class()  # imports it where the file does not
        edits = [set_argument(comment, BuilderCall(calls[0], {}, keras.layers.Dropout), "rate", self.rate)]
        if comma and not isinstance(comment.parents[calls[0]], ast.Tuple):
            end = comment.span(calls[0])[1]
            edits.append(Edit(end, end, comma))
        return applied(code, edits)

    def _is_dropout(self, function: ast.AST) -> bool:
        name = dotted(function)
        value = value_of(name, self.call.names)
        return value is keras.layers.Dropout or (value is None and name == "Dropout")


def _is_same(comment: SourceText, call: ast.Call, wanted: str) -> bool:
    """Tell whether code is what would be written, its Dropout left open; an element may have its comma."""
    start, end = comment.span(call)
    found = applied(comment.text, [Edit(start, end, _HOLE)])
    return ast.dump(ast.parse(found)) in (ast.dump(ast.parse(wanted)), ast.dump(ast.parse(f"{wanted},")))
