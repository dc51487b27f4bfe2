"""Gaussian dropout: activations are multiplied by random numbers around 1 while training."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength
from posology.regularizers._bits import normal


class GaussianDropout(Regularizer):
    """Gaussian dropout: x·(1 + z·√(rate/(1 − rate))) with z standard normal, while training; x when predicting.

    Keras' convention (`keras.layers.GaussianDropout`): noise of the same variance as dropout at this rate, so that on a
    linear layer the two have the same expected loss; nothing is ever exactly zero.

    Helps: as dropout, with a noise that has no gaps: behind a layer of few units none is ever without all of them.

    The range ends at 0.6, as dropout's: its noise has then a standard deviation of 1.2 times the activation.

    Source: Srivastava et al. 2014, JMLR 15:1929-1958, section 10; Kingma et al. 2015, arXiv:1506.02557.
    """

    name = "gaussian_dropout"
    title = "Gaussian dropout"
    place = Place.ACTIVATIONS
    strength = Strength(0.0, 0.6, "linear", "rate of the dropout with as much noise", 0.95)
    excludes = ("dropout", "alpha_dropout")
    keras = KerasForm("layer", "GaussianDropout", "rate")

    def apply(self, x: Any, rate: Any, bits: Any) -> Any:
        """Multiply activations by normal numbers of mean 1 and variance rate/(1 − rate).

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
        >>> import jax.numpy as jnp, numpy as np
        >>> bits = jnp.array([2**31, 4186126438], jnp.uint32)
        >>> np.asarray(GaussianDropout().apply(jnp.ones(2), 0.5, bits), float).round(2).tolist()
        [1.0, 2.95]
        """
        import jax.numpy as jnp

        return x * (1.0 + normal(bits) * jnp.sqrt(rate / (1.0 - rate)))
