"""What a model's configuration names and Keras does not have: classes and functions of the user's own."""

from collections.abc import Iterator
from typing import Any


def own_parts(config: Any) -> Iterator[tuple[str, str]]:
    """Give the module and the name of each, in the order of the configuration.

    Examples
    --------
    >>> layer = {"module": "net", "class_name": "Halved", "config": {"activation": "relu"}}
    >>> list(own_parts({"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}}))
    [('net', 'Halved')]
    """
    if isinstance(config, dict):
        module, name = str(config.get("module", "keras")), config.get("class_name")
        if (module, name) == ("builtins", "function"):  # Keras writes its own by their names alone
            yield "", config["config"].rpartition(">")[2]
        elif name and not module.startswith(("keras", "builtins")):
            yield module, name
        config = list(config.values())
    for part in config if isinstance(config, list) else ():
        yield from own_parts(part)
