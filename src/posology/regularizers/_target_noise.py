"""Target noise: targets are measured a little wrongly while training."""

from typing import Any

from posology.regularizers._base import Batch, Place, Regularizer, Strength
from posology.regularizers._bits import normal


class TargetNoise(Regularizer):
    """Target noise: y + σ·z with z standard normal, drawn anew for each row and step; for a target of numbers.

    σ is in units of the target's standard deviation. With a mean squared error the expected loss only gets larger by
    σ², so that what it changes is the path: a noise on the gradients, as that of a larger learning rate or a smaller
    batch.

    Helps: where noise on the path is wanted and the batch cannot be made smaller; under other losses it is also a
    smoothing of the loss.

    The range: from 1% of the target's spread to all of it.

    Source: An 1996, "The effects of adding noise during backpropagation training", Neural Computation 8:643-674.
    """

    name = "target_noise"
    title = "target noise"
    place = Place.TARGETS
    strength = Strength(0.01, 1.0, "log", "standard deviation of the noise, target standardised")
    target = "number"
    by_hand = "add noise to the targets of each batch yourself"

    def targets(self, y: Any, deviation: Any, batch: Batch) -> Any:
        """Add noise to `y`, (row, 1); strength 0 returns it bit for bit.

        Examples
        --------
        >>> import jax.numpy as jnp, numpy as np
        >>> about = Batch(lambda shape, stream=0: jnp.array([[4186126438]], jnp.uint32), None, None)
        >>> np.asarray(TargetNoise().targets(jnp.ones((1, 1)), 0.5, about), float).round(2).tolist()
        [[1.98]]
        """
        import jax.numpy as jnp

        return jnp.where(deviation > 0, y + deviation * normal(batch.draw(y.shape)), y)
