"""L2: a penalty on the sum of squared weights."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength


class L2(Regularizer):
    """L2 penalty: adds λ·Σw² to the mean batch loss.

    Keras' convention (`keras.regularizers.L2`): no 1/2, so the gradient is 2λw. It is a loss, not decoupled weight
    decay: under Adam the two differ (Loshchilov & Hutter 2019, arXiv:1711.05101).

    Helps: where many weak inputs share what there is to know. On a linear network it is what input dropout is in
    expectation, so that the two together add nothing.

    The range: with the target standardised, λ = 1e-2 on two layers of 128 is a heavy penalty, and 1e-6 is none.

    Source: Hoerl & Kennard 1970, Technometrics 12:55-67.
    """

    name = "l2"
    title = "L2"
    place = Place.WEIGHTS_LOSS
    strength = Strength(1e-6, 1e-2, "log", "per squared weight, target standardised")
    keras = KerasForm("penalty", "L2", "l2")
    shared = True

    def gradient(self, weight: Any, strength: Any) -> Any:
        """2λ·w, shape of `weight`.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> L2().gradient(jnp.array([-2.0, 0.0, 3.0]), 0.5).tolist()
        [-2.0, 0.0, 3.0]
        """
        return 2.0 * strength * weight
