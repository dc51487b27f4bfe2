"""Activity L1: a penalty on the sum of absolute activations."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength


class ActivityL1(Regularizer):
    """Activity L1: adds λ·Σ|x| over a layer's activations, the mean over the rows of a batch, to the mean batch loss.

    Keras' convention (`keras.layers.ActivityRegularization(l1=λ)`, `activity_regularizer`): a sum over units, divided
    by the rows of the batch.

    Helps: where few hidden units should answer to a row; with a ReLU behind it, many are then exactly zero.

    The range: 128 units of size 0.5 give a penalty of 64·λ beside a loss of at most 1: λ = 1e-2 is heavy and 1e-6 is
    none.

    Source: Glorot, Bordes & Bengio 2011, "Deep sparse rectifier neural networks", AISTATS.
    """

    name = "activity_l1"
    title = "activity L1"
    place = Place.ACTIVITY
    strength = Strength(1e-6, 1e-2, "log", "per |activation| and row, target standardised")
    keras = KerasForm("layer", "ActivityRegularization", "l1")

    def penalty(self, x: Any, strength: Any) -> Any:
        """λ·Σ|x| divided by the rows, the first axis of `x`; scalar, exactly 0 at strength 0.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> float(ActivityL1().penalty(jnp.array([[1.0, -2.0], [0.0, 1.0]]), 0.5))
        1.0
        """
        import jax.numpy as jnp

        return strength * jnp.abs(x).sum() / x.shape[0]
