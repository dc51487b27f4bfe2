"""Randomness keyed by purpose: (study seed, "outer", repeat), (study seed, "fit", repeat, fold, ...), ..."""

import hashlib

import numpy as np


def key_of(*purpose: object) -> int:
    """Give the 32-bit key of a purpose: BLAKE2b of its parts' text, so that no two purposes share a stream.

    Examples
    --------
    >>> key_of(7, "fit", 0, 1) == key_of(7, "fit", 0, 1)
    True
    >>> key_of(7, "fit", 0, 1) == key_of(7, "fit", 1, 0)
    False
    """
    return int.from_bytes(_digest(purpose, 4), "little")


def generator(*purpose: object) -> np.random.Generator:
    """Give NumPy's generator for a purpose.

    Examples
    --------
    >>> generator(7, "outer", 0).integers(10) == generator(7, "outer", 0).integers(10)
    np.True_
    """
    return np.random.default_rng(int.from_bytes(_digest(purpose, 16), "little"))


def _digest(purpose: tuple[object, ...], size: int) -> bytes:
    return hashlib.blake2b("\x1f".join(map(str, purpose)).encode(), digest_size=size).digest()
