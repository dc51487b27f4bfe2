"""The text of a Python file, addressed as its syntax tree addresses it, and changed place by place.

Everything that is not changed keeps its characters: comments, spaces, tabs, line ends.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

_LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


class UnwritableError(Exception):
    """A prescription cannot be written into a file; the text says why."""


@dataclass(frozen=True)
class Edit:
    """Characters `start` to `end` of a text become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Token:
    """A token that means something, or a comment, between two characters."""

    start: int
    end: int
    text: str

    @property
    def is_comment(self) -> bool:
        """Tell a comment."""
        return self.text.startswith("#")


@dataclass(frozen=True)
class SourceText:
    r"""A Python text and its places.

    Parameters
    ----------
    text : str
        With its own line ends; without a byte order mark.

    Examples
    --------
    >>> text = SourceText("é = 1\r\nb = 2")
    >>> text.offset(2, 0), text.newline
    (7, '\r\n')
    """

    text: str

    @cached_property
    def starts(self) -> list[int]:
        """Give where each line starts."""
        return [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", self.text))]

    @cached_property
    def tree(self) -> ast.Module:
        """Give the syntax tree."""
        return ast.parse(self.text)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Give what each node of the tree is a part of."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def tokens(self) -> list[Token]:
        """List tokens and comments."""
        lines = io.StringIO(re.sub(r"\r\n|\r", "\n", self.text))
        return [
            Token(self._at(*token.start), self._at(*token.end), token.string)
            for token in tokenize.generate_tokens(lines.readline)
            if token.type not in _LAYOUT
        ]

    @property
    def newline(self) -> str:
        """Give the line end that the text uses."""
        found = re.search(r"\r\n|\r|\n", self.text)
        return found[0] if found else "\n"

    def _at(self, line: int, character: int) -> int:
        return self.starts[line - 1] + character

    def offset(self, line: int, column: int) -> int:
        """Give the character at a line, from 1, and a column, in UTF-8 bytes from 0."""
        start = self.starts[line - 1]
        return start + len(self.text[start : start + column].encode()[:column].decode())

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Give where a node of the tree starts and ends."""
        start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return self.offset(*start), self.offset(*end)

    def of(self, node: ast.AST) -> str:
        """Give the text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def between(self, start: int, end: int) -> Iterator[Token]:
        """Give the tokens and comments between two characters."""
        return (token for token in self.tokens if token.start >= start and token.end <= end)

    def line_start(self, offset: int) -> int:
        """Give the start of the line of a character."""
        return max(start for start in self.starts if start <= offset)

    def line_end(self, offset: int) -> int:
        """Give the end of the line of a character, before its line end."""
        found = re.compile(r"[\r\n]").search(self.text, offset)
        return found.start() if found else len(self.text)

    def next_line(self, end: int) -> int | None:
        """Give the start of the line after a line's end; None after the last one."""
        return next((start for start in self.starts if start > end), None)

    def before(self, offset: int) -> str:
        """Give what stands before a character on its line."""
        return self.text[self.line_start(offset) : offset]

    def after(self, offset: int) -> str:
        """Give what stands from a character on on its line."""
        return self.text[offset : self.line_end(offset)]


def applied(text: str, edits: Sequence[Edit]) -> str:
    """Change a text; edits at the same place keep their order.

    Raises
    ------
    UnwritableError
        Two of them change the same characters.

    Examples
    --------
    >>> applied("Dense(8)", [Edit(6, 7, "16"), Edit(0, 0, "keras.")])
    'keras.Dense(16)'
    """
    out, at = [], 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < at:
            raise UnwritableError("two changes of the file overlap")
        out += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*out, text[at:]])
