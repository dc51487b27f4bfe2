"""Does this jaxlib compute what it is told? Reported miscompilations, and a pack's gradients against float64 NumPy.

jax#39103: `jit(vmap(matvec -> sum of squares))` silently wrong on CPU in 0.10.2. Wrong gradients of batched products
whose operand is a broadcast cotangent were reported for 0.11.2. Both are one switch of XLA away from right.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from posology.engine.randomness import mix, unmix

TOLERANCE = 1e-4
"""Relative to the largest entry; float32 sums of a few thousand terms come within 1e-6."""


def failures() -> list[str]:
    """Run the checks.

    Returns
    -------
    list of str
        What is computed wrongly, in words; empty where all is right.
    """
    checks = {
        "sums of squares of matrix-vector products (jax#39103)": _sums_of_squares,
        "gradients of a pack of networks": _pack_gradients,
        "the integer hash behind dropout and shuffling": _hash,
    }
    return [name for name, check in checks.items() if not all(_close(got, want) for got, want in check())]


def _close(got: Any, want: Any) -> bool:
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    return bool(np.abs(got - want).max() <= TOLERANCE * np.abs(want).max())


def _sums_of_squares() -> Iterator[tuple[Any, Any]]:
    rows = np.zeros((32_769, 3), "float32")
    rows[:, 0] = np.arange(len(rows))
    matrix = np.eye(3, dtype="float32")
    found = jax.jit(jax.vmap(lambda row: jnp.sum((matrix @ row) ** 2)))(rows)
    # the last row alone is wrong, and by little: each is held to its own size
    want = (rows.astype(float) ** 2).sum(axis=1)
    yield np.asarray(found)[1:] / want[1:], np.ones(len(rows) - 1)


def _pack_gradients() -> Iterator[tuple[Any, Any]]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(96, 7))
    y = rng.normal(size=(96, 1))
    weights = [rng.normal(size=(3, *shape)) / 2 for shape in ((7, 33), (33,), (33, 17), (17,), (17, 1), (1,))]

    def loss(w: Any, x: Any, y: Any, np_: Any) -> Any:
        hidden = np_.maximum(np_.maximum(x @ w[0] + w[1], 0) @ w[2] + w[3], 0)
        return ((hidden @ w[4] + w[5] - y) ** 2).mean()

    single = [np.asarray(w, "float32") for w in weights]
    gradient = jax.grad(lambda w: loss(w, x.astype("float32"), y.astype("float32"), jnp))
    with jax.default_matmul_precision("highest"):
        found = {
            "vmap": jax.jit(jax.vmap(gradient))(single),
            "map": jax.jit(lambda w: jax.lax.map(gradient, w))(single),
        }
    want = [_gradient_by_hand([w[k] for w in weights], x, y) for k in range(3)]
    for got in found.values():
        for layer, expected in zip(got, zip(*want, strict=True), strict=True):
            yield layer, np.stack(expected)


def _gradient_by_hand(w: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Backpropagate in float64."""
    first = x @ w[0] + w[1]
    second = np.maximum(first, 0) @ w[2] + w[3]
    out = 2 * (np.maximum(second, 0) @ w[4] + w[5] - y) / len(x)
    behind_second = (out @ w[4].T) * (second > 0)
    behind_first = (behind_second @ w[2].T) * (first > 0)
    layers = [(x, behind_first), (np.maximum(first, 0), behind_second), (np.maximum(second, 0), out)]
    return [g for before, behind in layers for g in (before.T @ behind, behind.sum(axis=0))]


def _hash() -> Iterator[tuple[Any, Any]]:
    words = np.arange(1 << 12, dtype=np.uint32) * np.uint32(2_654_435_761)
    hash_: Callable[[Any], Any] = jax.jit(lambda x: unmix(mix(x)))
    yield hash_(words), words
    # lowbias32 of 1, by hand in Python's integers
    x = 1
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = (x ^ (x >> shift)) * factor % 2**32
    yield jax.jit(mix)(np.uint32(1)), x ^ (x >> 16)


if __name__ == "__main__":
    print(json.dumps(failures()))
