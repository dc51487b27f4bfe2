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

from posology.hook_calls import CLASSES, COLUMNS, ROWS, acted, keras_on_jax
from posology.keras_reference import disagreement
from posology.regularizers import HOOKS, REGULARIZERS, Place, Regularizer, Strength
from posology.regularizers._third_parties import what_is_lacking

PARAGRAPHS = ("The range", "Helps:", "Source:")
"""Beginnings of paragraphs that a docstring has after its first, which has the formula."""


def check_regularizer(regularizer: Any) -> None:
    """Check that a class keeps the contract of `posology.regularizers.Regularizer`.

    Attributes and range; the docstring's formula, range, use and source; strength zero is the identity bit for bit; the
    strongest searched strength acts; every strength of the range gives finite numbers, also as a traced number under
    `jax.jit` and `jax.vmap`; a penalty's gradient is the gradient of something; what it does is what the class of Keras
    does that `keras` names; and a few steps of a real training change by it, but not at zero. A layer
    that is put in is a switch, new at every call, the stock layer of Keras that `keras` names, and changes neither the
    shape nor, when predicting, one row by another; and a network that is made after it, without it, trains as one that
    was made before. Keras must run on JAX in this process.

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
    Silent: at strength 0.01 gradient gives something else than keras.regularizers.L2
    Silent: a few steps of training end at the same weights with it as without it
    """
    name = regularizer.__name__ if isinstance(regularizer, type) else type(regularizer).__name__
    made = regularizer() if isinstance(regularizer, type) else regularizer
    lacking = what_is_lacking(made)
    # a layer that does not fit into a network can be neither called nor trained
    found = [lacking] if lacking else list(_layer(made)) or [text for check in _CHECKS for text in check(made)]
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


def _layer(r: Any) -> Iterator[str]:
    """Check a layer that is put in, which is there or is not: no strength of zero shows what it leaves alone."""
    if not r.place.inserts:
        return
    if not r.strength.is_switch:
        yield "it puts a layer in, which is there or is not: the scale of its strength must be 'switch'"
    _without(_classes(r))  # trained before a layer is made, which may change Keras for all that come after it
    one, other = r.layer("one"), r.layer("other")
    if one is other or (one.name, other.name) != ("one", "other"):
        yield "layer does not make a new layer of the name that it is given"
    if _settings(one) != (named := _named(r)):
        made = _written(_settings(one))
        yield f"layer makes {made}, and keras names {_written(named)}: code would have another layer"
    x = np.random.default_rng(0).normal(size=(ROWS, COLUMNS)).astype("float32")
    together, apart = one(x, training=False), [one(x[i : i + 1], training=False) for i in range(ROWS)]
    if together.shape != x.shape:
        yield f"layer makes of rows of {COLUMNS} numbers rows of {together.shape[-1]}"
    elif not np.allclose(together, np.concatenate(apart), rtol=1e-5, atol=1e-6):
        yield "when predicting, layer gives a row something else beside other rows than alone"


def _settings(layer: Any) -> tuple[str, dict[str, Any]]:
    kind = type(layer)
    name = kind.__name__ if kind.__module__.split(".")[0] == "keras" else f"{kind.__name__} of {kind.__module__}"
    return name, {key: value for key, value in layer.get_config().items() if key != "name"}


def _named(r: Regularizer) -> tuple[str, dict[str, Any]]:
    """Give the settings of the layer that Keras has for it."""
    if r.keras is None or r.keras.part != "layer":
        return "none", {}
    return _settings(getattr(keras_on_jax().layers, r.keras.name)(**r.keras.arguments(1.0)))


def _written(settings: tuple[str, dict[str, Any]]) -> str:
    name, given = settings
    simple = {key: value for key, value in given.items() if isinstance(value, int | float | str)}
    return f"{name}({', '.join(f'{key}={value}' for key, value in simple.items())})"


def _identity(r: Regularizer) -> Iterator[str]:
    if r.place.inserts:  # off, it is not there; `_training` looks at all else
        return
    for seed in range(3):
        before, after = acted(r, np.float32(0), seed)
        if any(_bits(a) != _bits(b) for a, b in zip(before, after, strict=True)):
            yield f"at strength zero {HOOKS[r.place]} is not the identity bit for bit"
            return


def _bits(array: Any) -> bytes:
    # a zero has a sign, which no sum and no product shows
    return (np.asarray(array, np.float32) + np.float32(0)).tobytes()


def _liveness(r: Regularizer) -> Iterator[str]:
    if not any(_differs(*acted(r, np.float32(r.strength.high), seed)) for seed in range(3)):
        yield f"at strength {r.strength.high:g}, the strongest searched, {HOOKS[r.place]} does nothing"


def _differs(before: list[Any], after: list[Any]) -> bool:
    return any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def _finite(r: Regularizer) -> Iterator[str]:
    import jax

    strengths = np.array([0.0, *(r.strength.from_unit(u) for u in (0.0, 0.25, 0.5, 0.75, 1.0))], "float32")
    apart = [acted(r, s, 0)[1] for s in strengths]
    traced = jax.jit(jax.vmap(lambda s: tuple(acted(r, s, 0)[1])))(strengths)
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


def _reference(r: Regularizer) -> Iterator[str]:
    if said := disagreement(r):
        yield said


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
    classes, pair = _classes(r), r.place is Place.PAIRS
    if r.place.inserts:  # on, it is another network, with weights beside the kernels
        with_it = _rehearsal((), classes, r.name).weights()
        without_again = _rehearsal((), classes).weights()
        return _kernels(without_again), _kernels(_without(classes)), _kernels(with_it)
    one = _rehearsal((r.name,), classes, pair=pair)
    return one.weights(), _without(classes, pair=pair), one.weights(r.name, 0, r.strength.high)


def _classes(r: Regularizer) -> int:
    return CLASSES if r.target == "classes" else 0


def _kernels(weights: list[Any]) -> list[Any]:
    return [w for w in weights if w.ndim > 1]


@cache
def _without(classes: int, *, pair: bool = False) -> list[Any]:
    return _rehearsal((), classes, pair=pair).weights()


def _rehearsal(names: tuple[str, ...], classes: int, norm: str = "", *, pair: bool = False) -> Any:
    keras = keras_on_jax()
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


_CHECKS: tuple[Callable[[Any], Iterator[str]], ...] = (
    _strength, _docstring, _identity, _liveness, _finite, _gradient, _reference, _training,
)  # fmt: skip
