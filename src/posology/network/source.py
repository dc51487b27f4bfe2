"""Where a network comes from: the user's file, a model handed over in Python, or posology itself.

A `NetworkSource` is plain data, so that it can be kept in the study's folder and sent to a worker; `open_source`
turns it, inside a worker, into a builder. Importing this module does not import keras.
"""

import hashlib
import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from posology.errors import InputError
from posology.files import given_path, is_regular
from posology.network.asked import NUMBER, Outputs, asked_of, is_known, is_number, other_shapes, values_of
from posology.network.file_parts import file_parts, hash_of
from posology.network.guest import TAKE_OUT, guest
from posology.network.keras_of_tensorflow import keras_of_tensorflow
from posology.network.raised import raised_at, what_of
from posology.network.spellings import hint
from posology.network.user_file import function_of, listed, load_module
from posology.wording import did_you_mean

OWN = {"question": "the question's network", "strong": "the strong network"}
"""Networks that posology has, by the name that `--network` knows them by."""
DEFAULT = "strong"
"""Studied where nothing else is asked for: better than the question's on most tables (docs/networks.md)."""
Builder = Callable[[Any], Any]
"""From the prepared training rows, `(row, column)` float32, to a compiled Keras model."""


@dataclass(frozen=True)
class NetworkSource:
    """What builds the network.

    Parameters
    ----------
    kind : str
        `strong` (`network.strong`, the default), `question` (the question's own network), `file` (a function in a
        Python file) or `config` (a model as JSON).
    where : str
        The file's path, for kind `file`.
    function : str
        The function's name, for kind `file`.
    config : str
        The model's JSON with its compile settings, for kind `config`.
    trained : bool
        Whether that model had been trained: its weights are not in the JSON.
    """

    kind: str = DEFAULT
    where: str = ""
    function: str = ""
    config: str = ""
    trained: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Give the source as JSON types."""
        return asdict(self)

    def fingerprint(self) -> str:
        """Hash what builds the network (SHA-256), so that a study is not continued with another one.

        A file counts with what it imports from its own folder (`file_parts`).

        Raises
        ------
        InputError
            The network file is gone.
        """
        if self.kind != "file":
            return hashlib.sha256(f"{self.kind} {self.config}".encode()).hexdigest()
        try:
            return hash_of(file_parts(Path(self.where)))
        except OSError as error:
            reason = f"The network file '{error.filename}' cannot be read: {error.strerror}."
            raise InputError(f"{reason} Put it back.") from error

    def __str__(self) -> str:
        """Name the source in a sentence."""
        named = {**OWN, "config": "your Keras model"}
        return named.get(self.kind, f"{Path(self.where).name}:{self.function}")


def parse_source(text: str | None, option: str = "--network", kind: str = "FUNCTION") -> NetworkSource:
    """Read `FILE.py:FUNCTION`, or the name of a network of posology's own; nothing means `strong`.

    Parameters
    ----------
    text : str or None
    option, kind : str
        For messages: where it was given, and what it names.

    Raises
    ------
    InputError
        No function named, or no such file.

    Examples
    --------
    >>> parse_source(None)
    NetworkSource(kind='strong', where='', function='', config='', trained=False)
    """
    if text is None:
        return NetworkSource()
    if text in OWN and kind == "FUNCTION":
        return NetworkSource(text)
    if text.endswith((".keras", ".h5")):
        raise InputError(
            f"{option} got '{text}', a saved model. Write a function into a Python file that loads it, such as "
            f"def model_build(): return keras.models.load_model('{text}'), and give FILE.py:{kind}, net.py:model_build."
        )
    path, colon, function = text.rpartition(":")
    if not colon or not path or not function.isidentifier():
        raise InputError(
            f"{option} got '{text}', which names no function. Write FILE.py:{kind}, such as net.py:"
            + (
                "model_build, or the name of a network of posology's own: " + ", ".join(OWN)
                if kind == "FUNCTION"
                else "FIT"
            )
            + "."
        )
    file = given_path(path)
    if not is_regular(file, f"Give the path of a Python file: {option} net.py:{function}"):
        raise InputError(f"There is no file '{path}'. Give the path of a Python file: {option} net.py:{function}")
    if file.suffix != ".py":
        raise InputError(f"The file '{path}' of {option} is not a Python file. Give FILE.py:{kind}.")
    return NetworkSource("file", str(file.resolve()), function)


def open_source(
    source: NetworkSource,
    classes: int = 0,
    epochs: int = 200,
    batch_size: int = 32,
    targets: int = 1,
    score: str | None = None,
) -> Builder:
    """Give the function that builds the network from the prepared training rows.

    Parameters
    ----------
    source : NetworkSource
    classes : int
        Of the target, for posology's own networks and functions that ask for it; 0 where it is a number.
    epochs, batch_size : int
        Longest training and rows a step, which set how the learning rate of the strong network falls.
    targets : int
        Of the table, for the same.
    score : str or None
        What they are to be good at; a median or another quantile of numbers is then what they learn.

    Raises
    ------
    InputError
        The file does not import or has no such function, or the function fails or gives no compiled model.
    """
    if source.kind in OWN:
        from posology.network import quantile, question, strong

        length = {"epochs": epochs, "batch_size": batch_size} if source.kind == "strong" else {}
        build = {"question": question, "strong": strong}[source.kind].model_build
        return quantile.learning(partial(build, classes=classes, targets=targets, **length), score)
    if source.kind == "file":
        return _checked(_load_function(source), source, Outputs(classes, targets))
    return _from_config(source.config)


def _from_config(config: str) -> Builder:
    import keras

    import posology.optimizers  # noqa: F401  registers AdaBound

    try:
        model = keras.models.model_from_json(config)
    except Exception as error:
        raise InputError(
            f"The model cannot be rebuilt from its own configuration: {what_of(error)} "
            "Layers or losses of your own are known only in your process: put the function that builds the model "
            "in a file and pass 'net.py:model_build' instead."
        ) from error
    return lambda x_train: model  # noqa: ARG005


def is_trained(model: Any) -> bool:
    """Tell a model whose optimizer has taken steps."""
    return int(getattr(getattr(model, "optimizer", None), "iterations", 0)) > 0


def defined_in(source: NetworkSource) -> dict[str, Any]:
    """Give the classes and functions of a network file by name; none where there is no file."""
    if source.kind != "file":
        return {}
    return {name: thing for name, thing in vars(load_module(Path(source.where))).items() if callable(thing)}


def load_name(source: NetworkSource) -> Any:
    """Give what a file calls by a name.

    Raises
    ------
    InputError
        The file does not import, or has no such name.
    """
    module = load_module(Path(source.where))
    if not hasattr(module, source.function):
        own = [name for name in vars(module) if not name.startswith("_")]
        meant = did_you_mean(source.function, own) or f" Its names: {listed(own)}."
        raise InputError(f"The file '{Path(source.where).name}' has no '{source.function}'.{meant}")
    return getattr(module, source.function)


def _load_function(source: NetworkSource) -> Callable[..., Any]:
    with guest(f"The network file '{Path(source.where).name}'", source.where):
        module = load_module(Path(source.where))
    return function_of(module, source.function, Path(source.where))


def _checked(function: Callable[..., Any], source: NetworkSource, outputs: Outputs) -> Builder:
    file, name = Path(source.where), f"{source.function} of '{Path(source.where).name}'"

    def build(x_train: Any) -> Any:
        with guest(name, source.where), keras_of_tensorflow(file.parent):
            return build_by(function, name, lambda: x_train, outputs)

    return build


def build_by(function: Callable[..., Any], name: str, x_train: Callable[[], Any], outputs: Outputs = NUMBER) -> Any:
    """Call a user's function that builds a network, with the training rows, numbers of them, or nothing, as it wants.

    Raises
    ------
    InputError
        It wants other arguments, or fails.
    """
    asked = asked_of(function, name)
    given = values_of(asked, x_train() if asked else None, outputs)
    try:
        return _called(function, asked, given)
    except (Exception, SystemExit) as error:
        leaves = isinstance(error, SystemExit)
        told = f" {TAKE_OUT}" if leaves else hint(error) or _on_argument(function, asked)
        raise InputError(f"{name} fails{raised_at(error, _file_of(function))}{told}") from error


def _called(function: Callable[..., Any], asked: list[inspect.Parameter], given: dict[str, Any]) -> Any:
    """Call a function, again with other shapes where it fails with the first; what it raises is of the first call."""
    by_place = [p.name for p in asked if p.kind is not p.KEYWORD_ONLY]

    def call(values: dict[str, Any]) -> Any:
        by_name = {name: value for name, value in values.items() if name not in by_place}
        return function(*(values[name] for name in by_place), **by_name)

    try:
        return call(given)
    except Exception:
        for values in other_shapes(given):
            with suppress(Exception):
                return call(values)
        raise


def _on_argument(function: Callable[..., Any], asked: list[inspect.Parameter]) -> str:
    """Say what a function was given, where its argument is called like something else, or is not to be seen."""
    if not asked:
        kinds = {p.kind for p in inspect.signature(function).parameters.values()}
        hidden = inspect.Parameter.VAR_POSITIONAL in kinds
        return (
            " It was called with nothing, because its arguments are hidden behind *args. Where a decorator made it "
            "so, write @functools.wraps(function) above the function inside that decorator."
            if hidden
            else ""
        )
    name = asked[0].name
    if is_number(name):
        return f" Its argument '{name}' is given a number by its name, or a shape; call it x_train for the rows."
    if is_known(asked[0]):
        return ""
    return (
        f" Its argument '{name}' is given the prepared training rows, a NumPy array: the number of columns is "
        f"{name}.shape[1]. If it is something else, give it a default: {name}=..."
    )


def _file_of(function: Callable[..., Any]) -> str:
    """Name the file of a function; a partial or a built-in one has none."""
    code = getattr(inspect.unwrap(getattr(function, "func", function)), "__code__", None)
    return code.co_filename if code else ""
