"""What a user's own code raised, as part of a sentence: the error, and the line of their file."""

import re
import traceback
from pathlib import Path

_UNSEEN = re.compile(r"\x1b\[[\d;]*m|\x1b\].*?(?:\x07|\x1b\\)|[\x00-\x08\x0e-\x1b\x7f]")
"""Colours, a terminal's commands, and characters that are none to read."""
MOST = 500
"""Characters of an error's line that a message has at most."""


def text_of(error: BaseException) -> str:
    r"""Give the text of an error, without what a terminal would obey; nothing for one that cannot say what it is.

    Examples
    --------
    >>> text_of(ValueError("no\x1b[31m red"))
    'no red'
    """
    try:
        return _UNSEEN.sub("", str(error))
    except Exception:  # a class of the user's own
        return ""


def what_of(error: BaseException) -> str:
    r"""Give the class of an error and the line of its text that says what went wrong.

    Examples
    --------
    >>> what_of(ValueError("no such\nmore"))
    'ValueError: no such'
    """
    lines = [line for line in text_of(error).splitlines() if line.strip()]
    # Keras says first where it was called, and then what went wrong
    called = lines[:1] and lines[0].startswith("Exception encountered when calling") and len(lines) > 1
    said = " ".join(lines[: 2 if called else 1]).strip()
    cut = f"{said[:MOST]} ..." if len(said) > MOST else said
    return f"{type(error).__name__}: {cut}" if cut else type(error).__name__


def raised_at(error: BaseException, file: str) -> str:
    """Say what was raised, and at which line of the user's own file, from the colon to the full stop.

    Parameters
    ----------
    error : BaseException
    file : str
        The user's file; nothing where it is not known.
    """
    if isinstance(error, SyntaxError):
        return f": {type(error).__name__}: {error.msg}{_misspelt(error, file)}."
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    line = f" (line {frames[-1].lineno}: {frames[-1].line})" if frames else ""
    return f": {what_of(error)}{line}."


def _misspelt(error: SyntaxError, file: str) -> str:
    """Say where Python could not read on; also in a file that the user's own imports."""
    if error.lineno is None:
        return ""
    other = f" of '{Path(error.filename).name}'" if error.filename and error.filename != file else ""
    text = (error.text or "").strip()
    return f" (line {error.lineno}{other}{text and f': {text}'})"
