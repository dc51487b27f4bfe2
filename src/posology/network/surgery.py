"""Rebuild a Keras model with some layers replaced and some added, by public means only.

A layer's place in the network is kept; its name too, so that weights can be carried over by order and paths agree.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras

from posology.network.sites import leaves

LayerMap = Callable[[str, Any], Any]
"""From (path, layer) to the layer that takes its place."""


Inserted = Mapping[str, Sequence[Callable[[], Any]]]
"""From the path of a layer to functions that make the layers to insert after it."""


def inserted_name(path: str, what: str = "dropout") -> str:
    """Name the Dropout, or another layer, that is inserted after a layer."""
    return f"{what}_after_{path.replace('/', '_')}"


def inserted_path(path: str, what: str = "dropout") -> str:
    """Give the path of what is inserted after a layer: beside it, in the same model."""
    inside, slash, _ = path.rpartition("/")
    return f"{inside}{slash}{inserted_name(path, what)}"


def is_seed(variable: Any) -> bool:
    """Tell the state of a random generator from what a network computes."""
    return variable.name == "seed_generator_state"


def in_order(model: Any, rebuilt: Any) -> tuple[list[Any], list[Any]]:
    """Give a rebuilt model's variables in the order of the model that it was rebuilt from.

    A layer that was put in can change the order in which Keras walks through a Functional model, and with it the order
    of all variables: they are matched by the path of their layer and their place in it.

    Returns
    -------
    trainable, others : lists of keras.Variable
        Without random seeds.
    """
    place_of = {id(v): place for place, v in _placed(model)}
    there = dict(_placed(rebuilt))

    def matched(variables: Any) -> list[Any]:
        return [there[place_of[id(v)]] for v in variables if not is_seed(v)]

    return matched(model.trainable_variables), matched(model.non_trainable_variables)


def _placed(model: Any) -> Iterator[tuple[tuple[str, int], Any]]:
    for path, layer in leaves(model):
        yield from (((path, i), v) for i, v in enumerate(layer.weights))


def rebuild(model: Any, replace: LayerMap, after: Inserted) -> Any:
    """Rebuild a Sequential or Functional model, models inside it included.

    Parameters
    ----------
    model : keras.Model
        Built; left untouched.
    replace : callable
        Gives the new layer for each layer that is not itself a model.
    after : mapping
        From the path of a layer to functions that make the layers to insert after it, in their order.

    Returns
    -------
    keras.Model
        Built, not compiled, with freshly drawn weights.
    """
    out = _rebuild(model, replace, after, "")
    _restore_trainable(model, out)
    return out


def _restore_trainable(model: Any, rebuilt: Any) -> None:
    """Freeze what was frozen: a model that is frozen freezes all inside it, also what was set free after it."""
    fresh = dict(leaves(rebuilt))
    for path, layer in leaves(model):
        fresh[path].trainable = layer.trainable
    there = dict(_placed(rebuilt))
    for place, variable in _placed(model):
        there[place].trainable = variable.trainable


def _rebuild(model: Any, replace: LayerMap, after: Inserted, prefix: str) -> Any:
    def renew(layer: Any) -> Any:
        path = f"{prefix}{layer.name}"
        if isinstance(layer, keras.Model):
            return _rebuild(layer, replace, after, f"{path}/")
        return replace(path, layer)

    if isinstance(model, keras.Sequential):
        return _rebuild_sequential(model, renew, after, prefix)
    return _rebuild_functional(model, renew, after, prefix)


def _rebuild_sequential(model: Any, renew: Callable[[Any], Any], after: Inserted, prefix: str) -> Any:
    (given,) = model.inputs
    layers = [keras.Input(batch_shape=given.shape, dtype=given.dtype, name=given.name)]
    for layer in model.layers:
        layers += [renew(layer), *(make() for make in after.get(f"{prefix}{layer.name}", ()))]
    return keras.Sequential(layers, name=model.name, trainable=model.trainable)


def _rebuild_functional(model: Any, renew: Callable[[Any], Any], after: Inserted, prefix: str) -> Any:
    added: dict[str, list[Any]] = {}

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        out = layer(*args, **kwargs)
        path = f"{prefix}{layer.name}"
        if path in after:
            # a layer that is called twice gets one Dropout, called twice
            if path not in added:
                added[path] = [make() for make in after[path]]
            for inserted in added[path]:
                out = inserted(out)
        return out

    # the same graph, not compiled: Keras would compile the clone too, from a configuration that knows no function of
    # the user's own
    bare = keras.Model(model.input, model.output, name=model.name)
    out = keras.models.clone_model(bare, clone_function=renew, call_function=call)
    if not model.trainable:
        out.trainable = False
    return out
