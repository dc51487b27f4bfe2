"""Input noise: the prepared columns are measured a little wrongly while training."""

from typing import Any

from posology.regularizers._base import Batch, Place, Regularizer, Strength
from posology.regularizers._bits import normal


class InputNoise(Regularizer):
    """Input noise: x + σ·z with z standard normal, while training; x when predicting.

    σ is in units of the prepared columns, whose standard deviation is about 1. On a linear network with mean squared
    error its expected loss is an L2 penalty of σ² on the first layer. Numbers of categories stay as they are.

    Helps: where the columns themselves were measured with noise, and against noise in new rows.

    The range: from a noise of 1% of a column's spread to one as large as it.

    Source: Bishop 1995, "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7:108-116.
    """

    name = "input_noise"
    title = "input noise"
    place = Place.INPUTS
    strength = Strength(0.01, 1.0, "log", "standard deviation of the noise, columns standardised")
    by_hand = "keras.layers.GaussianNoise({strength:.3g}) right after the input"

    def rows(self, x: Any, y: Any, deviation: Any, batch: Batch) -> tuple[Any, Any]:
        """Add noise to the measured columns of `x`, (row, column); strength 0 returns it bit for bit.

        Examples
        --------
        >>> import jax.numpy as jnp, numpy as np
        >>> bits = jnp.array([[4186126438, 4186126438]], jnp.uint32)
        >>> about = Batch(lambda shape, stream=0: bits, jnp.array([True, False]), None)
        >>> np.asarray(InputNoise().rows(jnp.ones((1, 2)), None, 0.5, about)[0], float).round(2).tolist()
        [[1.98, 1.0]]
        """
        import jax.numpy as jnp

        noisy = x + deviation * normal(batch.draw(x.shape))
        return jnp.where(batch.measured & (deviation > 0), noisy, x), y
