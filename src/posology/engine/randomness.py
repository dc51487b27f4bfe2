"""Common random numbers: every draw is keyed by what it is for, never by a member's place in a pack.

Masks come from a 32-bit integer hash of a counter: five operations a draw, several times faster on CPU than
threefry (docs/performance.md), with no state to carry. The hash is `lowbias32` (Chris Wellons, "Prospecting for
Hash Functions", 2018, public domain): three xor-shifts, two multiplies, avalanche bias 0.17.
"""

import math
import zlib
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


def named(key: Any, name: str) -> UInt32[Array, "..."]:
    """Give the key of what has a name: a regularizer draws the same whichever others are in its program."""
    return derive(key, zlib.crc32(name.encode()))


def random_bits(key: Any, shape: tuple[int, ...]) -> UInt32[Array, "..."]:
    """Draw uniform 32-bit integers of `shape`: the hash of (counter·φ xor key), φ = 2³²/golden ratio, odd.

    The multiplication spreads neighbouring counters over all bits; without it numbers 2 and 1,024 apart are correlated
    by 0.001, which 10⁸ draws show. It is one to one, so no number repeats within a key; n numbers of two keys share
    n²/2³² on average, 0.004 for a layer of 4,096 activations.
    """
    counter = jnp.arange(math.prod(shape), dtype=jnp.uint32).reshape(shape) * jnp.uint32(0x9E3779B9)
    return mix(counter ^ jnp.asarray(key, jnp.uint32))


def unmix(x: Any) -> UInt32[Array, "..."]:
    """Undo `mix`: its multiplications by their inverses modulo 2³², its xor-shifts by shifting on.

    Examples
    --------
    >>> int(unmix(mix(12345)))
    12345
    """
    x = jnp.asarray(x, jnp.uint32)
    x = (x ^ (x >> 16)) * jnp.uint32(0x43021123)
    x = (x ^ (x >> 15) ^ (x >> 30)) * jnp.uint32(0x1D69E2A5)
    return x ^ (x >> 16)


def shuffled(key: Any, rows: Any, capacity: int) -> Int32[Array, " capacity"]:
    """Draw a permutation of the first `rows` of `capacity` row numbers; the rest of the result is not for use.

    The hash is one to one, so that row numbers can be sorted by it without carrying them along (one operand sorts
    four times faster than two), never tie, and are read back by undoing it.
    """
    row = jnp.arange(capacity, dtype=jnp.uint32)
    key = jnp.asarray(key, jnp.uint32)
    words = jnp.where(row < rows, mix(row ^ key), jnp.uint32(0xFFFFFFFF))
    return (unmix(jnp.sort(words)) ^ key).astype(jnp.int32)
