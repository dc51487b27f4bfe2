"""Group lasso over units: all the weights that lead into a unit become zero together."""

from posology.regularizers._groups import GroupLasso


class GroupLassoUnits(GroupLasso):
    """Group lasso over units: the weights g that lead into one unit become g·max(0, 1 − η·λ·√n/‖g‖) after the update.

    η is the learning rate of the step and n the size of the group: the proximal step of λ·Σ √n·‖g‖. Plain SGD converges
    to that penalty's optimum; other optimizers scale the weights' steps and not the threshold. A unit whose group is
    zero gives the same for every row. A convolution's unit is a channel.

    Helps: where a layer is wider than it need be: it says how many units are used.

    The range: a group of weights of size 0.1 each, which the loss does not hold, is gone after 0.1/(η·λ) steps: at
    η = 1e-3, λ = 1 that is 100 steps, and λ = 1e-4 it is a million.

    Source: Yuan & Lin 2006, JRSS B 68:49-67; Scardapane et al. 2017, arXiv:1607.00485.

    Examples
    --------
    >>> import jax.numpy as jnp, numpy as np
    >>> weight = jnp.array([[3.0, 0.1], [4.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    >>> np.asarray(GroupLassoUnits().after_update(weight, 1.0, 0.25), float).round(3).tolist()
    [[2.7, 0.0], [3.6, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """

    name = "group_lasso_units"
    title = "group lasso over units"

    def axes(self, ndim: int) -> tuple[int, ...]:
        """All but the last: (.., input, unit) in every kernel of Keras.

        Examples
        --------
        >>> GroupLassoUnits().axes(2), GroupLassoUnits().axes(4)
        ((0,), (0, 1, 2))
        """
        return tuple(range(ndim - 1))
