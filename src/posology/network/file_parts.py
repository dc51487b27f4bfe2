"""The files that a network file consists of: itself, and what it imports from its own folder. None of them is run."""

import hashlib
import warnings
from collections.abc import Mapping
from modulefinder import ModuleFinder
from pathlib import Path


def file_parts(file: Path) -> dict[str, Path]:
    """Find a network file and the modules beside it that it imports, and these import, by reading import statements.

    Parameters
    ----------
    file : Path

    Returns
    -------
    dict
        Path by place within the folder, the file itself first. What is imported by a name that is computed, or after a
        part that is no Python, is not found.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    folder = file.parent
    finder = ModuleFinder(path=[str(folder)])
    try:
        with warnings.catch_warnings(action="ignore"):  # of invalid escapes: whoever runs the file is told
            finder.run_script(str(file))  # reads it, and runs nothing
    except (SyntaxError, ValueError, RecursionError):
        pass  # a file that is no Python is refused, with its line, where it is imported
    found = {Path(vars(module)["__file__"]) for module in finder.modules.values() if vars(module)["__file__"]}
    helpers = sorted(path.relative_to(folder).as_posix() for path in found - {file})
    return {file.name: file, **{name: folder / name for name in helpers}}


def hash_of(parts: Mapping[str, Path]) -> str:
    """Hash files (SHA-256): one by its content alone, more by their places and contents.

    Raises
    ------
    OSError
        One cannot be read.
    """
    if len(parts) == 1:
        return hashlib.sha256(*(path.read_bytes() for path in parts.values())).hexdigest()
    each = (f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for name, path in parts.items())
    return hashlib.sha256("\n".join(each).encode()).hexdigest()
