"""The network of datascience.stackexchange.com/questions/84667, in Keras 3, as a file for `--network`.

    posology study table.csv --target y --network examples/question.py:model_build

As posted, both Dropout lines were commented out; with them on or off the same places are studied. The post also
tried AdaBound: `from posology.optimizers import AdaBound`, then `optimizer=AdaBound(learning_rate=1e-3)`.
"""

from keras import Sequential
from keras.layers import BatchNormalization, Dense, Dropout, Input
from keras.optimizers import Adam
from keras.regularizers import l1


def model_build(x_train):
    model = Sequential()
    model.add(Input(shape=(x_train.shape[1],)))
    model.add(BatchNormalization())
    model.add(Dense(128, activation="relu", kernel_regularizer=l1(0.01)))
    model.add(Dropout(0.08))
    model.add(Dense(128, activation="relu", kernel_regularizer=l1(0.00)))
    model.add(Dropout(0.05))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer=Adam(learning_rate=0.01))
    return model
