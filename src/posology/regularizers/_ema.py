"""Exponential moving average of the weights: what predicts is the average of the last steps."""

from typing import Any

from posology.regularizers._base import Clock, KerasForm, Place, Regularizer, Strength


class EMA(Regularizer):
    """Exponential moving average: after each step a becomes m·a + (1 − m)·w, m = h/(1 + h), and a is what predicts.

    h is the mean age of what is averaged, in steps. Keras' convention (`use_ema`, `ema_momentum` = m): a begins as the
    weights after the first step, and training goes on from w. Here the average is also what early stopping watches, and
    it is of the weights that a constraint has acted on, which Keras' is not. Statistics of BatchNormalization are those
    of the last steps.

    Helps: with a constant learning rate, whose last weights are one noisy draw.

    The range: 10 steps are less than an epoch of most tables, and 1,000 are about the whole training of a small one.

    Source: Polyak & Juditsky 1992, SIAM J. Control Optim. 30:838-855; Morales-Brotons et al. 2024, arXiv:2411.18704.
    """

    name = "ema"
    title = "moving average of weights"
    place = Place.MEMORY
    strength = Strength(10.0, 1000.0, "log", "steps, the mean age of what is averaged")
    excludes = ("swa",)
    remembers = True
    owned = ("optimizer.use_ema",)
    keras = KerasForm("optimizer", "", "ema_momentum", lambda h: h / (1 + h), {"use_ema": True})

    def remember(self, memory: Any, weight: Any, strength: Any, clock: Clock) -> tuple[Any, Any]:
        """Give the new average and the weights, shape of `weight`; strength 0 gives an average that is the weights.

        Examples
        --------
        >>> EMA().remember(1.0, 2.0, 3.0, Clock(5, 0, False))
        (1.25, 2.0)
        """
        momentum = strength / (1.0 + strength) * (clock.step > 0)
        return momentum * memory + (1.0 - momentum) * weight, weight
