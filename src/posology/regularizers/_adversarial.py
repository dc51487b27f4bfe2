"""Adversarial rows: each second row of a batch is moved to where its loss is larger."""

from typing import Any

from posology.regularizers._base import Batch, Place, Regularizer, Strength


class Adversarial(Regularizer):
    """Adversarial rows (FGSM): each second row becomes x + ε·sign(∂loss/∂x), at the weights and masks of the step.

    Half of each batch, so that the loss is in expectation Goodfellow et al.'s ½·J(x) + ½·J(x + ε·sign(∇J)). ε is in
    units of the prepared columns, whose standard deviation is about 1; numbers of categories stay as they are. A step
    costs about twice as much.

    Helps: against inputs that are a little wrong in the worst way; of Kadra et al.'s singles it is one that gained
    nothing in balanced accuracy.

    The range: from 0.1% of a column's spread to 30% of it.

    Source: Goodfellow, Shlens & Szegedy 2015, arXiv:1412.6572.
    """

    name = "adversarial"
    title = "adversarial rows"
    place = Place.INPUTS
    strength = Strength(1e-3, 0.3, "log", "size of the step, columns standardised")
    excludes = ("mixup", "cutmix", "cutout")
    by_hand = "take the gradient of the loss by the inputs in a train_step of your own"

    def rows(self, x: Any, y: Any, size: Any, batch: Batch) -> tuple[Any, Any]:
        """Move rows 0, 2, .. of `x`, (row, column); size 0 returns it bit for bit.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> about = Batch(None, jnp.array([True, True]), lambda x, y: jnp.array([[3.0, -1.0], [2.0, 2.0]]))
        >>> Adversarial().rows(jnp.zeros((2, 2)), None, 0.5, about)[0].tolist()
        [[0.5, -0.5], [0.0, 0.0]]
        """
        import jax.numpy as jnp

        second = (jnp.arange(x.shape[0]) % 2 == 0)[:, None]
        moved = x + size * jnp.sign(batch.slope(x, y))
        return jnp.where(second & batch.measured & (size > 0), moved, x), y
