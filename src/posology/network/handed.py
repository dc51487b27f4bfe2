"""A network handed over in Python: a Keras model, or a function that builds one, of the user's own process.

It runs on whatever backend the user's Keras has; what the workers get is its configuration, as JSON. Functions are
called here, in the user's process, never pickled.
"""

import inspect
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from posology.errors import InputError
from posology.network.asked import NUMBER, Outputs
from posology.network.own_parts import own_parts
from posology.network.source import NetworkSource, build_by, is_trained, parse_source


def source_of(
    network: Any, x_train: Callable[[], np.ndarray | dict[str, np.ndarray]], outputs: Outputs = NUMBER
) -> NetworkSource:
    """Give the source of what the user passed as `network`.

    Parameters
    ----------
    network : None, str, keras.Model or callable
        None or "strong" for posology's strong network; "question" for the question's own; "FILE.py:FUNCTION"; a
        compiled model; or a function of the prepared training rows, or of nothing, that returns one.
    x_train : callable
        Gives prepared rows `(row, column)`, by input where there are several, for a function that takes them; it is
        called only then.

    Raises
    ------
    InputError
        Not one of these; a model whose state was computed from data (each training fold must compute its own), or that
        has frozen weights (a configuration has none).
    """
    if network is None or isinstance(network, str):
        return parse_source(network)
    builder, called = _builder_of(network), ""
    rows: list[Any] = []
    if builder is not None:
        called = f"your function {getattr(builder, '__name__', type(builder).__name__)}"
        network = build_by(builder, called, lambda: _noted(x_train(), rows), outputs)
    if inspect.isclass(network):
        raise InputError(
            f"network is the class {network.__name__} itself. Pass a model that is made of it and compiled, or a "
            "function that returns one."
        )
    if not hasattr(network, "to_json"):
        raise InputError(
            f"network is of type {type(network).__name__}. Pass a compiled Keras model, a function that returns one, "
            "'FILE.py:FUNCTION', or nothing for posology's strong network."
        )
    _check_not_adapted(network)
    _check_not_frozen(network)
    if builder is not None and rows:
        from posology.network.alike import check_alike  # it imports Keras, which the driver has only with a model

        # as many as a fold trains on: numbers of all rows would be held-out rows' too
        check_alike(network, build_by(builder, called, lambda: _most(rows[0]), outputs))
    try:
        config = of_any_backend(json.loads(network.to_json()))
        if builder is not None and (file := _file_beside(builder, config)) is not None:
            return NetworkSource("file", str(file), builder.__name__)
        return NetworkSource("config", config=json.dumps(config), trained=is_trained(network))
    except Exception as error:
        raise InputError(
            f"The model's configuration cannot be written as JSON: {type(error).__name__}: {error}. Put the function "
            "that builds it in a file and pass 'net.py:model_build'."
        ) from error


def _builder_of(network: Any) -> Callable[..., Any] | None:
    """Tell a function, or what is called like one, from a model and from parts of one."""
    part = inspect.isclass(network) or hasattr(network, "get_config")
    return network if callable(network) and not part else None


def _noted(rows: Any, given: list[Any]) -> Any:
    """Keep what a function was given, to call it again with a part of that."""
    given.append(rows)
    return rows


def _most(rows: Any) -> Any:
    """Give four fifths of the rows of an array, or of arrays by input."""
    if isinstance(rows, Mapping):
        return {name: _most(part) for name, part in rows.items()}
    return rows[: 4 * len(rows) // 5 or 1]


def _file_beside(builder: Callable[..., Any], config: Any) -> Path | None:
    """Give the file that a worker can import a function from, where the model has parts that only such files have.

    None for a function that is not found in its file by its name, and for the program itself, which would run again.
    """
    module, name = sys.modules.get(builder.__module__), getattr(builder, "__name__", "")
    here = _file_of(module)
    if here is None or "." in builder.__module__ or getattr(module, name, None) is not builder:
        return None
    files = {_file_of(sys.modules.get(name)) for name, _ in own_parts(config) if name}
    return here if any(file is not None and file.parent == here.parent for file in files) else None


def _file_of(module: Any) -> Path | None:
    named = getattr(module, "__name__", "__main__") != "__main__" and getattr(module, "__file__", None)
    return Path(named).resolve() if named and named.endswith(".py") else None


def of_any_backend(config: Any) -> Any:
    """Name Keras' classes by their public module: on torch an Adam names itself by torch's own part of Keras.

    Examples
    --------
    >>> of_any_backend({"module": "keras.src.backend.torch.optimizers.torch_adam", "class_name": "Adam"})
    {'module': 'keras.optimizers', 'class_name': 'Adam'}
    """
    if isinstance(config, list):
        return [of_any_backend(part) for part in config]
    if not isinstance(config, dict):
        return config
    out = {name: of_any_backend(part) for name, part in config.items()}
    if str(out.get("module", "")).startswith("keras.src.backend.torch.optimizers"):
        out["module"] = "keras.optimizers"
        if "registered_name" in out:
            out["registered_name"] = None
    return out


def _check_not_adapted(model: Any) -> None:
    for layer in getattr(model, "layers", []):
        _check_not_adapted(layer)
        # what adapt() learned is not in the configuration; what was given to the constructor is
        given = getattr(layer, "input_mean", None) is not None
        if hasattr(layer, "adapt") and not given:
            raise InputError(
                f"Layer '{layer.name}' ({type(layer).__name__}) is adapted to rows of the table, held-out rows "
                "included. Put the function that builds and adapts it in a file and pass 'net.py:model_build': it is "
                "then called with the rows of each training fold. Or use BatchNormalization."
            )


def _check_not_frozen(model: Any) -> None:
    for layer in (*getattr(model, "layers", ()), *filter(None, [getattr(model, "layer", None)])):
        _check_not_frozen(layer)
        if not layer.trainable and layer.weights:
            raise InputError(
                f"Layer '{layer.name}' is frozen, and a model's configuration does not hold the weights that it keeps. "
                "Put the function that builds the model and loads its weights in a file and pass 'net.py:model_build'."
            )
