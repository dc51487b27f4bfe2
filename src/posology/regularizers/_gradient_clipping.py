"""Gradient clipping: a step's gradient is no longer than a limit."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength


class GradientClipping(Regularizer):
    """Gradient clipping: the gradient g of all weights together becomes g·min(1, 1/(s·‖g‖)), so that ‖g‖ ≤ 1/s.

    The strength is the reciprocal of Keras' `global_clipnorm`, so that 0 is no limit and more is stronger. Penalties
    are part of the gradient, as in Keras.

    Helps: against single batches of outliers. Under Adam a limit that is always met changes little, for Adam divides
    the size of gradients out.

    The range: 1/s from 10, which the question's network meets in its first steps at most, down to 0.1.

    Source: Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063.
    """

    name = "gradient_clipping"
    title = "gradient clipping"
    place = Place.GRADIENT
    strength = Strength(0.1, 10.0, "log", "1 / largest norm of the gradient")
    owned = ("optimizer.clipnorm", "optimizer.clipvalue", "optimizer.global_clipnorm")
    keras = KerasForm("optimizer", "", "global_clipnorm", lambda s: 1 / s)

    def clipped(self, gradient: tuple[Any, ...], strength: Any) -> tuple[Any, ...]:
        """Limit the norm over all arrays to 1/strength; strength 0 returns them bit for bit.

        Examples
        --------
        >>> import jax.numpy as jnp, numpy as np
        >>> arrays = (jnp.array([3.0]), jnp.array([4.0]))
        >>> np.asarray(GradientClipping().clipped(arrays, 1.0)[1], float).round(2).tolist()
        [0.8]
        """
        import jax.numpy as jnp

        norm = jnp.sqrt(sum((g**2).sum() for g in gradient))
        return tuple(g / jnp.maximum(norm * strength, 1.0) for g in gradient)
