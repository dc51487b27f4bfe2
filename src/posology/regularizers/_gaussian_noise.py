"""Gaussian noise on activations while training."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength
from posology.regularizers._bits import normal


class GaussianNoise(Regularizer):
    """Gaussian noise: x + σ·z with z standard normal, while training; x when predicting.

    Keras' convention (`keras.layers.GaussianNoise`): σ is the noise's standard deviation, in the unit of the
    activations, which for standardised inputs are of size 1 or less.

    Helps: where the target is smooth in what the layer computes; a layer can escape it by larger weights before it.

    The range: from a noise that is lost beside activations of size 1 to one that is as large as they are.

    Source: Bishop 1995, "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7:108-116.
    """

    name = "gaussian_noise"
    title = "Gaussian noise"
    place = Place.ACTIVATIONS
    strength = Strength(0.01, 1.0, "log", "standard deviation of the noise, in the unit of the activation")
    keras = KerasForm("layer", "GaussianNoise", "stddev")

    def apply(self, x: Any, deviation: Any, bits: Any) -> Any:
        """Add normal numbers of this standard deviation.

        Parameters
        ----------
        x : float array, any shape
            Activations.
        deviation : float scalar
            0 returns `x` bit for bit.
        bits : uint32 array, shape of `x`
            Uniform random bits.

        Examples
        --------
        >>> import jax.numpy as jnp, numpy as np
        >>> bits = jnp.array([2**31, 4186126438], jnp.uint32)
        >>> np.asarray(GaussianNoise().apply(jnp.ones(2), 0.5, bits), float).round(2).tolist()
        [1.0, 1.98]
        """
        import jax.numpy as jnp

        return jnp.where(deviation > 0, x + deviation * normal(bits), x)
