"""The outputs of a packed network: side by side, the scored one first, and what each is to the target."""

from typing import Any

import jax.numpy as jnp
import keras
import numpy as np

from posology.network.heads import head_of
from posology.network.losses import losses_of, of_rows
from posology.network.outputs import scored_output


class PackedOutputs:
    """All outputs of a network, each with its loss and its head.

    Parameters
    ----------
    model : keras.Model
        The user's.
    classes : int
        Of the target; 0 where it is a number.
    targets : int
        That it predicts; with classes they are labels.

    Attributes
    ----------
    head : Head
        What the scored output is to the target.
    """

    def __init__(self, model: Any, classes: int, targets: int) -> None:
        self._classes, self._losses = classes, losses_of(model)
        self._heads = [head_of(loss, classes, targets) for loss in self._losses]
        scored = scored_output(model)
        self.head = self._heads[scored]
        self._order = [scored, *(i for i in range(len(model.outputs)) if i != scored)]
        self._widths = [model.outputs[i].shape[-1] for i in self._order]

    def side_by_side(self, outputs: Any) -> Any:
        """Put the outputs of a call into one array, `(row, column)`."""
        each = keras.tree.flatten(outputs)
        return jnp.concatenate([each[i] for i in self._order], axis=-1)

    def _apart(self, prediction: Any) -> list[Any]:
        """Take them apart again."""
        return jnp.split(prediction, np.cumsum(self._widths)[:-1], axis=-1)

    def loss(self, y: Any, outputs: Any, row_weight: Any) -> Any:
        """Give the loss of a call's outputs, weighted as compiled.

        `y` may have a share of each class in place of a class.
        """
        by_output = zip(self._losses, self._heads, keras.tree.flatten(outputs), strict=True)
        shared = bool(self._classes) and y.shape[-1] > 1
        return sum(
            weight
            * (head.loss_of_shares(loss) if shared else loss)(
                head.target(y, prediction), prediction, sample_weight=row_weight
            )
            for (loss, weight), head, prediction in by_output
            if weight
        )

    def row_losses(self, y: Any, prediction: Any) -> Any:
        """Give the network's own loss of each row, `(row,)`, outputs weighted as compiled."""
        by_output = zip(self._order, self._apart(prediction), strict=True)
        parts = [(*self._losses[i], self._heads[i], output) for i, output in by_output]
        return sum(weight * of_rows(loss, head.target(y, out), out) for loss, weight, head, out in parts if weight)

    def row_errors(self, y: Any, prediction: Any) -> Any:
        """Give the squared error of each row's scored output, `(row,)`, whatever the network's own loss.

        Of several targets it is the mean. For classes it is the log loss, in nats.
        """
        scored = self._apart(prediction)[0]
        return self.head.log_losses(y, scored) if self._classes else jnp.mean((y - scored) ** 2, axis=-1)

    def answers(self, prediction: Any) -> np.ndarray:
        """Give what is scored: a number a row, or the probability of each class, `(..., class)`.

        Of several targets it is a number each, or the probability of each label, `(..., target)`.
        """
        width = self._widths[0]
        if not self._classes:
            return np.asarray(prediction[..., 0] if width == 1 else prediction[..., :width])
        return np.asarray(self.head.probabilities(prediction[..., :width]))
