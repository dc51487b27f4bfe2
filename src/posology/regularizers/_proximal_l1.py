"""Proximal L1: the L1 penalty by soft thresholding after the update, which gives weights that are exactly zero."""

from typing import Any

from posology.regularizers._base import Place, Strength


class ProximalL1:
    """Proximal step of λ·Σ|w|: w becomes sign(w)·max(0, |w| - η·λ) after the optimizer's step of learning rate η.

    The same penalty as `L1` and the same unit, minimised by proximal gradient descent instead of subgradients: with
    plain SGD it converges to the same optimum, with exact zeros. Under optimizers that scale each weight's step, such
    as Adam, the threshold is not scaled, so that the two penalties differ. Source: Parikh & Boyd 2014, "Proximal
    Algorithms", section 6.5.2.
    """

    name = "proximal_l1"
    place = Place.WEIGHTS_UPDATE
    strength = Strength(1e-6, 1e-2, "log", "per |weight|, target standardised")
    keras_argument = "none"

    def after_update(self, weight: Any, strength: Any, rate: Any) -> Any:
        """Soft threshold at rate·strength, shape of `weight`; strength 0 returns `weight` bit for bit.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> ProximalL1().after_update(jnp.array([-2.0, 0.25, 3.0]), 5.0, 0.1).tolist()
        [-1.5, 0.0, 2.5]
        """
        import jax.numpy as jnp

        threshold = rate * strength
        return jnp.where(threshold > 0, jnp.sign(weight) * jnp.maximum(jnp.abs(weight) - threshold, 0.0), weight)
