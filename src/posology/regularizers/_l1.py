"""L1: a penalty on the sum of absolute weights."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength


class L1(Regularizer):
    """L1 penalty: adds λ·Σ|w| to the mean batch loss.

    Keras' convention (`keras.regularizers.L1`): no 1/2, not divided by the number of weights or rows. Under
    subgradient steps weights come near zero and are never exactly zero; `proximal_l1` gives true zeros.

    Helps: where few inputs matter. Which ones it finds changes with the resample when inputs are correlated.

    The range: with the target standardised, λ = 1e-2 on two layers of 128 already removes almost all weights,
    and below 1e-6 the penalty's gradient is lost beside that of the loss.

    Source: Tibshirani 1996, JRSS B 58:267-288.
    """

    name = "l1"
    title = "L1"
    place = Place.WEIGHTS_LOSS
    strength = Strength(1e-6, 1e-2, "log", "per |weight|, target standardised")
    keras = KerasForm("penalty", "L1", "l1")
    shared = True

    def gradient(self, weight: Any, strength: Any) -> Any:
        """λ·sign(w), shape of `weight`; sign(0) = 0, as in Keras on TensorFlow and torch. JAX's own is 1 there.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> L1().gradient(jnp.array([-2.0, 0.0, 3.0]), 0.5).tolist()
        [-0.5, 0.0, 0.5]
        """
        import jax.numpy as jnp

        return strength * jnp.sign(weight)
