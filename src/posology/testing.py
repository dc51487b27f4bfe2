"""Checks of a regularizer, posology's own or a third party's: what a study relies on, and nobody sees fail.

A class of another distribution is found by its entry point, in the group `posology.regularizers`:

    [project.entry-points."posology.regularizers"]
    clipped_noise = "my_package:ClippedNoise"

and one line of a test checks it: `posology.testing.check_regularizer(ClippedNoise)`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from posology.errors import InputError
from posology.regularizers import HOOKS, REGULARIZERS, Batch, Clock, Place, Regularizer, Strength
from posology.regularizers._third_parties import what_is_lacking

ROWS, COLUMNS, CLASSES, STEPS = 8, 6, 3, 12
PARAGRAPHS = ("The range", "Helps:", "Source:")
"""Beginnings of paragraphs that a docstring has after its first, which has the formula."""


def check_regularizer(regularizer: Any) -> None:
    """Check that a class keeps the contract of `posology.regularizers.Regularizer`.

    Attributes and range; the docstring's formula, range, use and source; strength zero is the identity bit for bit; the
    strongest searched strength acts; every strength of the range gives finite numbers, also as a traced number under
    `jax.jit` and `jax.vmap`; a penalty's gradient is the gradient of something; and a few steps of a real training
    change by it, but not at zero. Keras must run on JAX in this process.

    Parameters
    ----------
    regularizer : subclass of Regularizer, or an object of one

    Raises
    ------
    AssertionError
        With all that is wrong, a line each.
    InputError
        Keras does not run on JAX here.

    Examples
    --------
    >>> from posology.regularizers import L2
    >>> check_regularizer(L2)
    >>> class Silent(L2):
    ...     def gradient(self, weight, strength): return 0.0 * weight
    >>> check_regularizer(Silent)
    Traceback (most recent call last):
    AssertionError: Silent: it has no docstring
    Silent: at strength 0.01, the strongest searched, gradient does nothing
    Silent: a few steps of training end at the same weights with it as without it
    """
    name = regularizer.__name__ if isinstance(regularizer, type) else type(regularizer).__name__
    made = regularizer() if isinstance(regularizer, type) else regularizer
    lacking = what_is_lacking(made)
    found = [lacking] if lacking else [text for check in _CHECKS for text in check(made)]
    if found:
        raise AssertionError("\n".join(f"{name}: {text}" for text in found))


def _strength(r: Regularizer) -> Iterator[str]:
    yield from _range(r.strength)
    unknown = [name for name in r.excludes if name not in REGULARIZERS]
    if unknown:
        yield f"it excludes '{unknown[0]}', which there is not"
    if r.keras is None and not r.by_hand:
        yield "it has no form in Keras (keras), and does not say what to do by hand (by_hand)"


def _range(s: Strength) -> Iterator[str]:
    if s.scale not in ("log", "linear", "switch"):
        yield f"the scale of its strength is '{s.scale}', and neither 'log', 'linear' nor 'switch'"
    if s.is_switch and not s.low == s.high == 1:
        yield f"it is on or off, and its range is {s.low:g} to {s.high:g}; both must be 1"
    if not s.is_switch and not 0 <= s.low < s.high <= s.most:
        yield f"its range is {s.low:g} to {s.high:g}; it must rise, from 0 or above to at most {s.most:g}"
    if s.scale == "log" and s.low == 0:
        yield "its range starts at 0 on a logarithmic scale"
    if not s.unit:
        yield "its strength has no unit"


def _docstring(r: Regularizer) -> Iterator[str]:
    text = vars(type(r)).get("__doc__") or ""
    if not text:
        yield "it has no docstring"
        return
    parts = [part.strip() for part in text.split("\n\n")]
    if ":" not in parts[0]:
        yield "the first paragraph of its docstring is not 'Name: formula'"
    for beginning in PARAGRAPHS:
        if not any(part.startswith(beginning) for part in parts[1:]):
            yield f"its docstring has no paragraph that begins with '{beginning}'"


def _identity(r: Regularizer) -> Iterator[str]:
    for seed in range(3):
        before, after = _acted(r, np.float32(0), seed)
        if any(_bits(a) != _bits(b) for a, b in zip(before, after, strict=True)):
            yield f"at strength zero {HOOKS[r.place]} is not the identity bit for bit"
            return


def _bits(array: Any) -> bytes:
    # a zero has a sign, which no sum and no product shows
    return (np.asarray(array, np.float32) + np.float32(0)).tobytes()


def _liveness(r: Regularizer) -> Iterator[str]:
    if not any(_differs(*_acted(r, np.float32(r.strength.high), seed)) for seed in range(3)):
        yield f"at strength {r.strength.high:g}, the strongest searched, {HOOKS[r.place]} does nothing"


def _differs(before: list[Any], after: list[Any]) -> bool:
    return any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def _finite(r: Regularizer) -> Iterator[str]:
    import jax

    strengths = np.array([0.0, *(r.strength.from_unit(u) for u in (0.0, 0.25, 0.5, 0.75, 1.0))], "float32")
    apart = [_acted(r, s, 0)[1] for s in strengths]
    traced = jax.jit(jax.vmap(lambda s: tuple(_acted(r, s, 0)[1])))(strengths)
    if not all(np.isfinite(np.asarray(a)).all() for given in apart for a in given):
        yield "a strength of its range gives numbers that are not finite"
    together = [[part[i] for part in traced] for i in range(len(strengths))]
    pairs = [(a, b) for one, other in zip(apart, together, strict=True) for a, b in zip(one, other, strict=True)]
    if not all(np.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in pairs):
        yield "as a traced number its strength gives something else"


def _gradient(r: Any) -> Iterator[str]:
    """Check that a gradient is one: its derivative, a Hessian, is symmetric."""
    if r.place is not Place.WEIGHTS_LOSS:
        return
    import jax

    rng = np.random.default_rng(0)
    weight, u, v = (rng.normal(size=(COLUMNS, 4)).astype("float32") for _ in range(3))

    def along(direction: Any) -> Any:
        return np.asarray(jax.jvp(lambda w: r.gradient(w, r.strength.high), (weight,), (direction,))[1], float)

    one, other = float((along(u) * v).sum()), float((along(v) * u).sum())
    if abs(one - other) > 1e-3 * max(1e-6, abs(one), abs(other)):
        yield f"its gradient is that of nothing: its derivative is not symmetric ({one:.6g} against {other:.6g})"


def _training(r: Regularizer) -> Iterator[str]:
    with _listed(r):
        before, without, after = _rehearsed(r)
    if _differs(before, without):
        yield "a few steps of training at strength zero end at other weights than without it"
    if not _differs(before, after):
        yield "a few steps of training end at the same weights with it as without it"


@contextmanager
def _listed(r: Regularizer) -> Iterator[None]:
    """List a regularizer among all for a moment, also one whose distribution is not installed."""
    kept = dict(REGULARIZERS)
    REGULARIZERS[r.name] = r
    try:
        yield
    finally:
        REGULARIZERS.clear()
        REGULARIZERS.update(kept)  # in their order, which arms and messages follow


def _rehearsed(r: Regularizer) -> tuple[list[Any], list[Any], list[Any]]:
    """Give weights after a few steps: at strength zero, without the regularizer, and at its strongest."""
    classes = CLASSES if r.target == "classes" else 0
    if r.place is Place.NORMS:  # off, the network is the one without it; on, it has weights beside the kernels
        with_it = _rehearsal((), classes, r.name).weights()
        kernels, changed = ([w for w in weights if w.ndim > 1] for weights in (_without(classes), with_it))
        return kernels, kernels, changed
    pair = r.place is Place.PAIRS
    one = _rehearsal((r.name,), classes, pair=pair)
    return one.weights(), _without(classes, pair=pair), one.weights(r.name, 0, r.strength.high)


@cache
def _without(classes: int, *, pair: bool = False) -> list[Any]:
    return _rehearsal((), classes, pair=pair).weights()


def _rehearsal(names: tuple[str, ...], classes: int, norm: str = "", *, pair: bool = False) -> Any:
    keras = _keras_on_jax()
    from posology.network.norms import norm_sites, normalized
    from posology.network.packed import PackedNetwork
    from posology.network.rehearsal import Rehearsal

    layers = keras.layers
    given = start = keras.Input((COLUMNS,))
    if pair:  # at the inputs, which no gradient goes through: sums of three have the order of their layers
        start = layers.Add()([given, layers.Dense(COLUMNS)(given), layers.Dense(COLUMNS)(given)])
    hidden = layers.Dense(8, "relu")(start)
    hidden = layers.Add()([hidden, layers.Dense(8, "relu")(hidden)])  # a residual branch, for what acts on these
    model = keras.Model(given, layers.Dense(classes or 1, activation="softmax" if classes else None)(hidden))
    loss = "sparse_categorical_crossentropy" if classes else "mse"
    model.compile(loss=loss, optimizer=keras.optimizers.Adam(0.01))
    if norm:
        model = normalized(model, norm, norm_sites(model))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, COLUMNS)).astype("float32")
    y = (rng.integers(0, classes, (32, 1)) if classes else rng.normal(size=(32, 1))).astype("float32")
    network = PackedNetwork(model, names, classes=classes)
    weights, state = network.first_weights(0)
    return Rehearsal(network, tuple(weights), tuple(state), x, y)


def _keras_on_jax() -> Any:
    """Import Keras, whose backend is the caller's to choose: nothing is set in this process."""
    how = "and posology's engine on JAX. Set KERAS_BACKEND=jax before Keras is imported."
    try:
        import keras
    except ImportError as error:
        raise InputError(f"Keras cannot be imported here ({error}), {how}") from error
    if keras.backend.backend() != "jax":
        raise InputError(f"Keras runs on {keras.backend.backend()} here, {how}")
    return keras


_CHECKS: tuple[Callable[[Any], Iterator[str]], ...] = (
    _strength, _docstring, _identity, _liveness, _finite, _gradient, _training,
)  # fmt: skip


def _acted(r: Any, strength: Any, seed: int) -> tuple[list[Any], list[Any]]:
    """Call the hook of a regularizer on random arrays; give what went in and what came out."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> Any:
        return rng.normal(size=shape).astype("float32")

    return _ACTS[r.place](r, strength, normal, rng)


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
    _keras_on_jax()
    import jax.numpy as jnp

    x = normal(ROWS, COLUMNS)
    with_it = r.layer("checked")(x, training=True)
    return [x], [jnp.where(strength > 0, with_it, x)]


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
