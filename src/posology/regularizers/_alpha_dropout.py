"""Alpha dropout: dropped activations take the lowest value of SELU, and mean and variance stay."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength
from posology.regularizers._bits import keeps

LOWEST = -1.7580993408473766
"""The value of SELU far below zero: minus the product of its two constants."""


class AlphaDropout(Regularizer):
    """Alpha dropout: a·(x·[u ≥ rate] + α'·[u < rate]) + b while training; x when predicting.

    α' = −1.7581 is the lowest value of SELU, a = ((1 − rate)·(1 + rate·α'²))^(−1/2) and b = −a·rate·α', so that a mean
    of 0 and a variance of 1 stay what they are. Keras' convention (`keras.layers.AlphaDropout`).

    Helps: in networks of `selu` with `lecun_normal` weights; behind a ReLU it moves the mean.

    The range ends at 0.5, where an activation is more noise than signal.

    Source: Klambauer et al. 2017, "Self-normalizing neural networks", arXiv:1706.02515.
    """

    name = "alpha_dropout"
    title = "alpha dropout"
    place = Place.ACTIVATIONS
    strength = Strength(0.0, 0.5, "linear", "share of activations dropped", 0.95)
    excludes = ("dropout", "gaussian_dropout")
    keras = KerasForm("layer", "AlphaDropout", "rate")

    def apply(self, x: Any, rate: Any, bits: Any) -> Any:
        """Set activations to α' where the top 24 bits, as a fraction, lie below the rate; then restore the moments.

        Parameters
        ----------
        x : float array, any shape
            Activations.
        rate : float scalar in [0, 1)
            0 returns `x` bit for bit.
        bits : uint32 array, shape of `x`
            Uniform random bits.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> bits = jnp.array([0, 2**31], jnp.uint32)
        >>> [round(a, 3) for a in AlphaDropout().apply(jnp.ones(2), 0.5, bits).tolist()]
        [-0.779, 1.666]
        """
        import jax.numpy as jnp

        scale = 1.0 / jnp.sqrt((1.0 - rate) * (1.0 + rate * LOWEST**2))
        dropped = scale * jnp.where(keeps(bits, rate), x, LOWEST) - scale * rate * LOWEST
        return jnp.where(rate > 0, dropped, x)
