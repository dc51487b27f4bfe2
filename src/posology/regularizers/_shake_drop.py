"""ShakeDrop: residual branches are scaled at random, one way forward and another way back."""

from typing import Any

from posology.regularizers._base import Place, Regularizer, Strength
from posology.regularizers._fractions import fraction


class ShakeDrop(Regularizer):
    """ShakeDrop: x + f(x)·(b + (1 − b)·α)/(1 − rate), b 0 for a share `rate` of rows; x + f(x) when predicting.

    α is uniform on (−1, 1), one a row. Going back, the gradient of f(x) is scaled by (b + (1 − b)·β)/(1 − rate), with
    another number β, uniform on (0, 1): where a row is shaken, its branch is moved by a gradient that belongs to other
    outputs. Acts where two ways meet in an addition, on the one with more layers. The scaling is Dropout's, so that the
    mean stays and nothing is rescaled when predicting; Yamada et al. scale by 1 − rate there instead, which is the same
    network with other weights in the branch. Their rates rise linearly with depth: `shake_drop:rising`.

    Helps: networks of several residual blocks that overfit in spite of everything else; it is the strongest noise here,
    and slows training down. The paper has a batch normalization at the end of every branch, which keeps its size.

    The range ends at 0.5, the rate of the last block in the paper.

    Source: Yamada, Iwamura, Akiba & Kise 2019, "ShakeDrop Regularization for Deep Residual Learning", IEEE Access 7,
    arXiv:1802.02375; α and β by row as theirs for images, their ranges those that they advise.
    """

    name = "shake_drop"
    title = "ShakeDrop"
    place = Place.BRANCHES
    strength = Strength(0.0, 0.5, "linear", "share of rows whose branch is shaken", 0.95)
    excludes = ("stochastic_depth", "shake_shake")
    by_hand = (
        "scale a share {strength:.3g} of rows of the branch by a number of (-1, 1), their gradient by one of (0, 1)"
    )

    def apply(self, branch: Any, rate: Any, bits: Any) -> Any:
        """Scale a branch for the rows whose top 16 random bits, as a fraction, lie below the rate.

        The other 16 bits give α and β, 8 each.

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
        >>> import jax
        >>> import jax.numpy as jnp
        >>> bits = jnp.array([[0], [2**32 - 1]], jnp.uint32)
        >>> ShakeDrop().apply(jnp.ones((2, 3)), 0.5, bits)[:, 0].tolist()
        [-1.9921875, 2.0]
        >>> jax.grad(lambda x: ShakeDrop().apply(x, 0.5, bits).sum())(jnp.ones((2, 3)))[:, 0].tolist()
        [0.00390625, 2.0]
        """
        import jax
        import jax.numpy as jnp

        kept = (bits >> 16).astype(jnp.int32) >= (jnp.asarray(rate, jnp.float32) * 2.0**16).astype(jnp.int32)
        alpha, beta = 2 * fraction(bits >> 8, 8) - 1, fraction(bits, 8)
        scale = 1.0 / (1.0 - rate)
        forward, back = (jnp.where(kept, 1.0, number) * scale for number in (alpha, beta))
        return (branch * back + jax.lax.stop_gradient(branch * (forward - back))).astype(branch.dtype)
