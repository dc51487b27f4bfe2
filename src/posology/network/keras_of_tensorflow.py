"""`tensorflow.keras` for a network file, where TensorFlow is not installed: Keras 3, which it is since TensorFlow 2.16.

Most network files import it so, and need nothing else of TensorFlow. What else they name of it is a stand-in, which
says what is missing where it is called.
"""

import builtins
import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

_SAME = ("losses", "metrics", "optimizers", "initializers")
_Names = Mapping[str, Any] | None
_TYPES = ("float16", "float32", "float64", "int32", "int64", "string")


@contextmanager
def keras_of_tensorflow(folder: Path) -> Iterator[None]:
    """Let the files of a folder import `tensorflow.keras`, and no others: libraries ask whether TensorFlow is there.

    Parameters
    ----------
    folder : Path
        That of a network file. Nothing is changed where TensorFlow is installed, or a file of the folder is called so.
    """
    if importlib.util.find_spec("tensorflow") is not None:
        yield
        return
    usual = builtins.__import__

    # Python's own names: some give them by name
    def imported(
        name: str,
        globals: _Names = None,  # noqa: A002
        locals: _Names = None,  # noqa: A002
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        if level or name.partition(".")[0] != "tensorflow" or not _is_of(folder, globals):
            return usual(name, globals, locals, fromlist, level)
        part = _part(name)  # also where it is not returned: an import of what is not there fails
        return part if fromlist else _TensorFlow()

    builtins.__import__ = imported
    try:
        yield
    finally:
        builtins.__import__ = usual


def _is_of(folder: Path, names: _Names) -> bool:
    """Tell whether the names of a module are those of a file in a folder, and of no library installed there."""
    file = Path(str((names or {}).get("__file__") or ""))
    return file.is_relative_to(folder) and "site-packages" not in file.parts


def _part(name: str) -> Any:
    """Give what `from NAME import ...` takes its names from; Keras imports all its public modules itself.

    Raises
    ------
    ModuleNotFoundError
        Keras has no such part.
    """
    # tensorflow.python.keras was never public, and is written where an editor offers it
    parts = [part for part in name.split(".")[1:] if part != "python"]
    if not parts:
        return _TensorFlow()
    if parts[0] != "keras":
        return _Missing(name)
    try:
        return importlib.import_module(".".join(parts))
    except ModuleNotFoundError:
        raise ModuleNotFoundError(f"No module named '{name}'", name=name) from None


class _TensorFlow(ModuleType):
    """What is Keras' own in TensorFlow, and a stand-in for all else."""

    __version__ = "not installed"

    def __init__(self) -> None:
        super().__init__("tensorflow")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "python":
            return self
        if name in _TYPES:
            return name
        keras = importlib.import_module("keras")
        given = {"keras": keras, "nn": _Missing("tensorflow.nn", keras.activations)}
        given["random"] = _Missing("tensorflow.random", SimpleNamespace(set_seed=_seed))
        given |= {same: getattr(keras, same) for same in _SAME}
        return given.get(name) or _Missing(f"tensorflow.{name}")


def _seed(seed: int) -> None:
    """Take the seed of TensorFlow, which draws nothing here."""


class _Missing:
    """Something of TensorFlow that is not here: it may be named, in an annotation or an import, and not be called."""

    def __init__(self, name: str, known: Any = None) -> None:
        self._name, self._known = name, known

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._known, name, None)
        return _Missing(f"{self._name}.{name}") if found is None else found

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise ModuleNotFoundError(f"{self._name} is of TensorFlow, which is not installed here", name="tensorflow")

    def __mro_entries__(self, _: Any) -> NoReturn:
        self()
