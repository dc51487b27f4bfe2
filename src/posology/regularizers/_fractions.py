"""Numbers of (0, 1) from random bits."""

from typing import Any


def fraction(bits: Any, size: int) -> Any:
    """Give numbers of (0, 1), never its ends, from the low bits: (b + 1/2)/2^size.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> fraction(jnp.array([0, 255, 256], jnp.uint32), 8).tolist()
    [0.001953125, 0.998046875, 0.001953125]
    """
    import jax.numpy as jnp

    return ((bits & (2**size - 1)).astype(jnp.float32) + 0.5) / 2**size
