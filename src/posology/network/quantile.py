"""What posology's own networks learn where the score is about a median or another quantile of numbers."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from posology.inference.measures import MAE, quantile_level


@keras.saving.register_keras_serializable("posology")
class Pinball(keras.losses.Loss):  # type: ignore[misc]  # keras has no types
    """The loss whose minimum is a quantile: the mean over rows of max(t u, (t - 1) u), u = y - prediction.

    Parameters
    ----------
    level : float
        t, within 0 and 1: the share of rows that are to lie below the prediction.
    **options
        Of `keras.losses.Loss`.

    Examples
    --------
    >>> above, below = (float(Pinball(0.75)(ops.array([[y]]), ops.array([[1.0]]))) for y in (2.0, 0.0))
    >>> above, below
    (0.75, 0.25)

    Notes
    -----
    Without a 1/2 or a factor of 2: half of the mean absolute error at level 1/2. Koenker and Bassett 1978.
    """

    def __init__(self, level: float, **options: Any) -> None:
        super().__init__(**{"name": "pinball", **options})
        self.level = level

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Give the loss of each row, `(row,)`, the mean over its outputs."""
        over = y_true - y_pred
        return ops.mean(ops.maximum(self.level * over, (self.level - 1) * over), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Give what makes the loss again."""
        return {**super().get_config(), "level": self.level}


def learning(build: Callable[..., Any], score: str | None) -> Callable[..., Any]:
    """Let what is built learn what it is scored by: a median by its absolute error, another quantile by `Pinball`.

    Parameters
    ----------
    build : callable
        Gives a compiled model.
    score : str or None
        Of numbers or of classes; what is no quantile leaves the model as it is built.
    """
    level = quantile_level(score or "")
    if not level:
        return build

    def built(*given: Any, **named: Any) -> Any:
        model = build(*given, **named)
        model.compile(loss="mae" if score == MAE.name else Pinball(level), optimizer=model.optimizer)
        return model

    return built
