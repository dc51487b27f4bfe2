"""Stochastic depth: residual branches are left out at random while training."""

from typing import Any

from posology.regularizers._base import KerasForm, Place, Regularizer, Strength
from posology.regularizers._dropout import Dropout


class StochasticDepth(Regularizer):
    """Stochastic depth: x + f(x)·[u ≥ rate]/(1 − rate) with one u a row, while training; x + f(x) when predicting.

    Acts where two ways meet in an addition, on the one with more layers: a share of the rows of each batch trains the
    network without that branch. The scaling is Dropout's, so that nothing is rescaled when predicting; Huang et al.
    scale by 1 − rate there instead, which is the same network with other weights in the branch. Their rates rise
    linearly with depth: `stochastic_depth:rising`.

    Helps: networks of several residual blocks; with one or two blocks it takes away much of the network at once.

    The range ends at 0.5: Huang et al. leave out the last of 54 blocks half of the time, and the first hardly ever.

    Source: Huang, Sun, Liu, Sedra & Weinberger 2016, "Deep Networks with Stochastic Depth", ECCV, arXiv:1603.09382.
    """

    name = "stochastic_depth"
    title = "stochastic depth"
    place = Place.BRANCHES
    strength = Strength(0.0, 0.5, "linear", "share of rows that a branch is left out for", 0.95)
    excludes = ("shake_drop", "shake_shake")
    keras = KerasForm("layer", "Dropout", "rate")

    def apply(self, branch: Any, rate: Any, bits: Any) -> Any:
        """Leave out a branch for the rows whose random bits, as a fraction, lie below the rate.

        Parameters
        ----------
        branch : float array (row, ...)
            What the branch adds.
        rate : float scalar in [0, 1)
            0 returns `branch` bit for bit.
        bits : uint32 array (row, 1, ...)
            Uniform random bits, one a row.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> bits = jnp.array([[0], [2**32 - 1]], jnp.uint32)
        >>> StochasticDepth().apply(jnp.ones((2, 3)), 0.5, bits).tolist()
        [[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]
        """
        return Dropout().apply(branch, rate, bits)
