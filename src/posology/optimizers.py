"""AdaBound, the question's other optimizer, for Keras 3 on any backend."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="posology")
class AdaBound(keras.optimizers.Optimizer):  # type: ignore[misc]  # keras has no types
    """Adam whose step per weight is clipped between bounds that close in on one learning rate, SGD's.

    With gradient g and step t = 1, 2, ...::

        m = beta_1 m + (1 - beta_1) g
        v = beta_2 v + (1 - beta_2) g²
        s = lr sqrt(1 - beta_2^t) / (1 - beta_1^t) / (sqrt(v) + epsilon)
        lower = final (1 - 1/(gamma t + 1)),   upper = final (1 + 1/(gamma t)),   final = final_lr lr/lr_0
        w = w - clip(s, lower, upper) m

    Where sources differ: this is the authors' released rule, with Adam's bias correction and without the paper's extra
    1/sqrt(t) (Algorithm 2 divides the clipped step by it, for the regret bound only). epsilon is added to sqrt(v)
    before bias correction, as Keras' Adam does. `final_lr` follows a learning-rate schedule in proportion to its first
    value lr_0. With `weight_decay` (Keras' own argument) the decay is decoupled and multiplied by the learning rate.

    Parameters
    ----------
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule
        Adam's, at the start.
    final_lr : float
        SGD's, at the end.
    beta_1, beta_2 : float
        Decay rates of the two moments, per step.
    gamma : float
        Speed at which the bounds close, per step.
    epsilon : float
        Added to sqrt(v).
    amsbound : bool
        Use the running maximum of v (AMSBound).
    **kwargs
        Of `keras.optimizers.Optimizer`: weight_decay, clipnorm, use_ema, ...

    Raises
    ------
    ValueError
        Keras-2 spellings: `lr`, `decay`.

    Examples
    --------
    >>> AdaBound(learning_rate=1e-3, final_lr=0.1).get_config()["final_lr"]
    0.1

    References
    ----------
    Luo, Xiong, Liu & Sun, "Adaptive Gradient Methods with Dynamic Bound of Learning Rate", ICLR 2019, arXiv:1902.09843.
    """

    def __init__(
        self,
        learning_rate: Any = 1e-3,
        final_lr: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        gamma: float = 1e-3,
        epsilon: float = 1e-8,
        amsbound: bool = False,
        name: str = "adabound",
        **kwargs: Any,
    ) -> None:
        _refuse_old_spellings(kwargs)
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.final_lr = final_lr
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.gamma = gamma
        self.epsilon = epsilon
        self.amsbound = amsbound
        schedule = isinstance(learning_rate, keras.optimizers.schedules.LearningRateSchedule)
        self._first_lr = float(learning_rate(0)) if schedule else float(learning_rate)

    def build(self, variables: Any) -> None:
        """Make the moments of every variable."""
        if self.built:
            return
        super().build(variables)
        self._momentums = self.add_optimizer_variables(variables, "momentum")
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        if self.amsbound:
            self._largest = self.add_optimizer_variables(variables, "largest_velocity")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take one step for one variable."""
        dtype = variable.dtype
        lr, g = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        t = ops.cast(self.iterations + 1, dtype)
        i = self._get_variable_index(variable)
        m, v = self._momentums[i], self._velocities[i]
        self.assign(m, self.beta_1 * m + (1 - self.beta_1) * g)
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(g))
        if self.amsbound:
            self.assign(self._largest[i], ops.maximum(self._largest[i], v))
            v = self._largest[i]
        correction = ops.sqrt(1 - ops.power(ops.cast(self.beta_2, dtype), t)) / (
            1 - ops.power(ops.cast(self.beta_1, dtype), t)
        )
        step = lr * correction / (ops.sqrt(v) + self.epsilon)
        final = self.final_lr * lr / self._first_lr
        lower = final * (1 - 1 / (self.gamma * t + 1))
        upper = final * (1 + 1 / (self.gamma * t))
        self.assign_sub(variable, ops.clip(step, lower, upper) * m)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments, as Keras saves them."""
        own = ("final_lr", "beta_1", "beta_2", "gamma", "epsilon", "amsbound")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def _refuse_old_spellings(kwargs: dict[str, Any]) -> None:
    if "lr" in kwargs:
        raise ValueError(f"AdaBound got lr={kwargs['lr']}. Write learning_rate={kwargs['lr']}.")
    if "decay" in kwargs:
        raise ValueError(
            f"AdaBound got decay={kwargs['decay']}. "
            "Write learning_rate=keras.optimizers.schedules.InverseTimeDecay(...)."
        )
