"""AdaBound, the question's other optimizer, for Keras 3 on any backend."""

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="posology")
class AdaBound(keras.optimizers.Optimizer):  # type: ignore[misc]  # keras has no types
    """Adam whose step per weight is clipped between bounds that close in on one learning rate, SGD's.

    The question's post took it from the package keras-adabound, which stopped at Keras 2. With gradient g and
    step t = 1, 2, ...::

        m = beta_1 m + (1 - beta_1) g
        v = beta_2 v + (1 - beta_2) g²          (amsbound: then the largest v so far)
        s = lr sqrt(1 - beta_2^t) / (1 - beta_1^t) / (sqrt(v) + epsilon)
        lower = final (1 - 1/(gamma t + 1)),   upper = final (1 + 1/(gamma t)),   final = final_lr lr/base_lr
        w = w - clip(s, lower, upper) m

    The bounds start near 0 and final/gamma and are within 10 % of final after 10/gamma steps. gamma = 0 is
    Adam; a very large gamma is SGD with rate final, its momentum an average: (1 - beta_1) g enters it.

    Where sources differ:

    - The rule is that of the authors' released code. The paper's Algorithm 2 has neither bias correction nor
      epsilon, and divides the clipped step by sqrt(t), which the code does not.
    - The paper writes 1 - beta_2 where the code has gamma; at the defaults they are equal.
    - epsilon is added to sqrt(v) before bias correction, as in the code and in Keras' Adam.
    - final_lr follows the learning rate in proportion, as in the code: a schedule moves the bounds too.
    - `weight_decay` is Keras': w = w - lr weight_decay w, apart from the gradient. The authors' AdaBound adds
      weight_decay w to the gradient, and their AdaBoundW leaves out the factor lr: values do not carry over.

    Parameters
    ----------
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule or callable
        Adam's, per step.
    final_lr : float
        SGD's at the end, per step; above 0. It is the rate while the learning rate is `base_lr`.
    beta_1, beta_2 : float
        What the two averages keep at each step; from 0 to below 1.
    gamma : float
        Speed at which the bounds close, per step; 0 or more.
    epsilon : float
        Added to sqrt(v), in the gradient's unit; 0 or more.
    amsbound : bool
        Use the largest v so far (AMSBound).
    base_lr : float, optional
        The learning rate at which `final_lr` holds; above 0. By default the rate at step 0, so give it when a
        schedule warms up: the rate that it rises to. It is saved, so that a reloaded optimizer goes on alike.
    name : str
        The optimizer's.
    **kwargs
        Of `keras.optimizers.Optimizer`: weight_decay, clipnorm, use_ema, ...

    Raises
    ------
    ValueError
        Spellings of Keras 2 (`lr`, `decay`) and of keras-adabound (`amsgrad`), or a number out of its range.

    Examples
    --------
    The first step is Adam's: its length is the learning rate, whatever the gradient's.

    >>> weights = keras.Variable([1.0, 1.0])
    >>> AdaBound(learning_rate=1e-3, final_lr=0.1).apply([ops.array([10.0, 0.1])], [weights])
    >>> print(ops.convert_to_numpy(weights).round(4))
    [0.999 0.999]

    >>> AdaBound(lr=1e-3, final_lr=0.1)
    Traceback (most recent call last):
    ValueError: AdaBound got lr=0.001. Write learning_rate=0.001.

    References
    ----------
    Luo, Xiong, Liu & Sun, "Adaptive Gradient Methods with Dynamic Bound of Learning Rate", ICLR 2019,
    arXiv:1902.09843. The authors' code: https://github.com/Luolc/AdaBound.
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
        base_lr: float | None = None,
        name: str = "adabound",
        **kwargs: Any,
    ) -> None:
        _refuse_old_spellings(kwargs, learning_rate)
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.final_lr = _checked("final_lr", final_lr, final_lr > 0, "above 0")
        self.beta_1 = _checked("beta_1", beta_1, 0 <= beta_1 < 1, "from 0 to below 1")
        self.beta_2 = _checked("beta_2", beta_2, 0 <= beta_2 < 1, "from 0 to below 1")
        self.gamma = _checked("gamma", gamma, gamma >= 0, "0 or more")
        self.epsilon = _checked("epsilon", epsilon, epsilon >= 0, "0 or more")
        self.amsbound = amsbound
        if base_lr is None:
            base_lr = float(ops.convert_to_numpy(self.learning_rate))
        wanted = "above 0. By default it is the rate at step 0: give the rate that the schedule rises to"
        self.base_lr = _checked("base_lr", base_lr, base_lr > 0, wanted)

    def build(self, variables: Any) -> None:
        """Make the averages of every variable."""
        if self.built:
            return
        super().build(variables)
        self._momentums = self.add_optimizer_variables(variables, "momentum")
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        if self.amsbound:
            self._largest = self.add_optimizer_variables(variables, "largest_velocity")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take one step for one variable."""
        # float32 at least: float16 counts steps to 65504 only, and its squares overflow from 256
        dtype = keras.backend.result_type(variable.dtype, "float32")
        lr, t = ops.cast(learning_rate, dtype), ops.cast(self.iterations + 1, dtype)
        i = self._get_variable_index(variable)
        # keras.ops, not operators, where the gradient enters: TensorFlow's is sparse under an Embedding
        g = ops.cast(gradient, dtype)
        m = self._averaged(self._momentums[i], g, self.beta_1)
        v = self._averaged(self._velocities[i], ops.square(g), self.beta_2)
        if self.amsbound:
            v = ops.maximum(ops.cast(self._largest[i], dtype), v)
            self.assign(self._largest[i], v)
        correction = ops.sqrt(_one_minus_power(self.beta_2, t)) / _one_minus_power(self.beta_1, t)
        lower, upper = self._bounds(lr, t)
        size = ops.clip(lr * correction / (ops.sqrt(v) + self.epsilon), lower, upper)
        self.assign_sub(variable, ops.cast(size * m, variable.dtype))

    def _averaged(self, kept: Any, new: Any, beta: float) -> Any:
        average = ops.add(ops.cast(kept, new.dtype) * beta, ops.multiply(new, 1 - beta))
        self.assign(kept, average)
        return average

    def _bounds(self, lr: Any, t: Any) -> tuple[Any, Any]:
        final = lr * (self.final_lr / self.base_lr)
        closed = self.gamma * t
        return final * (closed / (closed + 1)), final * (1 + 1 / closed)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments, as Keras saves them."""
        own = ("final_lr", "beta_1", "beta_2", "gamma", "epsilon", "amsbound", "base_lr")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def _one_minus_power(beta: float, t: Any) -> Any:
    """Give 1 - beta^t without the cancellation that costs float32 half its digits while t is small."""
    return -ops.expm1(t * (math.log(beta) if beta > 0 else -math.inf))


def _checked(name: str, value: float, fine: bool, wanted: str) -> float:
    if not fine:
        raise ValueError(f"AdaBound got {name}={value}; {name} must be {wanted}.")
    return value


def _refuse_old_spellings(kwargs: dict[str, Any], learning_rate: Any) -> None:
    old = {name: kwargs[name] for name in ("lr", "decay", "amsgrad") if name in kwargs}
    if not old:
        return
    rate, today = old.get("lr", learning_rate), []
    if old.get("decay"):  # Keras 2: lr/(1 + decay step)
        start = rate if isinstance(rate, int | float) else "..."
        schedule = f"InverseTimeDecay({start}, decay_steps=1, decay_rate={old['decay']})"
        today.append(f"learning_rate=keras.optimizers.schedules.{schedule}")
    elif "lr" in old:
        today.append(f"learning_rate={rate}")
    if "amsgrad" in old:
        today.append(f"amsbound={old['amsgrad']}")
    got = ", ".join(f"{name}={value}" for name, value in old.items())
    advice = f"Write {', '.join(today)}." if today else "Leave it out: the rate is constant by default."
    raise ValueError(f"AdaBound got {got}. {advice}")
