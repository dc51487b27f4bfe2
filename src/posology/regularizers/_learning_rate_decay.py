"""Learning-rate decay: steps become smaller as a training goes on."""

from typing import Any

from posology.regularizers._base import Place, Regularizer, Strength


class LearningRateDecay(Regularizer):
    """Learning-rate decay: after t epochs, also parts of one, the learning rate is the network's own over 1 + s·t.

    Inverse time decay (`keras.optimizers.schedules.InverseTimeDecay`, decay_steps being the steps of an epoch), which
    needs no end of the training to be known, as a cosine would: early stopping sets that.

    Helps: the noise of the last steps goes; 13% of error on regression hung on the schedule in RealMLP's ablation.

    The range: from a rate that is halved after 1,000 epochs to one that is halved after one.

    Source: Robbins & Monro 1951, Annals of Mathematical Statistics 22:400-407.
    """

    name = "learning_rate_decay"
    title = "learning-rate decay"
    place = Place.RATE
    strength = Strength(1e-3, 1.0, "log", "1 / epochs after which the learning rate is half")
    owned = ("optimizer.learning_rate",)
    by_hand = "learning_rate=keras.optimizers.schedules.InverseTimeDecay(rate, steps_an_epoch, {strength:.3g})"

    def factor(self, epochs: Any, strength: Any) -> Any:
        """Give the factor of the learning rate after so many epochs; strength 0 gives 1.

        Examples
        --------
        >>> LearningRateDecay().factor(10.0, 0.1)
        0.5
        """
        return 1.0 / (1.0 + strength * epochs)
