"""A `.keras` file from a stranger: checked before Keras sees it, so that it is layers and numbers and nothing else.

Keras' safe mode refuses pickled lambdas. This goes further: a model may name nothing but Keras' own layers and what
they consist of, none that runs code or reads files, and its weights lie in the file as plain numbers.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

from posology.errors import InputError
from posology.files import objects_in, parsed_json
from posology.stored_zip import read_parts
from posology.wording import quoted

PARTS = r"metadata\.json|config\.json|model\.weights\.h5"
MODULES = re.compile(
    r"keras\.(layers|initializers|regularizers|constraints|activations|dtype_policies|losses|metrics|optimizers"
    r"(\.schedules)?)|keras\.src\.ops\.\w+"
)
"""Where Keras has what a model is made of; ops of its own are named by their true places."""
WHOLE = {
    "keras": {"DTypePolicy", "Functional", "Model", "Sequential"},
    "keras.src.models.functional": {"Functional"},
}
"""Models and what stands beside their layers, by the module that they are named from."""
RISKY = {
    "FlaxLayer",
    "IntegerLookup",
    "JaxLayer",
    "Lambda",
    "StringLookup",
    "TFSMLayer",
    "TextVectorization",
    "TorchModuleWrapper",
}
"""Layers that run code of their own, or read files that they name."""
PLAIN = {"__keras_tensor__", "__tensor__", "__numpy__", "__ellipsis__", "__slice__", "__tuple__"}
"""Values that Keras spells as objects."""


def check_keras_file(content: bytes, where: str, advice: str) -> None:
    """Refuse a model that is more than Keras' own layers and their weights.

    Parameters
    ----------
    content
        Of the file.
    where
        What it was read from, for messages.
    advice
        What to do, for messages: a sentence.

    Raises
    ------
    InputError
        With what it has that it may not have.
    """
    parts = read_parts(content, where, PARTS, advice)
    if lacking := [name for name in ("config.json", "model.weights.h5") if name not in parts]:
        raise InputError(f"'{where}' has no {lacking[0]}. {advice}")
    config = parsed_json(parts["config.json"], f"{where}: config.json", advice)
    if foreign := sorted(set(_foreign(config))):
        raise InputError(
            f"'{where}' names what is not Keras' own, or can run code or read files: {quoted(foreign, 3)}. Nothing was "
            f"loaded. {advice}"
        )
    if wrong := _wrong_weights(parts["model.weights.h5"]):
        raise InputError(f"'{where}' has weights that are refused: {wrong}. {advice}")


def _foreign(config: Any) -> Iterator[str]:
    """Name what a configuration asks for and must not; in no order."""
    for one in objects_in(config):
        if "class_name" in one and not _is_known(one):
            own = one["class_name"] == "function" and isinstance(one.get("config"), str)
            yield one["config"] if own else f"{one.get('module')}.{one['class_name']}"


def _is_known(config: dict[str, Any]) -> bool:
    name, module = config["class_name"], config.get("module")
    if not isinstance(name, str) or config.get("registered_name") not in (None, name):
        return False
    if name in PLAIN:
        return True
    if module == "builtins":  # a function of Keras' own, by its name alone; those of others have their package's too
        return name == "function" and ">" not in str(config.get("config"))
    if not isinstance(module, str):
        return False
    return name in WHOLE.get(module, ()) or (bool(MODULES.fullmatch(module)) and name not in RISKY)


def _wrong_weights(content: bytes) -> str:
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            return next((wrong for wrong in _wrong_in(file, len(content)) if wrong), "")
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        return f"they are no whole HDF5 file ({str(error).splitlines()[0]})"


def _wrong_in(group: Any, size: int, path: str = "") -> Iterator[str]:
    import h5py

    for name in group:
        link, here = group.get(name, getlink=True), f"{path}/{name}"
        if not isinstance(link, h5py.HardLink):
            yield f"'{here}' is a link"
        elif isinstance(thing := group[name], h5py.Group):
            # a group that holds itself has no end
            yield f"'{here}' lies too deep" if here.count("/") > 50 else ""
            yield from _wrong_in(thing, size, here) if here.count("/") <= 50 else ()
        elif thing.is_virtual or thing.external or thing.dtype.kind not in "fiub":
            yield f"'{here}' is no array of numbers within the file"
        elif thing.nbytes > size:
            yield f"'{here}' says that it has {thing.nbytes:,} bytes, more than the file"
