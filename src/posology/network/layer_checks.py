"""What the layers of a network must be: what posology would rebuild otherwise than it is, it refuses."""

import re
from collections.abc import Iterator
from typing import Any

import keras

from posology.errors import InputError
from posology.network.copied_layer import copy_layer
from posology.network.raised import text_of, what_of
from posology.network.sites import is_dropout, leaves
from posology.network.surgery import inserted_name, is_seed

_CALLED = (
    " Where its call() is made of Keras layers and keras.ops alone, write layer.call(x) in place of layer(x): its "
    "layers are then the model's own."
)


def check_types(model: Any, name: str) -> None:
    """Check that a network computes in float32, as the engine does; the model need not be built.

    Raises
    ------
    InputError
        A layer or an input has another float type.
    """
    for path, layer in leaves(model):
        found = [layer.compute_dtype, layer.variable_dtype, *(v.dtype for v in layer.variables)]
        _check_type(found, f"layer '{path}'", name)
    for tensor in getattr(model, "inputs", None) or ():
        _check_type([tensor.dtype], f"input '{tensor.name}'", name)


def _check_type(found: list[str], where: str, name: str) -> None:
    other = [t for t in found if keras.backend.is_float_dtype(t) and t != "float32"]
    if other:
        advice = "Leave out its dtype, or keras.config.set_dtype_policy (keras.mixed_precision.set_global_policy)."
        if (usual := keras.config.floatx()) != "float32":
            advice = f"Keras is set to {usual}, by keras.json in ~/.keras or KERAS_HOME, or by set_floatx: say float32."
        raise InputError(f"{name} has {where} of type {other[0]}; posology trains in float32. {advice}")


def check_layers(model: Any, name: str) -> None:
    """Check the layers of a built network, and the models inside it.

    Raises
    ------
    InputError
        One cannot be studied: the text says why and what to write.
    """
    _check_models(model, name)
    _check_shared(model, name)
    for path, layer in leaves(model):
        _check_layer(path, layer, name)
    if not model.trainable_variables:
        if all(is_seed(v) for v in model.variables):
            raise InputError(f"{name} has no weights: nothing in it learns. Add a layer that has some, such as Dense.")
        raise InputError(f"{name} has no trainable weights: every layer is frozen. Set layer.trainable = True on some.")


def _check_models(model: Any, name: str) -> None:
    own = _own(model, ("call", "train_step", "compute_loss", "fit", "predict_step", "predict"))
    if own:
        raise InputError(
            f"{name} gave a model whose class {type(model).__name__} has its own {own[0]}(), which posology would not "
            "run: it trains by Keras' own. Put what it does into layers and the loss, and return "
            "keras.Model(inputs, outputs)."
        )
    for path, inside in _models_inside(model):
        if not hasattr(inside, "inputs") or _own(inside, ("call",)):
            raise InputError(
                f"{name} has a subclassed model inside, '{path}' ({type(inside).__name__}): its layers are hidden in "
                "Python code. Where its call() is made of Keras layers and keras.ops alone, write model.call(x) in "
                "place of model(x); else make it of keras.Model(inputs, outputs)."
            )
        names = [layer.name for layer in inside.layers]
        _check_names(names, f"{path}/", name)
    _check_names([layer.name for layer in model.layers], "", name)
    _check_loose_weights(model, name)


def _own(model: Any, methods: tuple[str, ...]) -> list[str]:
    """List the methods that a model's class defines anew."""
    classes = [c for c in type(model).__mro__ if c.__module__.split(".")[0] != "keras"]
    return [method for method in methods if any(method in vars(c) for c in classes)]


def _models_inside(model: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            path = f"{prefix}{layer.name}"
            yield path, layer
            yield from _models_inside(layer, f"{path}/")


def _check_names(names: list[str], prefix: str, name: str) -> None:
    for layer in names:
        taken = inserted_name(f"{prefix}{layer}")
        if taken in names:
            raise InputError(
                f"{name} has a layer named '{taken}', which is how posology names a Dropout that it puts after "
                f"'{layer}'. Give it another name."
            )


def _check_loose_weights(model: Any, name: str) -> None:
    """Check that all weights belong to the layers of the graph: those that do not would be lost when it is rebuilt."""
    known = {id(v) for _, layer in leaves(model) for v in layer.variables}
    loose = [v.path for v in model.variables if id(v) not in known and not is_seed(v)]
    if loose:
        raise InputError(
            f"{name} has weights that no layer of its graph owns, such as '{loose[0]}'. Make them weights of a layer "
            "that the model calls, or do not keep that layer as an attribute of the model."
        )


def _check_shared(model: Any, name: str) -> None:
    layers: dict[int, str] = {}
    weights: dict[int, str] = {}
    for path, layer in leaves(model):
        first = layers.setdefault(id(layer), path)
        if first != path:
            raise InputError(
                f"{name} has one layer in two of its models, as '{first}' and as '{path}'. posology rebuilds each "
                "model by itself, so they would no longer share weights. Make both models' common part a model of its "
                "own, and call that."
            )
        for variable in layer.variables:
            first = weights.setdefault(id(variable), path)
            if first != path:
                raise InputError(
                    f"{name} has layers that share a weight, '{first}' and '{path}' ('{variable.name}'). posology "
                    "makes each layer anew, so they would no longer share it. Make them one layer that is called "
                    "twice, such as keras.layers.ReversibleEmbedding for tied embeddings."
                )


def _check_layer(path: str, layer: Any, name: str) -> None:
    if isinstance(layer, keras.layers.Lambda):
        raise InputError(
            f"{name} has a Lambda layer, '{path}': Python code that posology cannot look into, and that Keras refuses "
            "to load again in safe mode. Write the operation itself, such as keras.ops.log1p(x) in place of "
            "Lambda(lambda x: keras.ops.log1p(x))(x), or a Layer class of your own."
        )
    if getattr(layer, "stateful", False):
        raise InputError(
            f"{name} has a stateful layer, '{path}': it carries its state from one batch to the next, and posology "
            "takes rows in any order. Leave out stateful=True."
        )
    activation = getattr(layer, "activation", None)
    if isinstance(activation, keras.layers.Layer) and (activation.weights or not activation.built):
        raise InputError(
            f"{name} has a layer, '{path}' ({type(layer).__name__}), whose activation is a layer with weights of its "
            f"own, {type(activation).__name__}, which Keras makes only when the model first runs. Put it behind that "
            "layer, as one of the model's."
        )
    inside = _dropout_inside(layer)
    if inside is not None:
        wraps = isinstance(layer, keras.layers.Wrapper)
        instead = "" if wraps else _CALLED
        raise InputError(
            f"{name} has a layer, '{path}' ({type(layer).__name__}), that {'wraps' if wraps else 'has'} a Dropout "
            f"inside, which posology cannot set. Put the Dropout beside that layer in the model.{instead}"
        )
    _check_copy(path, layer, name)


def _check_copy(path: str, layer: Any, name: str) -> None:
    try:
        copy_layer(layer)
    except Exception as error:
        advice = (
            "It was given a function or an object of your own: write @keras.saving.register_keras_serializable() above "
            "its def or class, a named one, and give the class a get_config()."
            if _is_of_keras(layer)
            else "Give its class a get_config() that returns the constructor's arguments as numbers, texts and lists, "
            f"and an __init__ that hands **kwargs on to super().__init__().{_CALLED}"
        )
        raise InputError(
            f"{name} has a layer, '{path}' ({type(layer).__name__}), that cannot be made again from its own "
            f"configuration. {advice} Keras says: {_said(error)[:200]}"
        ) from error


def _said(error: Exception) -> str:
    """Give what Keras could not do: it repeats the whole configuration before that, and the code of a lambda in it."""
    inner = re.search(r"Exception encountered: (.*)", text_of(error), re.DOTALL)
    said = " ".join(inner.group(1).partition("Full object config")[0].split()) if inner else what_of(error)
    return re.sub(r"\{[^}]*\('4w.*", "a lambda", said)


def _dropout_inside(layer: Any) -> Any:
    """Find a stock Dropout that a layer other than Keras' own calls itself: no graph shows it."""
    if _is_of_keras(layer) and not isinstance(layer, keras.layers.Wrapper):
        return None  # such as an attention's own: it is noted and stays as it is
    seen, waiting = {id(layer)}, list(vars(layer).values())
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if is_dropout(part):
            return part
        waiting += _parts(part)
    return None


def _parts(thing: Any) -> list[Any]:
    """List what a layer, a collection or an object of the user's own holds."""
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, list | tuple | set):
        return list(thing)
    library = type(thing).__module__.split(".")[0] in ("keras", "jax", "jaxlib", "numpy", "builtins")
    if isinstance(thing, keras.layers.Layer) or (hasattr(thing, "__dict__") and not library):
        return list(vars(thing).values())
    return []


def _is_of_keras(layer: Any) -> bool:
    return type(layer).__module__.split(".")[0] == "keras"
