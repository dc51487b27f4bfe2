"""Dropout: activations are zeroed at random while training."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength
from posology.regularizers._bits import keeps


class Dropout(Regularizer):
    """Inverted dropout: x·[u ≥ rate]/(1 − rate) with u uniform on [0, 1), while training; x when predicting.

    Keras' convention (`keras.layers.Dropout`): `rate` is the share that is dropped.

    Helps: where hidden units lean on one another; in tables more often for classes than for numbers, where Dropout
    before a ReLU layer shifts what is predicted.

    The range ends at 0.6: beyond it a layer of the question's size learns nothing within a usual number of epochs.

    Source: Srivastava et al. 2014, JMLR 15:1929-1958.
    """

    name = "dropout"
    title = "dropout"
    place = Place.ACTIVATIONS
    strength = Strength(0.0, 0.6, "linear", "share of activations dropped", 0.95)
    keras = KerasForm("layer", "Dropout", "rate")
    shared = True

    def apply(self, x: Any, rate: Any, bits: Any) -> Any:
        """Drop activations where the top 24 of 32 random bits, as a fraction, lie below the rate.

        Parameters
        ----------
        x : float array, any shape
            Activations.
        rate : float scalar in [0, 1)
            Share dropped; 0 returns `x` bit for bit (numbers below 1e-38 aside, which XLA takes for 0).
        bits : uint32 array, shape of `x`
            Uniform random bits.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> bits = jnp.array([0, 2**31, 2**32 - 1], jnp.uint32)
        >>> Dropout().apply(jnp.ones(3), 0.5, bits).tolist()
        [0.0, 2.0, 2.0]
        """
        import jax.numpy as jnp

        return jnp.where(keeps(bits, rate), x * (1.0 / (1.0 - rate)), jnp.zeros((), x.dtype)).astype(x.dtype)
