"""A strong network for tables, of stock Keras layers: a multilayer perceptron as one is made today.

Each part is a function: columns without far outliers, embeddings of numbers, hidden layers, the columns beside them,
the learning rate. What each is worth is measured by `benchmarks/network_ablation.py`; docs/networks.md has the figures.
What is computed from training rows (quantiles) are weights of a frozen layer: each fold has its own, and an exported
model holds them. The file needs nothing of posology, so that a copy of it is a network file of your own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

UNITS = (128, 128)
"""Of the hidden layers."""
BINS = 8
"""Places that a column is embedded in, at most."""
MOST_EMBEDDED = 512
"""Places of all columns together, at most: wider tables get fewer a column, and the widest none."""
FARTHEST = 10
"""Standard deviations within which columns are held: lines stay nearly straight, single far outliers move little."""
LEARNING_RATE = 0.002
"""For numbers."""
LEARNING_RATE_OF_CLASSES = 0.0005
"""Slower: the crossentropy punishes a network that grows sure of itself, which the faster ones are within 10 epochs."""
BETA_2 = 0.95
"""How long Adam remembers squared gradients: some twenty steps, so that it follows a training that changes."""
FULL_EPOCHS = 64
"""Epochs after which the learning rate is zero, counted on the rows with which the network is first built."""
MOST_ROWS = 10_000
"""Of which quantiles are taken, evenly over the rows: more would only take longer."""

Rows = Float32[np.ndarray, "row column"]


def model_build(
    x_train: Rows, classes: int = 0, epochs: int = FULL_EPOCHS, batch_size: int = 32, targets: int = 1
) -> Any:
    """Build the network for prepared training rows.

    Parameters
    ----------
    x_train : array (row, column)
    classes : int
        Of the target; 0 where it is a number, standardized.
    epochs, batch_size : int
        Longest training and rows a step: the learning rate falls within `min(epochs, FULL_EPOCHS)` epochs.
    targets : int
        Numbers or, with two classes, labels, which have an output each.

    Returns
    -------
    keras.Model
        Compiled.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(100, 5)).astype("float32")
    >>> model_build(rows).output_shape
    (None, 1)
    """
    import keras

    inputs = keras.Input((x_train.shape[1],), name="row")
    rows = x_train[:: max(1, len(x_train) // MOST_ROWS)].astype(float)
    columns = held(inputs, keras.ops.sqrt)
    x = beside(hidden(embedded(columns, held(rows, np.sqrt))), columns)
    steps = min(epochs, FULL_EPOCHS) * -(-len(x_train) // batch_size)
    peak = LEARNING_RATE_OF_CLASSES if classes else LEARNING_RATE
    return compiled(keras.Model(inputs, head(x, classes, targets)), classes, falling(steps, peak))


def held(z: Any, root: Callable[[Any], Any]) -> Any:
    """Hold standardized columns within 10 standard deviations, smoothly: z/sqrt(1 + (z/10)^2).

    Parameters
    ----------
    z : tensor or array (row, column)
    root : callable
        The square root of its library.

    Examples
    --------
    >>> held(np.array([0.0, 1.0, 10.0, 1e9]), np.sqrt).round(3).tolist()
    [0.0, 0.995, 7.071, 10.0]
    """
    return z / root(1.0 + (z / FARTHEST) ** 2)


def embedded(x: Any, rows: Float[np.ndarray, "row column"]) -> Any:
    """Put beside each column its place among the quantiles of the training rows, a number a bin.

    A bin from a to b gives min(1, max(0, (x - a)/(b - a))): piecewise-linear encoding (Gorishniy et al. 2022,
    arXiv:2203.05556). A column of few values has a bin between each two; bins to spare give 0.
    """
    from keras import layers, ops

    columns = rows.shape[1]
    bins = min(BINS, MOST_EMBEDDED // columns)
    if bins < 2:
        return x
    low, width = bins_of(rows, bins)
    slope = np.where(width > 0, 1 / np.where(width > 0, width, 1), 0)
    places = ops.clip(frozen("ab,bc->abc", "bc", "bins", slope, -low * slope)(x), 0.0, 1.0)
    return layers.Concatenate(name="embedded")([x, layers.Reshape((columns * bins,), name="places")(places)])


def bins_of(
    rows: Float[np.ndarray, "row column"], bins: int
) -> tuple[Float[np.ndarray, "column bin"], Float[np.ndarray, "column bin"]]:
    """Give the lower ends and the widths of each column's bins; those to spare have a width of 0.

    Examples
    --------
    >>> low, width = bins_of(np.array([[0.0], [0.0], [1.0], [3.0]]), 3)
    >>> low.tolist(), width.tolist()
    ([[0.0, 1.0, 0.0]], [[1.0, 2.0, 0.0]])
    """
    low, width = np.zeros((rows.shape[1], bins)), np.zeros((rows.shape[1], bins))
    for column, values in enumerate(rows.T):
        edges = np.unique(values)
        if len(edges) > bins + 1:
            edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
        low[column, : len(edges) - 1], width[column, : len(edges) - 1] = edges[:-1], np.diff(edges)
    return low, width


def frozen(equation: str, bias: str, name: str, slope: np.ndarray, shift: np.ndarray) -> Any:
    """Make a layer that computes slope * x + shift, column by column, and is not trained."""
    from keras import layers

    layer = layers.EinsumDense(equation, slope.shape, bias_axes=bias, trainable=False, name=name)
    layer.build((None, len(slope)))
    layer.set_weights([slope.astype("float32"), shift.astype("float32")])
    return layer


def hidden(x: Any, units: tuple[int, ...] = UNITS, activation: str = "silu") -> Any:
    """Stack hidden layers, each a place of penalties and of dropout; both begin at zero."""
    from keras import layers, regularizers

    for place, size in enumerate(units, start=1):
        x = layers.Dense(
            size,
            activation,
            kernel_initializer="he_normal",
            kernel_regularizer=regularizers.L1L2(0.0, 0.0),
            name=f"hidden_{place}",
        )(x)
        x = layers.Dropout(0.0, name=f"dropout_{place}")(x)
    return x


def beside(x: Any, columns: Any) -> Any:
    """Put the columns beside the last hidden layer: the output is a linear model plus what the hidden layers add to it.

    (Cheng et al. 2016, "Wide & deep learning", arXiv:1606.07792.)
    """
    from keras import layers

    return layers.Concatenate(name="beside")([x, columns])


def head(x: Any, classes: int, targets: int = 1) -> Any:
    """Give the output: a number, or one for each target; or the probabilities of classes, or of labels.

    Its weights begin at zero, and so at the mean of the target or at equal classes: on small tables a random first
    guess costs epochs that are not there.
    """
    from keras import layers

    units, activation = {0: (targets, None), 2: (targets, "sigmoid")}.get(classes, (classes, "softmax"))
    return layers.Dense(units, activation, kernel_initializer="zeros", name="output")(x)


def falling(steps: int, peak: float) -> Any:
    """Give a learning rate that stays for half of the steps and then falls to zero as a half wave of a cosine.

    Keras' warm-up from the peak to the peak is what stays flat.
    """
    from keras.optimizers.schedules import CosineDecay

    half = max(1, steps // 2)
    return CosineDecay(peak, half, warmup_target=peak, warmup_steps=half)


def compiled(model: Any, classes: int, rate: Any, beta_2: float = BETA_2) -> Any:
    """Compile a network with Adam and the loss of its target."""
    from keras.optimizers import Adam

    loss = {0: "mse", 2: "binary_crossentropy"}.get(classes, "sparse_categorical_crossentropy")
    model.compile(loss=loss, optimizer=Adam(rate, beta_2=beta_2))
    return model
