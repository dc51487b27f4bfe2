"""What an output of a network is to the target: a number, or the probability of the second class or of each."""

from typing import Any, NamedTuple

import keras
import numpy as np

from posology.network.losses import OutputLoss, losses_of
from posology.network.outputs import scored_output

SPARSE = ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy")
"""Losses that take the place of a row's class; all others that see several outputs take one column a class."""

BINARY = (
    "binary_crossentropy", "BinaryCrossentropy", "binary_focal_crossentropy", "BinaryFocalCrossentropy",
)  # fmt: skip
"""Losses of outputs that do not exclude one another."""

FOR_CLASSES = (
    *SPARSE,
    *BINARY,
    "categorical_crossentropy", "CategoricalCrossentropy",
    "categorical_focal_crossentropy", "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
)  # fmt: skip

SMALLEST = 1e-7
"""A probability whose logarithm is taken is not below it, as in Keras."""


class Head(NamedTuple):
    """One output of a network.

    Parameters
    ----------
    classes : int
        Of the target; 0 where it is a number.
    sparse : bool
        Whether its loss takes the place of the class where there is an output for each.
    logits : bool
        Whether its loss takes logits; else the output is probabilities.
    labels : int
        Of which a row may have any, each with an output of its own; `classes` is then 2. 0 where classes exclude one
        another.
    """

    classes: int = 0
    sparse: bool = False
    logits: bool = False
    labels: int = 0

    def target(self, y: Any, output: Any) -> Any:
        """Give the target as the loss of this output takes it.

        Parameters
        ----------
        y : array (row, 1), (row, target) or (row, class)
            Numbers, or places of classes; or shares of each class.
        output : array (row, column)
            Of the network.
        """
        if self.labels:
            return y
        if self.classes and y.shape[-1] > 1:
            return y if output.shape[-1] > 1 else y[..., 1:]
        if not self.classes or self.sparse or output.shape[-1] == 1:
            return y
        return self.shares(y)

    def shares(self, y: Any) -> Any:
        """Give places of classes `(row, 1)` as a share of each, `(row, class)`; numbers and labels as they are."""
        if not self.classes or self.labels:
            return y
        return keras.ops.one_hot(keras.ops.cast(y[..., 0], "int32"), self.classes, dtype="float32")

    def probabilities(self, output: Any) -> Any:
        """Give the probability of each class, `(..., class)`, or of each label, from an output `(..., column)`.

        Examples
        --------
        >>> import numpy as np
        >>> np.asarray(Head(2).probabilities(np.array([[0.25]], "float32"))).tolist()
        [[0.75, 0.25]]
        >>> np.asarray(Head(2, logits=True).probabilities(np.zeros((1, 2), "float32"))).tolist()
        [[0.5, 0.5]]
        """
        if self.labels:
            return keras.ops.sigmoid(output) if self.logits else output
        if output.shape[-1] > 1:
            return keras.ops.softmax(output, axis=-1) if self.logits else output
        second = keras.ops.sigmoid(output) if self.logits else output
        return keras.ops.concatenate([1 - second, second], axis=-1)

    def loss_of_shares(self, loss: Any) -> Any:
        """Give the loss that takes a share of each class: a sparse crossentropy's twin, any other as it is.

        Examples
        --------
        >>> sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> type(Head(3, sparse=True, logits=True).loss_of_shares(sparse)).__name__
        'CategoricalCrossentropy'
        """
        if not self.sparse:
            return loss
        return keras.losses.CategoricalCrossentropy(self.logits, reduction=loss.reduction)

    def log_losses(self, y: Any, output: Any) -> Any:
        """Give -log of the probability of each row's class, in nats, `(row,)`; of labels the mean over them."""
        if self.labels:
            p = self.probabilities(output)
            of_own = keras.ops.maximum(keras.ops.where(y > 0, p, 1 - p), SMALLEST)
            return keras.ops.mean(-keras.ops.log(of_own), axis=-1)
        given = keras.ops.take_along_axis(self.probabilities(output), keras.ops.cast(y, "int32"), axis=-1)
        return -keras.ops.log(keras.ops.maximum(given[..., 0], SMALLEST))


def head_of(loss: OutputLoss, classes: int, targets: int = 1) -> Head:
    """Say what an output with this loss is to a target of so many classes, or of numbers (0), or to several labels."""
    if not classes:
        return Head()
    logits = bool(getattr(loss.loss, "from_logits", False))
    if targets > 1:
        return Head(classes, logits=logits, labels=targets)
    return Head(classes, loss_name(loss.loss) in SPARSE, logits)


def bounded(probabilities: Any) -> np.ndarray:
    """Give probabilities none of which is below zero or above one, which an average of several ones is rounded to."""
    return np.clip(np.asarray(probabilities), 0, 1)


def head_of_names(names: int, *, logits: bool, labels: bool) -> Head:
    """Say what an output is that gives so many classes, or labels."""
    return Head(2, logits=logits, labels=names) if labels else Head(names, logits=logits)


def loss_name(loss: Any) -> str:
    """Name a loss: Keras' own by its class, others as they name themselves, which a function does too.

    Examples
    --------
    >>> loss_name(keras.losses.Huber())
    'Huber'
    """
    return type(loss).__name__ if type(loss).__module__.split(".")[0] == "keras" else str(loss.name)


def ends_with_softmax(model: Any) -> bool:
    """Tell whether the last layer makes its outputs exclude one another."""
    softmax = (keras.activations.softmax, keras.activations.log_softmax)
    last = model.layers[-1]
    return getattr(last, "activation", None) in softmax or isinstance(last, keras.layers.Softmax)


def guessed_target(model: Any) -> tuple[int, int]:
    """Guess, by the loss, the classes (0 for numbers) and targets of a network that is looked at without a table.

    Several outputs under a binary crossentropy are labels, unless a softmax says that they exclude one another.
    """
    scored = scored_output(model)
    width = int(model.outputs[scored].shape[-1] or 1)
    try:
        loss = loss_name(losses_of(model)[scored].loss)
    except ValueError:
        return 0, width  # `check_model` says what is wrong with them
    if loss not in FOR_CLASSES:
        return 0, width
    return (2, width) if loss in BINARY and not ends_with_softmax(model) else (max(2, width), 1)
