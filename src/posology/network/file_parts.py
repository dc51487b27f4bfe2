"""The files that a network file consists of: itself, and what it imports from its own folder. None of them is run."""

import ast
import hashlib
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path


def file_parts(file: Path) -> dict[str, Path]:
    """Find a network file and the modules beside it that it imports, and these import, by reading import statements.

    Parameters
    ----------
    file : Path

    Returns
    -------
    dict
        Path by place within the folder, the file itself first. What is imported by a computed name is not found.

    Raises
    ------
    OSError
        A file cannot be read.
    """
    folder, found, waiting = file.parent, {file}, [file]
    while waiting:
        new = set(_imported(waiting.pop(), folder)) - found
        found |= new
        waiting += new
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


def _imported(file: Path, folder: Path) -> Iterator[Path]:
    """Give the files of a folder that the import statements of one of them name."""
    for node in ast.walk(_parsed(file)):
        if isinstance(node, ast.Import):
            named, base = [alias.name for alias in node.names], folder
        elif isinstance(node, ast.ImportFrom):
            named = [".".join(filter(None, (node.module, alias.name))) for alias in node.names]
            base = file.parents[min(node.level, len(file.parents)) - 1] if node.level else folder
        else:
            continue
        yield from (path for name in named for path in _files_of(name, base) if path.is_relative_to(folder))


def _parsed(file: Path) -> ast.AST:
    """Read a file; one that is no Python, which is refused with its line where it is imported, names nothing."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of invalid escapes: whoever runs the file is told
            return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _files_of(name: str, base: Path) -> Iterator[Path]:
    """Give the files of a dotted name and of the packages it lies in; a folder without `__init__.py` is one as well."""
    place = base
    for part in name.split("."):
        place /= part
        yield from (path for path in (place.with_name(f"{part}.py"), place / "__init__.py") if path.is_file())
