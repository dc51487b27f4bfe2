"""Label smoothing: a row belongs a little to every class."""

from typing import Any

from posology.regularizers._base import Batch, KerasForm, Place, Regularizer, Strength


class LabelSmoothing(Regularizer):
    """Label smoothing: a row's class gets the share 1 − s + s/C and every other class s/C, of C classes.

    Keras' convention (`label_smoothing` of its crossentropies); one output with a sigmoid has C = 2. Sparse losses,
    which have no such argument in Keras, are trained on the same shares. What is scored is not smoothed.

    Helps: the calibration of classes; without it RealMLP lost 1.8% on classification.

    The range: from 0.5% to 30% of a row given away.

    Source: Szegedy et al. 2016, arXiv:1512.00567, section 7.
    """

    name = "label_smoothing"
    title = "label smoothing"
    place = Place.TARGETS
    strength = Strength(0.005, 0.3, "log", "share of a row given to all classes alike", 0.99)
    target = "classes"
    softens = True
    owned = ("loss.label_smoothing",)
    keras = KerasForm("loss", "", "label_smoothing")

    def targets(self, y: Any, strength: Any, batch: Batch) -> Any:
        """Smooth the shares `y`, (row, class); strength 0 returns them bit for bit.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> LabelSmoothing().targets(jnp.array([[0.0, 1.0]]), 0.5, Batch(None, None, None)).tolist()
        [[0.25, 0.75]]
        """
        del batch
        return y * (1.0 - strength) + strength / y.shape[-1]
