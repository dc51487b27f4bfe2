"""Calls of the hook of any regularizer on random arrays, for the checks of `posology.testing`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from posology.errors import InputError
from posology.own_keras import own_keras
from posology.regularizers import Batch, Clock, Place

ROWS, COLUMNS, CLASSES, STEPS = 8, 6, 3, 12


def acted(r: Any, strength: Any, seed: int) -> tuple[list[Any], list[Any]]:
    """Call the hook of a regularizer on random arrays; give what went in and what came out.

    Parameters
    ----------
    r : Regularizer
    strength : float32
        A number, or one that JAX traces.
    seed : int
        Of the arrays.

    Examples
    --------
    >>> from posology.regularizers import L2
    >>> before, after = acted(L2(), np.float32(0), seed=1)
    >>> [np.array_equal(a, b) for a, b in zip(before, after)]
    [True, True, True]
    """
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> Any:
        return rng.normal(size=shape).astype("float32")

    return _ACTS[r.place](r, strength, normal, rng)


def keras_on_jax() -> Any:
    """Import Keras, whose backend is the caller's to choose: nothing is set in this process."""
    keras = own_keras()
    if (backend := keras.backend.backend()) != "jax":
        raise InputError(
            f"Keras runs on {backend} here, and posology's engine on JAX. Set KERAS_BACKEND=jax before Keras is "
            "imported."
        )
    return keras


def _random_bits(rng: Any) -> Callable[..., Any]:
    def draw(shape: tuple[int, ...], stream: int = 0) -> Any:
        del stream  # each call draws anew
        return rng.integers(0, 2**32, shape, dtype=np.uint64).astype("uint32")

    return draw


def _on_weights(change: Callable[..., Any]) -> Callable[..., tuple[list[Any], list[Any]]]:
    def act(r: Any, strength: Any, normal: Any, rng: Any) -> tuple[list[Any], list[Any]]:
        weights = [normal(COLUMNS, 4), normal(3, 3, 2, 4), normal(4)]
        totals = [normal(*w.shape) for w in weights]
        bits = [_random_bits(rng)(w.shape) for w in weights]
        each = [change(r, w, strength, t, b) for w, t, b in zip(weights, totals, bits, strict=True)]
        return [before for before, _ in each], [after for _, after in each]

    return act


def _batch(rng: Any, slope: Any) -> Batch:
    return Batch(_random_bits(rng), np.arange(COLUMNS) != 0, lambda x, y: slope)  # noqa: ARG005


def _on_rows(r: Any, strength: Any, normal: Any, rng: Any) -> tuple[list[Any], list[Any]]:
    x, y, slope = normal(ROWS, COLUMNS), normal(ROWS, 1), normal(ROWS, COLUMNS)
    return [x, y], list(r.rows(x, y, strength, _batch(rng, slope)))


def _on_targets(r: Any, strength: Any, normal: Any, rng: Any) -> tuple[list[Any], list[Any]]:
    shares = np.eye(CLASSES, dtype="float32")[rng.integers(0, CLASSES, ROWS)]
    y = shares if r.target == "classes" else normal(ROWS, 1)
    return [y], [r.targets(y, strength, _batch(rng, normal(ROWS, COLUMNS)))]


def _on_gradient(r: Any, strength: Any, normal: Any, rng: Any) -> tuple[list[Any], list[Any]]:  # noqa: ARG001
    gradient = (normal(COLUMNS, 4), normal(4))
    return list(gradient), list(r.clipped(gradient, strength))


def _on_memory(r: Any, strength: Any, normal: Any, rng: Any) -> tuple[list[Any], list[Any]]:  # noqa: ARG001
    """Walk at random, four steps an epoch; give at each the weights without and with the regularizer."""
    plain = memory = weight = normal(4)
    before, after = [], []
    for step in range(STEPS):
        move = normal(4)
        plain = plain + move
        clock = Clock(np.int32(step), np.int32(step // 4), step % 4 == 3)
        memory, weight = r.remember(memory, weight + move, strength, clock)
        before.append(plain)
        after.append(memory if r.remembers else weight)
    return before, after


def _on_activity(r: Any, strength: Any, normal: Any, rng: Any) -> tuple[list[Any], list[Any]]:  # noqa: ARG001
    return [np.float32(0.5)], [np.float32(0.5) + r.penalty(normal(ROWS, COLUMNS), strength)]


def _on_hidden(r: Any, strength: Any, normal: Any, rng: Any) -> tuple[list[Any], list[Any]]:  # noqa: ARG001
    keras_on_jax()
    import jax.numpy as jnp

    x = normal(ROWS, COLUMNS)
    with_it = r.layer("checked")(x, training=True)
    return [x], [jnp.where(strength > 0, with_it, x)]  # where it is off the layer is not there


def _on_branches(r: Any, strength: Any, normal: Any, rng: Any) -> tuple[list[Any], list[Any]]:
    x = normal(ROWS, COLUMNS)
    return [x], [r.apply(x, strength, _random_bits(rng)((ROWS, 1)))]


def _on_activations(r: Any, strength: Any, normal: Any, rng: Any) -> tuple[list[Any], list[Any]]:
    x = normal(ROWS, COLUMNS)
    return [x], [r.apply(x, strength, _random_bits(rng)(x.shape))]


_ACTS: dict[Place, Callable[..., tuple[list[Any], list[Any]]]] = {
    Place.WEIGHTS_LOSS: _on_weights(lambda r, w, s, t, _: (t, t + r.gradient(w, s))),
    Place.WEIGHTS_FORWARD: _on_weights(lambda r, w, s, _, b: (w, r.perturbed(w, s, b))),
    Place.WEIGHTS_BEFORE: _on_weights(lambda r, w, s, *_: (w, r.before_update(w, s, np.float32(0.1)))),
    Place.WEIGHTS_AFTER: _on_weights(lambda r, w, s, *_: (w, r.after_update(w, s, np.float32(0.1)))),
    Place.ACTIVATIONS: _on_activations,
    Place.ACTIVITY: _on_activity,
    Place.BRANCHES: _on_branches,
    Place.PAIRS: _on_branches,
    Place.NORMS: _on_hidden,
    Place.INPUTS: _on_rows,
    Place.TARGETS: _on_targets,
    Place.GRADIENT: _on_gradient,
    Place.RATE: lambda r, s, *_: ([np.float32(1)], [r.factor(np.float32(3), s)]),
    Place.MEMORY: _on_memory,
}
