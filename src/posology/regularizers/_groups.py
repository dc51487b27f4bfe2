"""The proximal step of a group lasso: groups of weights shrink as one, to zero together."""

from typing import Any

from posology.regularizers._base import Place, Regularizer, Strength


class GroupLasso(Regularizer):
    """What the two group lassos share: each group g of n weights becomes g·max(0, 1 − η·λ·√n/‖g‖)."""

    place = Place.WEIGHTS_AFTER
    strength = Strength(1e-4, 1.0, "log", "per norm of a group times the root of its size, target standardised")
    owned = ("optimizer.gradient_accumulation_steps",)
    by_hand = "after every step, each group w *= max(0, 1 - learning_rate * strength * sqrt(size) / norm(w))"

    def axes(self, ndim: int) -> tuple[int, ...]:
        """Give the axes over which a group extends, of weights with so many."""
        raise NotImplementedError

    def after_update(self, weight: Any, strength: Any, rate: Any) -> Any:
        """Shrink each group by rate·strength·√n, to zero at least; strength 0 returns `weight` bit for bit.

        Parameters
        ----------
        weight : float array, any shape
        strength : float scalar
        rate : float scalar
            Learning rate of the step.
        """
        import jax.numpy as jnp

        norm = jnp.sqrt((weight**2).sum(axis=self.axes(weight.ndim), keepdims=True))
        threshold = rate * strength * (weight.size / norm.size) ** 0.5
        shrunk = weight * jnp.maximum(0.0, 1.0 - threshold / jnp.maximum(norm, 1e-30))
        return jnp.where(threshold > 0, shrunk, weight)
