"""Common random numbers: every draw is keyed by what it is for, never by a member's place in a pack.

Masks come from a 32-bit integer hash of a counter: five operations a draw, several times faster on CPU than
threefry (docs/performance.md), with no state to carry. The hash is `lowbias32` (Chris Wellons, "Prospecting for
Hash Functions", 2018, public domain): three xor-shifts, two multiplies, avalanche bias 0.17.
"""

import math
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Int32, UInt32


def mix(x: Any) -> UInt32[Array, "..."]:
    """Hash 32 bits to 32 bits, one to one (lowbias32); elementwise, any shape."""
    x = jnp.asarray(x, jnp.uint32)
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)


def derive(key: Any, index: Any) -> UInt32[Array, "..."]:
    """Give the key of the `index`-th child of `key`: an epoch of a fit, a step of an epoch, a layer of a step."""
    return mix(jnp.asarray(key, jnp.uint32) ^ mix(jnp.asarray(index, jnp.uint32) + jnp.uint32(0x9E3779B9)))


def random_bits(key: Any, shape: tuple[int, ...]) -> UInt32[Array, "..."]:
    """Draw uniform 32-bit integers of `shape`: the hash of (counter xor key).

    Two keys draw disjoint stretches of one field of 2³² numbers, unless they agree in all but the lowest bits, when
    they share numbers in another order: about one pair of keys in a million for a layer of 4,096 activations.
    """
    size = math.prod(shape)
    counter = jnp.arange(size, dtype=jnp.uint32).reshape(shape)
    return mix(counter ^ jnp.asarray(key, jnp.uint32))


def shuffled(key: Any, rows: Any, capacity: int) -> Int32[Array, " capacity"]:
    """Draw a permutation of the first `rows` of `capacity` row numbers; the rest of the result is not for use.

    Up to 65,536 rows, (random bits, row number) are packed in one word: one operand sorts faster than two, and at
    least 16 bits are left for chance, so that ties, which keep their order, are rare.
    """
    width = max(1, (capacity - 1).bit_length())
    row = jnp.arange(capacity, dtype=jnp.uint32)
    bits = random_bits(key, (capacity,))
    last = jnp.uint32(0xFFFFFFFF)
    if width > 16:
        return jnp.argsort(jnp.where(row < rows, bits >> 1, last)).astype(jnp.int32)
    word = jnp.where(row < rows, ((bits >> width) << width) | row, last)
    return (jnp.sort(word) & jnp.uint32((1 << width) - 1)).astype(jnp.int32)
