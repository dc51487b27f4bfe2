"""Activity L2: a penalty on the sum of squared activations."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength


class ActivityL2(Regularizer):
    """Activity L2: adds λ·Σx² over a layer's activations, the mean over the rows of a batch, to the mean batch loss.

    Keras' convention (`keras.layers.ActivityRegularization(l2=λ)`, `activity_regularizer`): a sum over units, divided
    by the rows of the batch; no 1/2.

    Helps: where activations grow, as in deep networks without normalization. On a linear layer it is an L2 penalty
    scaled by the data: Σ over rows of the squared outputs.

    The range: 128 units of size 0.5 give a penalty of 32·λ beside a loss of at most 1: λ = 1e-2 is heavy and 1e-6 is
    none.

    Source: Merity, McCann & Socher 2017, "Revisiting activation regularization", arXiv:1708.01009.
    """

    name = "activity_l2"
    title = "activity L2"
    place = Place.ACTIVITY
    strength = Strength(1e-6, 1e-2, "log", "per squared activation and row, target standardised")
    keras = KerasForm("layer", "ActivityRegularization", "l2")

    def penalty(self, x: Any, strength: Any) -> Any:
        """λ·Σx² divided by the rows, the first axis of `x`; scalar, exactly 0 at strength 0.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> float(ActivityL2().penalty(jnp.array([[1.0, -2.0], [0.0, 1.0]]), 0.5))
        1.5
        """
        return strength * (x**2).sum() / x.shape[0]
