"""A fitted preparation on disk: `preparation.skops` for scikit-learn's part, `preparation.json` for the rest.

skops writes a zip of JSON and arrays; nothing in it is run. It trusts scikit-learn's own estimators and
NumPy's arrays; `TRUSTED` lists the further types that a preparation consists of, and any other is refused.
"""

import json
import os
import platform
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from posology.errors import InputError
from posology.wording import quoted

FORMAT = "posology preparation 1"
TRUSTED = ("numpy.dtype", "sklearn.compose._column_transformer._RemainderColsList")
FACTS = ("columns", "kinds", "levels", "names", "target_mean", "target_sd", "target_range")
AGAIN = "Copy the folder from the study again."


def save(folder: str | os.PathLike[str], transformer: Any, facts: Mapping[str, Any]) -> None:
    """Write both files, each whole or not at all.

    Parameters
    ----------
    folder
        Made if need be.
    transformer
        The fitted `ColumnTransformer`.
    facts
        The values of `FACTS`.
    """
    from skops import io as skops

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    about = {"format": FORMAT, **facts, "versions": _versions()}
    _write(folder / "preparation.json", json.dumps(about, indent=1).encode())
    _write(folder / "preparation.skops", skops.dumps(transformer))


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _versions() -> dict[str, str]:
    names = ("numpy", "pandas", "scikit-learn", "skops")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def load(folder: str | os.PathLike[str]) -> tuple[Any, dict[str, Any]]:
    """Read both files.

    Returns
    -------
    tuple[Any, dict[str, Any]]
        The `ColumnTransformer`, and the values of `FACTS`.

    Raises
    ------
    InputError
        Where files are not there, damaged, of another format, or hold types that are not trusted.
    """
    folder = Path(folder)
    for name in ("preparation.json", "preparation.skops"):
        if not (folder / name).is_file():
            raise InputError(f"'{folder}' has no {name}, so it holds no fitted preparation. {AGAIN}")
    facts = _facts(folder / "preparation.json")
    return _transformer(folder / "preparation.skops"), facts


def _facts(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"'{path}' is cut off or damaged: {error}. {AGAIN}") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        found = about.get("format") if isinstance(about, dict) else type(about).__name__
        raise InputError(
            f"'{path}' has the format {found!r}; this posology reads {FORMAT!r}. "
            "Use the version of posology that wrote it."
        )
    lacking = [name for name in FACTS if name not in about]
    if lacking:
        raise InputError(f"'{path}' lacks {quoted(lacking)}. {AGAIN}")
    about["levels"] = {name: tuple(levels) for name, levels in about["levels"].items()}
    return {name: tuple(about[name]) if isinstance(about[name], list) else about[name] for name in FACTS}


def _transformer(path: Path) -> Any:
    from sklearn.compose import ColumnTransformer
    from skops import io as skops

    try:
        foreign = sorted(set(skops.get_untrusted_types(file=path)) - set(TRUSTED))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise InputError(f"'{path}' is cut off or damaged: {error}. {AGAIN}") from error
    if foreign:
        raise InputError(
            f"'{path}' holds types that a preparation does not have, and loading them could run code: "
            f"{quoted(foreign)}. Nothing was loaded. {AGAIN}"
        )
    transformer = skops.load(path, trusted=list(TRUSTED))
    if not isinstance(transformer, ColumnTransformer):
        raise InputError(f"'{path}' holds a {type(transformer).__name__}, not a ColumnTransformer. {AGAIN}")
    return transformer
