"""The small networks that networks.py studies, as a user would write them."""

import keras
from keras.layers import Concatenate, Dense, Dropout, Input


def plain(x_train):
    """Make one hidden layer, with a penalty and a Dropout."""
    model = keras.Sequential(
        [
            Input((x_train.shape[1],)),
            Dense(16, activation="relu", kernel_regularizer="l1"),
            Dropout(0.1),
            Dense(1),
        ]
    )
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.01))
    return model


def two_branches(x_train):
    """Join a branch for columns of which few matter, its first layer under L1, and one that drops noisy copies."""
    few = Input((x_train["few"].shape[1],), name="few")
    copies = Input((x_train["copies"].shape[1],), name="copies")
    one = Dense(16, activation="relu", kernel_regularizer="l1")(few)
    other = Dense(16, activation="relu")(Dropout(0.1)(copies))
    model = keras.Model([few, copies], Dense(1)(Concatenate()([one, other])))
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.01))
    return model


def deep(x_train):
    """Make two hidden layers without regularizers: they act on every hidden kernel and activation."""
    hidden = [Dense(32, activation="relu"), Dense(32, activation="relu")]
    model = keras.Sequential([Input((x_train.shape[1],)), *hidden, Dense(1)])
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.005))
    return model
