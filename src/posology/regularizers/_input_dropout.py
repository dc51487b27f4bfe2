"""Input dropout: cells of the prepared table are zeroed at random while training."""

from typing import Any

from posology.regularizers._base import Batch, Place, Regularizer, Strength
from posology.regularizers._bits import keeps


class InputDropout(Regularizer):
    """Input dropout: each cell becomes x·[u ≥ rate]/(1 − rate), u uniform on [0, 1), while training; x when predicting.

    A mask of its own for each row and column. On a linear network its expected loss is the mean squared error plus
    rate/(1 − rate)·Σ mean(x_j²)·w_j²: an L2 penalty that is scaled by the data. Numbers of categories become 0, which
    stands for a missing level, and are not scaled.

    Helps: where inputs are redundant, and where cells may be missing later.

    The range ends at 0.5: inputs cannot be made up for as hidden units can.

    Source: Srivastava et al. 2014, JMLR 15:1929-1958, section 9; Vincent et al. 2008, "Denoising autoencoders", ICML.
    """

    name = "input_dropout"
    title = "input dropout"
    place = Place.INPUTS
    strength = Strength(0.0, 0.5, "linear", "share of input cells dropped", 0.95)
    by_hand = "keras.layers.Dropout({strength:.3g}) right after the input"

    def rows(self, x: Any, y: Any, rate: Any, batch: Batch) -> tuple[Any, Any]:
        """Drop cells of `x`, (row, column); rate 0 returns it bit for bit.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> about = Batch(lambda shape, stream=0: jnp.array([[0, 2**31]], jnp.uint32), jnp.array([True, True]), None)
        >>> InputDropout().rows(jnp.ones((1, 2)), None, 0.5, about)[0].tolist()
        [[0.0, 2.0]]
        """
        import jax.numpy as jnp

        scale = jnp.where(batch.measured, 1.0 / (1.0 - rate), 1.0)
        return jnp.where(keeps(batch.draw(x.shape), rate), x * scale, 0.0), y
