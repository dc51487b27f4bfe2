"""Group lasso over inputs: all the weights that leave an input become zero together."""

from posology.regularizers._groups import GroupLasso


class GroupLassoInputs(GroupLasso):
    """Group lasso over inputs: the weights g that leave one input become g·max(0, 1 − η·λ·√n/‖g‖) after the update.

    η is the learning rate of the step and n the size of the group: the proximal step of λ·Σ √n·‖g‖. Plain SGD converges
    to that penalty's optimum; other optimizers scale the weights' steps and not the threshold. In the first layer a
    group that is zero is an input that is not read; in later ones, a hidden unit that is not heard. A convolution's
    input is a channel.

    Helps: where many columns are noise: it selects columns, where L1 selects single weights.

    The range: a group of weights of size 0.1 each, which the loss does not hold, is gone after 0.1/(η·λ) steps: at
    η = 1e-3, λ = 1 that is 100 steps, and λ = 1e-4 it is a million.

    Source: Yuan & Lin 2006, JRSS B 68:49-67; Scardapane et al. 2017, arXiv:1607.00485.

    Examples
    --------
    >>> import jax.numpy as jnp, numpy as np
    >>> weight = jnp.array([[3.0, 4.0, 0.0, 0.0], [0.1, 0.0, 0.0, 0.0]])
    >>> np.asarray(GroupLassoInputs().after_update(weight, 1.0, 0.25), float).round(3).tolist()
    [[2.7, 3.6, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """

    name = "group_lasso_inputs"
    title = "group lasso over inputs"

    def axes(self, ndim: int) -> tuple[int, ...]:
        """All but the last but one: (.., input, unit) in every kernel of Keras.

        Examples
        --------
        >>> GroupLassoInputs().axes(2), GroupLassoInputs().axes(4)
        ((1,), (0, 1, 3))
        """
        return tuple(axis for axis in range(ndim) if axis != max(0, ndim - 2))
