"""Decoupled weight decay: weights shrink a little at every step, beside the gradient."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength


class WeightDecay(Regularizer):
    """Decoupled weight decay: w becomes w·(1 − η·λ) before the optimizer's step of learning rate η.

    Keras' and torch's convention (`weight_decay` of AdamW): multiplied by the learning rate, and no part of the
    gradient, so that Adam does not rescale it. Under plain SGD it is an L2 penalty of λ/2. It acts on the kernels that
    are studied; Keras' optimizers also decay biases and scales unless they are told not to.

    Helps: as L2, where the optimizer is Adam: a weight with large gradients is decayed as fast as another.

    The range: tuned networks for tables have 1e-4 to 0.1 (Gorishniy et al. 2024, arXiv:2410.24210); at a learning rate
    of 1e-3, λ = 1 shrinks a weight by 0.1% a step, which is heavy.

    Source: Loshchilov & Hutter 2019, arXiv:1711.05101.
    """

    name = "weight_decay"
    title = "weight decay"
    place = Place.WEIGHTS_BEFORE
    strength = Strength(1e-4, 1.0, "log", "share of a weight, times the learning rate, a step")
    owned = ("optimizer.weight_decay", "optimizer.gradient_accumulation_steps")
    keras = KerasForm("optimizer", "", "weight_decay")
    by_hand = "an optimizer's weight_decay is one for all layers"

    def before_update(self, weight: Any, strength: Any, rate: Any) -> Any:
        """w·(1 − rate·strength), shape of `weight`; strength 0 returns `weight` bit for bit.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> WeightDecay().before_update(jnp.array([-2.0, 0.0]), 5.0, 0.1).tolist()
        [-1.0, 0.0]
        """
        return weight - weight * strength * rate
