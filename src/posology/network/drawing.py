"""A model as text, one line a layer, with what a study changes marked as in a diff."""

from collections.abc import Mapping, Sequence
from typing import Any

from posology.network.sites import Site, is_dropout, leaves

_SHOWN = (
    "units",
    "filters",
    "kernel_size",
    "pool_size",
    "input_dim",
    "output_dim",
    "num_heads",
    "key_dim",
    "target_shape",
    "rate",
    "stddev",
    "noise_shape",
    "strides",
    "padding",
    "axis",
    "activation",
    "use_bias",
)
"""Settings that say what a layer does; penalties and constraints are shown too."""
_USUAL = (None, "linear", "valid", True, 1, (1,), (1, 1), (1, 1, 1), -1)
_FIRST = ("units", "filters", "rate", "stddev", "input_dim", "target_shape")
"""Those that are written without their name, as one does."""


def draw(model: Any, sites: Sequence[Site]) -> list[str]:
    """Write a model one line a layer; `-` and `+` before what a study takes away and puts in, a space before the rest.

    Parameters
    ----------
    model : keras.Model
        Built, Sequential or Functional.
    sites : sequence of Site
        Those that are studied.

    Examples
    --------
    >>> import keras
    >>> dense, drop = keras.layers.Dense(4, "relu", name="a"), keras.layers.Dropout(0.1, name="drop")
    >>> net = keras.Sequential([keras.Input((3,)), dense, drop])
    >>> rate = Site("dropout", "a", (4,), {}, "rate")
    >>> print(*draw(net, [rate]), sep="|")
      a: Dense(4, activation='relu')|+ Dropout(rate)  after a|  drop: Dropout(0.1)
    """
    lines = []
    for path, layer in leaves(model):
        own = [site for site in sites if site.layer == path]
        changes = {site.argument: _placeholder(site) for site in own if site.kind == "kernel" or is_dropout(layer)}
        before = f"{path}: {_layer(layer, {})}"
        if changes:
            lines += [f"- {before}", f"+ {path}: {_layer(layer, changes)}"]
        else:
            lines.append(f"  {before}")
        if any(site.kind == "dropout" for site in own) and not is_dropout(layer):
            lines.append(f"+ Dropout(rate)  after {path}")
    paths = [path for path, _ in leaves(model)]
    return [*lines, *(f"+ Dropout(rate)  after {s.layer}, an operation" for s in sites if s.layer not in paths)]


def _placeholder(site: Site) -> str:
    return "rate" if site.kind == "dropout" else "L1L2(l1, l2)"


def _layer(layer: Any, changes: Mapping[str, str]) -> str:
    config = layer.get_config()
    names = [*_SHOWN, *(name for name in config if name.endswith(("_regularizer", "_constraint")))]
    said = {name: _value(config[name]) for name in names if name in config and not _is_usual(name, config[name])}
    said |= changes
    return f"{type(layer).__name__}({', '.join(v if n in _FIRST else f'{n}={v}' for n, v in said.items())})"


def _is_usual(name: str, value: Any) -> bool:
    if name in _FIRST:
        return value is None
    return any(value is usual or (type(value) is type(usual) and value == usual) for usual in _USUAL)


def _value(value: Any) -> str:
    if isinstance(value, Mapping) and "class_name" in value:
        config = value.get("config") or {}
        if not isinstance(config, Mapping):
            return str(config).rpartition(">")[2]  # the name of a function of the user's own, after its package
        settings = ", ".join(f"{n}={_value(v)}" for n, v in config.items())
        return f"{value['class_name']}({settings})"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
