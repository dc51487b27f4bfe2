"""DropConnect: weights are zeroed at random while training."""

from typing import Any

from posology.regularizers._base import Place, Regularizer, Strength
from posology.regularizers._bits import keeps


class DropConnect(Regularizer):
    """DropConnect: a step is computed with w·[u ≥ rate]/(1 − rate), u uniform on [0, 1), and with w when predicting.

    One mask for the whole batch, where the paper draws one for each row: a mask for each row would cost a product of
    matrices a row. Scaled up as inverted dropout is, where the paper samples while predicting.

    Helps: as dropout; on a single layer its expected loss is that of dropout on what the layer reads.

    The range ends at 0.6, as dropout's.

    Source: Wan et al. 2013, "Regularization of neural networks using DropConnect", ICML.
    """

    name = "dropconnect"
    title = "DropConnect"
    place = Place.WEIGHTS_FORWARD
    strength = Strength(0.0, 0.6, "linear", "share of weights dropped", 0.95)
    excludes = ("weight_noise",)
    by_hand = "a layer of your own whose kernel is multiplied by a mask while training"

    def perturbed(self, weight: Any, rate: Any, bits: Any) -> Any:
        """Drop weights where the top 24 of 32 random bits, as a fraction, lie below the rate; 0 is the identity.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> DropConnect().perturbed(jnp.ones(2), 0.5, jnp.array([0, 2**31], jnp.uint32)).tolist()
        [0.0, 2.0]
        """
        import jax.numpy as jnp

        return jnp.where(keeps(bits, rate), weight * (1.0 / (1.0 - rate)), 0.0)
