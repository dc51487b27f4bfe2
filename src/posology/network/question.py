"""The question's own network, as posted: datascience.stackexchange.com/questions/84667."""

from typing import Any


def model_build(x_train: Any, classes: int = 0, targets: int = 1) -> Any:
    """Build the question's network for the width of `x_train`, with both Dropout lines on.

    BatchNormalization on the input, two Dense layers of 128 with L1 and Dropout, one linear output; mean squared
    error, Adam at 0.01. `examples/question.py` is the same as the user's own file. For a target of classes the last
    layer is a sigmoid or a softmax, and the loss a crossentropy; several targets, numbers or labels, have an output
    each.
    """
    from keras import Sequential
    from keras.layers import BatchNormalization, Dense, Dropout, Input
    from keras.optimizers import Adam
    from keras.regularizers import l1

    units, activation, loss = {
        0: (targets, None, "mse"),
        2: (targets, "sigmoid", "binary_crossentropy"),
    }.get(classes, (classes, "softmax", "sparse_categorical_crossentropy"))
    model = Sequential(
        [
            Input(shape=(x_train.shape[1],)),
            BatchNormalization(),
            Dense(128, activation="relu", kernel_regularizer=l1(0.01)),
            Dropout(0.08),
            Dense(128, activation="relu", kernel_regularizer=l1(0.00)),
            Dropout(0.05),
            Dense(units, activation=activation),
        ]
    )
    model.compile(loss=loss, optimizer=Adam(learning_rate=0.01))
    return model
