"""What commands write: results on standard output, words for the user on standard error, files."""

import json
import sys
from pathlib import Path
from typing import Any

from posology.errors import InputError


def print_json(content: Any) -> None:
    """Print one JSON object."""
    sys.stdout.write(json.dumps(content, indent=2) + "\n")


def say(text: str) -> None:
    """Tell the user; standard output stays for the result."""
    sys.stderr.write(text + "\n")


def write(path: Path, text: str) -> None:
    """Write a file that the user named.

    Raises
    ------
    InputError
        It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"The file '{path}' cannot be written: {error.strerror}. Choose another --out.") from error
