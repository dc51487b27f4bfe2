"""Proximal L1: the L1 penalty by soft thresholding after the update, which gives weights that are exactly zero."""

from typing import Any

from posology.regularizers._base import Place, Regularizer, Strength


class ProximalL1(Regularizer):
    """Proximal L1: w becomes sign(w)·max(0, |w| − η·λ) after the optimizer's step of learning rate η.

    The same penalty as `l1`, λ·Σ|w|, and the same unit, minimised by proximal gradient descent instead of
    subgradients: with plain SGD it converges to the same optimum, with exact zeros. Under optimizers that scale each
    weight's step, such as Adam, the threshold is not scaled, so that the two penalties differ.

    Helps: as L1, and where weights that are zero are wanted: they stay zero in every export. An average of weights
    beside it is seldom zero.

    The range: a weight of 0.1 that the loss does not hold is gone after 0.1/(η·λ) steps: at η = 1e-3, λ = 1 that is
    100 steps and λ = 1e-3 it is 100,000.

    Source: Parikh & Boyd 2014, "Proximal Algorithms", section 6.5.2.
    """

    name = "proximal_l1"
    title = "proximal L1"
    place = Place.WEIGHTS_AFTER
    strength = Strength(1e-4, 1.0, "log", "per |weight|, target standardised")
    excludes = ("l1",)
    owned = ("optimizer.gradient_accumulation_steps",)
    by_hand = "after every step, w = sign(w) * max(0, |w| - learning_rate * strength)"

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
