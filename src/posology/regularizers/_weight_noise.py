"""Weight noise: a step is computed at weights that are a little off."""

from typing import Any

from posology.regularizers._base import Place, Regularizer, Strength
from posology.regularizers._bits import normal


class WeightNoise(Regularizer):
    """Weight noise: a step is computed with w + σ·s·z, z standard normal and s the standard deviation of the kernel.

    Relative to the kernel's own spread, so that one σ serves layers of any width; the noise is drawn anew for each
    batch, and the network predicts with w. To first order it penalizes how fast the loss changes with the weights, and
    so leads to flat minima. No gradient runs through s.

    Helps: where training ends in sharp minima: small batches of noisy rows.

    The range: from a noise of 1% of the weights, which training hardly notices, to one as large as they are.

    Source: Graves 2011, "Practical variational inference for neural networks", NeurIPS; An 1996, Neural Computation
    8:643-674.
    """

    name = "weight_noise"
    title = "weight noise"
    place = Place.WEIGHTS_FORWARD
    strength = Strength(0.01, 1.0, "log", "standard deviation of the noise, over that of the kernel's weights")
    excludes = ("dropconnect",)
    by_hand = "a layer of your own that adds noise to its kernel while training"

    def perturbed(self, weight: Any, strength: Any, bits: Any) -> Any:
        """Add noise, shape of `weight`; strength 0 returns `weight` bit for bit.

        Examples
        --------
        >>> import jax.numpy as jnp, numpy as np
        >>> bits = jnp.array([2**31, 4186126438], jnp.uint32)
        >>> np.asarray(WeightNoise().perturbed(jnp.array([-1.0, 1.0]), 0.5, bits), float).round(2).tolist()
        [-1.0, 1.98]
        """
        import jax
        import jax.numpy as jnp

        spread = jax.lax.stop_gradient(jnp.std(weight))
        return jnp.where(strength > 0, weight + strength * spread * normal(bits), weight)
