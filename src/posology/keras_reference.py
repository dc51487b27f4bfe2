"""Does the hook of a regularizer do what the class of Keras does that it names? For `posology.testing`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from posology.hook_calls import COLUMNS, ROWS, keras_on_jax
from posology.regularizers import HOOKS, Place

DRAWS, UNLIKELY = 50_000, 1e-6
"""Numbers that are drawn from both to compare what is random, and the p-value below which they are not the same."""
AT = (-1.0, 2.0)
"""Activations at which they are drawn."""


def disagreement(r: Any) -> str:
    """Say where a hook and the class that `keras` names for it differ, at the strongest strength; empty where nowhere.

    A penalty is compared by its gradient, a constraint by the weights, a layer that penalizes by the penalty, one that
    draws by the distribution of what it gives (Kolmogorov and Smirnov). Of arguments of the optimizer and of the loss
    it is seen that these take them.

    Examples
    --------
    >>> from posology.regularizers import L1, Dropout, KerasForm
    >>> disagreement(Dropout())
    ''
    >>> class Doubled(L1):
    ...     keras = KerasForm("penalty", "L1", "l1", lambda s: 2 * s)
    >>> disagreement(Doubled())
    'at strength 0.01 gradient gives something else than keras.regularizers.L1'
    """
    keras, form = keras_on_jax(), r.keras
    if form is None or r.place.inserts:
        return ""
    room = _ROOMS.get(form.part)
    if room is None:
        return f"the part of its form in Keras is '{form.part}'; it must be one of {', '.join(_ROOMS)}"
    name = {"optimizer": "Adam", "loss": "CategoricalCrossentropy"}.get(form.part, form.name)
    try:
        made = getattr(getattr(keras, room), name)(**form.arguments(r.strength.high))
    except (AttributeError, TypeError, ValueError) as error:
        return f"Keras does not make keras.{room}.{name} of its form: {type(error).__name__}: {error}"
    compare = _COMPARED.get((form.part, r.place))
    if compare is None or compare(r, np.float32(r.strength.high), made):
        return ""
    hook = HOOKS[r.place]
    return f"at strength {r.strength.high:g} {hook} gives something else than keras.{room}.{name}"


_ROOMS = {
    "penalty": "regularizers", "constraint": "constraints", "layer": "layers", "optimizer": "optimizers",
    "loss": "losses",
}  # fmt: skip
"""From the part of a form to the module of Keras that has it."""


def _weight() -> Any:
    return np.random.default_rng(0).normal(size=(COLUMNS, 4)).astype("float32")


def _penalty(r: Any, strength: Any, made: Any) -> bool:
    import jax

    return np.allclose(r.gradient(_weight(), strength), jax.grad(made)(_weight()), rtol=1e-4, atol=1e-7)


def _constraint(r: Any, strength: Any, made: Any) -> bool:
    return np.allclose(r.after_update(_weight(), strength, np.float32(0.1)), made(_weight()), rtol=1e-4, atol=1e-6)


def _activity(r: Any, strength: Any, made: Any) -> bool:
    x = np.random.default_rng(0).normal(size=(ROWS, COLUMNS)).astype("float32")
    made(x)
    return np.allclose(r.penalty(x, strength), sum(made.losses), rtol=1e-4)


def _draws(r: Any, strength: Any, made: Any) -> bool:
    return all(_same_draws(r, strength, made, value) for value in AT)


def _same_draws(r: Any, strength: Any, made: Any, value: float) -> bool:
    from scipy.stats import ks_2samp

    x = np.full((DRAWS, 1), value, "float32")
    bits = np.random.default_rng(1).integers(0, 2**32, x.shape, dtype=np.uint64).astype("uint32")
    given = r.apply(x, strength, bits), made(x, training=True)
    ours, theirs = (np.asarray(one, float).round(4)[:, 0] for one in given)
    return bool(ks_2samp(ours, theirs).pvalue > UNLIKELY)


_COMPARED: dict[tuple[str, Place], Callable[[Any, Any, Any], bool]] = {
    ("penalty", Place.WEIGHTS_LOSS): _penalty,
    ("constraint", Place.WEIGHTS_AFTER): _constraint,
    ("layer", Place.ACTIVITY): _activity,
    **{("layer", place): _draws for place in (Place.ACTIVATIONS, Place.BRANCHES, Place.PAIRS)},
}
