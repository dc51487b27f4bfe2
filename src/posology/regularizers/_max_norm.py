"""Max-norm: the weights that lead into a unit are no longer than a radius."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength


class MaxNorm(Regularizer):
    """Max-norm: the weights g that lead into one unit become g·min(1, 1/(s·‖g‖)) after the update, so that ‖g‖ ≤ 1/s.

    The strength is the reciprocal of Keras' `max_value` (`keras.constraints.MaxNorm`, over all axes but the last), so
    that 0 is no limit and more is stronger. Keras divides by ‖g‖ + 1e-7.

    Helps: beside dropout with large learning rates: in Srivastava et al.'s table the two together beat dropout with L2.

    The range: 1/s from 10, which the units of the question's network do not reach, down to 0.5, where a unit sees
    little of its inputs.

    Source: Srivastava et al. 2014, JMLR 15:1929-1958, section 5.1.
    """

    name = "max_norm"
    title = "max-norm"
    place = Place.WEIGHTS_AFTER
    strength = Strength(0.1, 2.0, "log", "1 / largest norm of a unit's weights")
    owned = ("constraint",)
    keras = KerasForm("constraint", "MaxNorm", "max_value", lambda s: 1 / s)

    def after_update(self, weight: Any, strength: Any, rate: Any) -> Any:
        """Limit each unit's norm to 1/strength, shape of `weight`; strength 0 returns `weight` bit for bit.

        Examples
        --------
        >>> import jax.numpy as jnp, numpy as np
        >>> np.asarray(MaxNorm().after_update(jnp.array([[3.0, 0.5], [4.0, 0.5]]), 1.0, 0.1), float).round(3).tolist()
        [[0.6, 0.5], [0.8, 0.5]]
        """
        import jax.numpy as jnp

        del rate
        norm = jnp.sqrt((weight**2).sum(axis=tuple(range(weight.ndim - 1)), keepdims=True))
        excess = norm * strength
        return jnp.where(excess > 1, weight / jnp.maximum(excess, 1.0), weight)
