"""A user's Python file: run, and asked for what it calls by a name. Importing this module does not import keras."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from posology.errors import InputError
from posology.network.keras_of_tensorflow import keras_of_tensorflow
from posology.network.raised import raised_at
from posology.network.spellings import hint
from posology.wording import did_you_mean, first_of

LISTED = 12
"""Names of a file that a message lists at most."""
FILE_PREFIX = "posology_user_"
"""Before the name under which a user's file is imported."""


def load_module(file: Path) -> Any:
    """Run a user's file, as what it is: a file by itself, with its folder beside it.

    Raises
    ------
    InputError
        It does not import.
    """
    spec = importlib.util.spec_from_file_location(f"{FILE_PREFIX}{file.stem}", file)
    if spec is None or spec.loader is None:
        raise InputError(f"The network file '{file}' cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.parent))
    sys.modules[spec.name] = module
    try:
        with keras_of_tensorflow(file.parent):
            spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(
            f"The network file '{file.name}' does not import{raised_at(error, str(file))}{hint(error)}"
        ) from error
    except SystemExit as error:
        raise InputError(
            f"The network file '{file.name}' ends the program when imported (sys.exit). Put its running part under "
            "`if __name__ == '__main__':`."
        ) from error
    return module


def listed(names: Sequence[str]) -> str:
    """List names, the first twelve at most.

    Examples
    --------
    >>> listed(["b", "a"])
    'b, a'
    >>> listed([])
    'none'
    """
    return first_of(names, LISTED) or "none"


def function_of(module: Any, name: str, file: Path) -> Callable[..., Any]:
    """Give the function that a file calls by a name.

    Raises
    ------
    InputError
        There is none.
    """
    function = getattr(module, name, None)
    if hasattr(function, "get_config") and not inspect.isclass(function):
        raise InputError(
            f"'{name}' of '{file.name}' is not a function but a {type(function).__name__}. Put what builds it into a "
            "function that returns it: def model_build(x_train): ... return model"
        )
    if callable(function):
        return function
    own = [n for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__]
    meant = _of_a_class(module, name) or did_you_mean(name, own) or f" Its functions: {listed(own)}."
    raise InputError(f"The network file '{file.name}' has no function '{name}'.{meant}")


def _of_a_class(module: Any, name: str) -> str:
    """Say how to reach what is a method of a class of the file."""
    classes = [c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__]
    owner = next((c.__name__ for c in classes if callable(getattr(c, name, None))), "")
    call = f"{owner}(...).{name}(...)"
    return owner and f" It is a method of the class {owner}: write def model_build(x_train): return {call}."
