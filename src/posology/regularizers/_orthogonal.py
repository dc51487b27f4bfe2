"""Orthogonality: units of a layer that point the same way are pushed apart."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength

EPSILON = 1e-12
"""Squared norms are at least this, as in Keras: a unit without weights has no direction."""


class Orthogonal(Regularizer):
    """Orthogonality penalty: adds λ·mean |cos(w_i, w_j)| over all pairs of a layer's units to the mean batch loss.

    Keras' convention (`keras.regularizers.OrthogonalRegularizer`, mode "columns"): cosines of the weights that lead
    into two units, so that the size of weights does not matter. A convolution's unit is a channel, its weights laid
    out in a row, where Keras' class takes matrices only.

    Helps: where hidden units double one another, in layers with no more units than inputs; wider ones cannot be
    orthogonal, and are only spread.

    The range: the mean is at most 1, so that λ = 1 is as much as the loss of a network that predicts the mean, and
    1e-4 is lost beside it.

    Source: Rodriguez et al. 2017, "Regularizing CNNs with locally constrained decorrelations", arXiv:1611.01967;
    the form is Keras'.
    """

    name = "orthogonal"
    title = "orthogonality"
    place = Place.WEIGHTS_LOSS
    strength = Strength(1e-4, 1.0, "log", "per mean |cosine| of two units")
    keras = KerasForm("penalty", "OrthogonalRegularizer", "factor", more={"mode": "columns"})
    by_hand = "a penalty of your own"

    def gradient(self, weight: Any, strength: Any) -> Any:
        """λ·∂(mean |cos|)/∂w, shape of `weight`; nothing for a layer of one unit, or for weights that are no matrix.

        Examples
        --------
        >>> import jax.numpy as jnp, numpy as np
        >>> np.asarray(Orthogonal().gradient(jnp.array([[1.0, 1.0], [0.0, 1.0]]), 1.0), float).round(3).tolist()
        [[0.0, 0.354], [0.707, -0.354]]
        """
        import jax

        if weight.ndim < 2 or weight.shape[-1] < 2:
            return 0.0 * weight
        return strength * jax.grad(_mean_cosine)(weight)


def _mean_cosine(weight: Any) -> Any:
    import jax.numpy as jnp

    units = weight.reshape(-1, weight.shape[-1])
    units = units / jnp.sqrt(jnp.maximum((units**2).sum(axis=0), EPSILON))
    count = units.shape[1]
    cosines = jnp.abs(units.T @ units) * (1.0 - jnp.eye(count))
    return cosines.sum() / (count * (count - 1))
