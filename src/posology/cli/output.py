"""What commands write: results on standard output, words for the user on standard error, files."""

import json
import sys
from pathlib import Path
from typing import Any

from posology.errors import InputError
from posology.streams import tell
from posology.wording import printable

LONGEST = 4000
"""Characters of what is told at once: names of columns can be as long as a user likes."""


def print_json(content: Any) -> None:
    """Print one JSON object."""
    sys.stdout.write(json.dumps(content, indent=2) + "\n")


def say(text: str) -> None:
    """Tell the user; standard output stays for the result. Names in the text give no orders to the terminal."""
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]} ... and {len(text) - LONGEST:,} characters more"
    tell(printable(shown))


def write(path: Path, content: str | bytes) -> None:
    """Write a file that the user named.

    Raises
    ------
    InputError
        It cannot be written.
    """
    try:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    except OSError as error:
        raise InputError(f"The file '{path}' cannot be written: {error.strerror}. Choose another --out.") from error
