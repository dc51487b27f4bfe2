"""Shake-shake: two residual branches are weighed at random, one way forward and another way back."""

from typing import Any

from posology.regularizers._base import Place, Regularizer, Strength
from posology.regularizers._fractions import fraction


class ShakeShake(Regularizer):
    """Shake-shake: x + 2a·f(x) + 2(1 − a)·g(x) with a = ½ + s·(u − ½) while training; x + f(x) + g(x) when predicting.

    u is uniform on (0, 1), one a row. Going back, the gradients of f(x) and g(x) are scaled by 2b and 2(1 − b), with
    b = ½ + s·(v − ½) and another number v: each branch is moved as if it had another share in what came out. Acts where
    three ways meet in additions, on the two that have more layers than the third. Gastaldi's branches are averaged,
    here they are added as your network adds them, which is the same network with other weights; s = 1 is the paper,
    "shake-shake-image".

    Helps: residual networks whose blocks have two branches side by side.

    The range ends at 1, where one branch may be all of it.

    Source: Gastaldi 2017, "Shake-Shake regularization", arXiv:1705.07485.
    """

    name = "shake_shake"
    title = "shake-shake"
    place = Place.PAIRS
    strength = Strength(0.0, 1.0, "linear", "width of the range of a branch's share", 1.0)
    excludes = ("stochastic_depth", "shake_drop")
    by_hand = (
        "weigh both branches by 2a and 2(1-a), gradients by 2b and 2(1-b), in a range {strength:.3g} wide about 1/2"
    )

    def apply(self, branch: Any, strength: Any, bits: Any) -> Any:
        """Scale one branch of a pair; the other one is given the complement of the bits, which is 1 − u and 1 − v.

        Parameters
        ----------
        branch : float array (row, ...)
            What the branch adds.
        strength : float scalar in [0, 1]
            0 returns `branch` bit for bit.
        bits : uint32 array (row, 1, ...)
            Uniform random bits, one a row: the top 16 are u, the others v.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> bits = jnp.array([[2**32 - 1], [2**31]], jnp.uint32)
        >>> one, other = (ShakeShake().apply(jnp.ones((2, 1)), 1.0, b) for b in (bits, ~bits))
        >>> [round(a, 3) for a in one[:, 0].tolist()], (one + other)[:, 0].tolist()
        ([2.0, 1.0], [2.0, 2.0])
        """
        import jax

        forward, back = (1 + strength * (2 * fraction(part, 16) - 1) for part in (bits >> 16, bits))
        return (branch * back + jax.lax.stop_gradient(branch * (forward - back))).astype(branch.dtype)
