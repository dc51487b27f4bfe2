"""Is the network that posology rebuilds the user's own? Asked once before a study, by numbers.

Layers are made anew from their configurations. A class of the user's own whose configuration leaves something out
would be rebuilt as another layer, silently.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import keras
import numpy as np

from posology.errors import InputError
from posology.network.alike import written
from posology.network.choice import Choice
from posology.network.copied_layer import copy_layer
from posology.network.export import rebuild_with, set_weights
from posology.network.inputs import split_columns
from posology.network.raised import what_of
from posology.network.sites import Dose, kernel_sites, leaves, weights_at
from posology.network.spellings import hint
from posology.network.surgery import in_order, is_seed, rebuild

ROWS = 4


def check_faithful(model: Any, name: str, width: int) -> None:
    """Check that a rebuilt network predicts and trains as the user's, and that penalties act at every site.

    Parameters
    ----------
    model : keras.Model
        One that `check_model` passed; left untouched.
    name : str
        What built it, in words.
    width : int
        Columns of the prepared table.

    Raises
    ------
    InputError
        It does not: the text says what to look for.
    """
    _check_finite(model, name)
    random = np.random.default_rng(0)
    x = split_columns(model, random.uniform(0, 2, (ROWS, width)).astype("float32"))
    # other weights than the user's: what is not carried over shows
    weights = [np.asarray(v) + random.normal(0, 0.1, v.shape).astype("float32") for v in model.trainable_variables]
    _check_traced(model, name, x)
    _check_settled(model, name, weights, x)
    copy = _rebuilt(model)
    for training in (False, True):
        wanted, got = (_run(m, model, weights, x, training) for m in (model, copy))
        _check_set_in_time(model, name, wanted, got)
        if any(not _is_close(*pair) for pair in zip(wanted, got, strict=True)):
            raise InputError(
                f"{name} gave a model that cannot be rebuilt: made anew from the configurations of its layers, with "
                f"the same weights, it predicts otherwise. {_suspects(model)}A get_config() that leaves an argument "
                "out does that, numbers drawn when a layer is made, and a weight of one layer used by another."
            )
    _check_written(model, name)
    _check_penalties(model, name, weights, x)


def _check_written(model: Any, name: str) -> None:
    """Check that a network can be saved, as it will be when all is trained."""
    try:
        written(model)
    except Exception as error:
        raise InputError(
            f"{name} gave a model that Keras cannot save: {what_of(error).removesuffix('.')}. A keras.Variable in an "
            "operation does that, and would not be trained: make it a weight of a layer of your own, by add_weight()."
        ) from error


def _check_finite(model: Any, name: str) -> None:
    """Check that a network has numbers to begin with."""
    lost = [v.path for v in model.trainable_variables if not np.isfinite(np.asarray(v)).all()]
    if lost:
        raise InputError(
            f"{name} gave a model whose weights are not finite before any training, such as those of '{lost[0]}'. Look "
            "at their initializer, or at what is loaded into them."
        )


def _check_traced(model: Any, name: str, x: Any) -> None:
    """Check that JAX can trace the network while it trains; Keras itself traced it for predicting."""
    given = [[v.value for v in variables] for variables in (model.trainable_variables, model.non_trainable_variables)]
    try:
        jax.eval_shape(partial(model.stateless_call, training=True, return_losses=True), *given, x)
    except Exception as error:
        raise InputError(
            f"{name} gave a model that JAX cannot train: {what_of(error).removesuffix('.')}.{hint(error)} "
            f"{_suspects(model)}"
        ) from error


def _check_settled(model: Any, name: str, weights: Sequence[Any], x: Any) -> None:
    """Check that a network draws nothing at random while predicting."""
    one, other = (_run(model, model, weights, x, False, turn) for turn in (0, 1))
    if not all(map(_is_close, one, other)):
        raise InputError(
            f"{name} gave a model that draws at random while predicting too, so that no two predictions agree. "
            f"{_suspects(model)}Let a layer draw while training only: call(self, x, training=None), and return what it "
            f"would be without the draw where training is not true.{_instead_of_always(model)}"
        )


def _instead_of_always(model: Any) -> str:
    """Say how Monte Carlo dropout is studied, and had afterwards."""
    always = any(isinstance(layer, keras.layers.Dropout) for layer in _own_layers(model).values())
    said = " In place of a Dropout that is always on write keras.layers.Dropout, and model(x, training=True) to sample."
    return said if always else ""


def _check_set_in_time(model: Any, name: str, wanted: Sequence[np.ndarray], got: Sequence[np.ndarray]) -> None:
    """Check that a rebuilt network has the user's penalties, where it is the user's but for them."""
    of_model, of_copy = float(wanted[0]), float(got[0])
    if not _is_close(wanted[0], got[0]) and all(map(_is_close, wanted[1:], got[1:])):
        raise InputError(
            f"{name} gave a model whose penalties are {of_model:.6g} on random weights, and {of_copy:.6g} where its "
            f"layers are made anew from their configurations. {_suspects(model)}A penalty that is set on a layer which "
            "has its weights already does nothing in Keras, and one that is set on a weight is in no configuration: "
            "give it to the layer when it is made, Dense(64, kernel_regularizer='l2')."
        )


def _is_close(wanted: np.ndarray, got: np.ndarray) -> bool:
    return np.allclose(wanted, got, rtol=1e-4, atol=1e-5 * max(1.0, float(np.abs(wanted).max())), equal_nan=True)


def _suspects(model: Any) -> str:
    own = _own_layers(model)
    return f"Look at the layers of your own: {', '.join(own)}. " if own else ""


def _own_layers(model: Any) -> dict[str, Any]:
    """Give the layers of classes of the user's own by their paths."""
    return {path: layer for path, layer in leaves(model) if type(layer).__module__.split(".")[0] != "keras"}


def _rebuilt(model: Any) -> Any:
    out = rebuild(model, lambda _, layer: copy_layer(layer), {})
    set_weights(out, model.trainable_variables, _others(model), model)
    return out


def _run(copy: Any, model: Any, weights: Sequence[Any], x: Any, training: bool, turn: int = 0) -> list[np.ndarray]:
    """Run a copy of a model at these weights and the model's own state and seeds; give loss, outputs and new state.

    `turn` is added to the seeds.
    """
    trainable, others = in_order(model, copy)
    value_of = {
        **{id(v): value for v, value in zip(trainable, weights, strict=True)},
        **{id(v): old.value for v, old in zip(others, _others(model), strict=True)},
        **{id(v): old.value + np.uint32(turn) for v, old in zip(_seeds(copy), _seeds(model), strict=True)},
    }
    given, state = ([value_of[id(v)] for v in vs] for vs in (copy.trainable_variables, copy.non_trainable_variables))
    outputs, state, losses = copy.stateless_call(given, state, x, training=training, return_losses=True)
    place = {id(v): i for i, v in enumerate(copy.non_trainable_variables)}
    after = [state[place[id(v)]] for v in others]
    return [np.asarray(part) for part in (sum(losses), *keras.tree.flatten(outputs), *after)]


def _others(model: Any) -> list[Any]:
    return [v for v in model.non_trainable_variables if not is_seed(v)]


def _seeds(model: Any) -> list[Any]:
    """List the states of a model's random generators, in the order of its layers."""
    return [v for _, layer in leaves(model) for v in layer.variables if is_seed(v)]


def _check_penalties(model: Any, name: str, weights: Sequence[Any], x: Any) -> None:
    """Check that penalties, set at every site of an export, add to the loss what their formulas say."""
    layers = dict(leaves(model))
    place = {id(v): i for i, v in enumerate(model.trainable_variables)}
    doses = [Dose(s, {"l1": 0.25 + i, "l2": 0.5 + i}) for i, s in enumerate(kernel_sites(model, Choice(every=True)))]
    wanted = sum(
        _penalty(weights[place[id(variable)]], dose.strengths)
        for dose in doses
        for variable in weights_at(layers[dose.site.layer], dose.site.argument)
    )
    # against the network without any, not the user's: beside a penalty of 1e9 float32 shows no other
    off = [Dose(dose.site, {"l1": 0.0, "l2": 0.0}) for dose in doses]
    without, losses = (float(_run(rebuild_with(model, d), model, weights, x, False)[0]) for d in (off, doses))
    got = losses - without
    if not np.isclose(wanted, got, rtol=1e-3, atol=1e-5 * max(1.0, abs(without))):
        raise InputError(
            f"{name} gave a model on which penalties do not act: with {len(doses)} of them set, its losses grow by "
            f"{got:.6g} in place of {wanted:.6g}. {_suspects(model)}A layer that takes kernel_regularizer must pass it "
            "to add_weight(regularizer=...)."
        )


def _penalty(weight: np.ndarray, strengths: dict[str, float]) -> float:
    return strengths.get("l1", 0.0) * float(np.abs(weight).sum()) + strengths.get("l2", 0.0) * float((weight**2).sum())
