"""What trained networks predict where something is wrong: with their inputs, or with their hidden units."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

Predict = Callable[[Any, Any, Any], Any]
"""From weights, state and rows to predictions, `(row, ...)`."""

PredictWithout = Callable[[Any, Any, Any, Any, Any], Any]
"""The same, and a share of hidden units that are set to zero, and a key."""


def probe(
    predict: Predict, without: PredictWithout | None, weights: Any, state: Any, variants: Any, shares: Any, key: Any
) -> Any:
    """Predict rows in several variants by one network, then the first variant without shares of its hidden units.

    Parameters
    ----------
    predict : callable
    without : callable or None
        None for a network with no place to take units out; nothing is then predicted without them.
    weights, state
        Of one member.
    variants : array (variant, row, column)
    shares : array (share,)
    key : uint32 scalar
        Of the units that are taken out: for all networks and shares the same, so that a smaller share is a part of a
        larger one.

    Returns
    -------
    array (variant + share, row, ...)
    """
    with jax.default_matmul_precision("highest"):
        seen = jax.lax.map(lambda x: predict(weights, state, x), variants)
        if without is None:
            return seen
        hurt = jax.lax.map(lambda share: without(weights, state, variants[0], share, key), shares)
    return jnp.concatenate([seen, hurt])


def packed_probe(predict: Predict, without: PredictWithout | None) -> Callable[..., Any]:
    """Compile `probe` for packs: weights and state have the member axis first, and so have the predictions."""

    def pack(weights: Any, state: Any, variants: Any, shares: Any, key: Any) -> Any:
        def one(member: tuple[Any, Any]) -> Any:
            return probe(predict, without, *member, variants, shares, key)

        return jax.lax.map(one, (weights, state))

    return jax.jit(pack)
