"""Networks as people publish them, in their own ways of writing; each function is studied as that of a user's file."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from keras.layers import Activation, BatchNormalization, Dense, Dropout, Input
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import SGD


def momentum(input_dim):
    model = Sequential()
    model.add(Input((input_dim,)))
    model.add(Dense(16, kernel_initializer="he_uniform"))
    model.add(BatchNormalization())
    model.add(Activation("relu"))
    model.add(Dropout(0.5))
    model.add(Dense(8, kernel_initializer="he_uniform"))
    model.add(Activation("relu"))
    model.add(BatchNormalization())
    model.add(Dropout(0.25))
    model.add(Dense(1, kernel_initializer="normal"))
    sgd = SGD(learning_rate=0.01, momentum=0.9, nesterov=True)
    model.compile(loss="mean_squared_error", optimizer=sgd, metrics=["mae"])
    return model


def wide_and_deep(n_features):
    inputs = Input(shape=(n_features,))
    hidden = layers.Dense(12, "relu", kernel_regularizer="l2")(layers.LayerNormalization()(inputs))
    main = layers.Dense(1, name="main")(layers.concatenate([inputs, hidden]))
    aside = layers.Dense(1, name="aside")(hidden)
    model = keras.Model([inputs], [main, aside])
    model.compile(
        loss={"main": "mse", "aside": keras.losses.Huber(delta=0.7)},
        loss_weights={"main": 0.9, "aside": 0.1},
        optimizer=keras.optimizers.RMSprop(1e-3, rho=0.85, momentum=0.3, centered=True),
    )
    return model


def residual(x_train):
    inputs = Input(shape=(x_train.shape[1],))
    x = layers.Dense(8)(inputs)
    for _ in range(2):
        h = layers.Dense(16, activation="gelu", use_bias=False)(layers.BatchNormalization()(x))
        x = layers.Add()([x, layers.Dense(8)(layers.Dropout(0.2)(h))])
    x = ops.relu(layers.LayerNormalization()(x))
    model = keras.Model(inputs, layers.Dense(1)(x))
    rate = keras.optimizers.schedules.CosineDecay(0.0, 60, warmup_target=3e-3, warmup_steps=10)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=4e-3, clipnorm=1.0), "mae")
    model.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return model


def averaged(input_shape):
    inputs = keras.Input(shape=input_shape)
    x = layers.Dense(12, activation="swish", kernel_constraint=keras.constraints.MaxNorm(2.0))(inputs)
    x = layers.Dense(6, activation="mish", kernel_constraint=keras.constraints.UnitNorm(axis=0))(layers.Dropout(0.3)(x))
    model = keras.Model(inputs, layers.Dense(1)(x))
    adam = keras.optimizers.Adam(0.002, use_ema=True, ema_momentum=0.95, ema_overwrite_frequency=7, global_clipnorm=0.8)
    model.compile(optimizer=adam, loss=keras.losses.LogCosh())
    return model


def penalized_everywhere(input_dim):
    regularizers = tf.keras.regularizers
    model = tf.keras.Sequential()
    model.add(tf.keras.layers.InputLayer(shape=(input_dim,)))
    model.add(
        Dense(
            10,
            activation="tanh",
            kernel_initializer=tf.keras.initializers.Orthogonal(gain=1.2),
            bias_initializer=tf.keras.initializers.Constant(0.05),
            kernel_regularizer=regularizers.L1L2(l1=1e-5, l2=1e-4),
            bias_regularizer=regularizers.L2(1e-4),
            activity_regularizer=regularizers.L2(1e-3),
        )
    )
    model.add(Dense(6, activation="softsign", kernel_regularizer=regularizers.OrthogonalRegularizer(0.01)))
    model.add(Dense(1, activation="linear", activity_regularizer="l1"))
    model.compile(loss="huber", optimizer=tf.keras.optimizers.Lion(learning_rate=5e-4, weight_decay=0.01))
    return model


def adapted(X_train):
    normalizer = tf.keras.layers.Normalization(axis=-1)
    normalizer.adapt(np.array(X_train))
    model = tf.keras.Sequential([normalizer, Dense(12, activation="relu"), Dense(1)])
    rate = tf.keras.optimizers.schedules.ExponentialDecay(0.005, decay_steps=20, decay_rate=0.9, staircase=True)
    model.compile(loss="mean_absolute_error", optimizer=tf.keras.optimizers.Adam(rate))
    return model


def accumulated(x_train):
    inputs = keras.Input(shape=(x_train.shape[1],))
    x = layers.UnitNormalization()(layers.Rescaling(0.5, offset=0.1)(inputs))
    x = layers.Average()([layers.Dense(6, "hard_sigmoid")(x), layers.Dense(6, activation=layers.LeakyReLU(0.2))(x)])
    x = layers.RMSNormalization()(layers.Maximum()([x, layers.Dense(6, activation="relu6")(inputs)]))
    model = keras.Model(inputs, layers.Dense(1, kernel_initializer="zeros")(x))
    adam = keras.optimizers.Adam(0.01, gradient_accumulation_steps=3, weight_decay=0.02)
    model.compile(adam, keras.losses.Huber(0.5), weighted_metrics=["mse"])
    return model


def quantile(x_train):
    def pinball(y, predicted):
        return ops.mean(ops.maximum(0.7 * (y - predicted), -0.3 * (y - predicted)), axis=-1)

    model = Sequential([Input((x_train.shape[1],)), Dense(8, "relu"), Dropout(0.1), Dense(1)])
    model.compile("rmsprop", pinball)
    return model


def online(x_train):
    model = Sequential([Input((x_train.shape[1],)), Dense(8, "relu"), Dense(1)])
    model.compile(keras.optimizers.Ftrl(0.1), "mse")
    return model


@keras.saving.register_keras_serializable("published")
def beta_swish(x):
    return x * keras.activations.sigmoid(1.5 * x)


def focal(y_true, y_pred, gamma=2.0):
    p = ops.clip(y_pred, 1e-7, 1 - 1e-7)
    return ops.sum(-y_true * ops.power(1 - p, gamma) * ops.log(p), axis=1)


def shared(x_train, num_classes):
    n = x_train.shape[1]
    inputs = Input(shape=(n,))
    x = layers.Multiply()([inputs, Dense(n, activation="softmax", name="attention")(inputs)])
    drop, twice = Dropout(0.3), Dense(n, activation=beta_swish, kernel_regularizer="l1")
    x = drop(twice(drop(twice(x))))
    model = keras.Model(inputs, Dense(num_classes, activation="softmax")(x))
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([15, 30], [1e-2, 3e-3, 1e-3])
    model.compile(optimizer=keras.optimizers.Adam(rate, epsilon=1e-5), loss=focal, metrics=["acc"])
    return model


@keras.saving.register_keras_serializable("published")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, base, steps):
        self.base, self.steps = base, steps

    def __call__(self, step):
        return self.base * ops.minimum(1.0, ops.cast(step, "float32") / self.steps)

    def get_config(self):
        return {"base": self.base, "steps": self.steps}


def convolved(x_train, num_classes):
    n = x_train.shape[1]
    model = Sequential([Input((n,)), layers.Reshape((n, 1)), layers.Conv1D(6, 3, padding="same")])
    model.add(layers.BatchNormalization())
    model.add(layers.ELU(alpha=0.5))
    model.add(layers.SpatialDropout1D(0.2))
    model.add(layers.Conv1D(6, 3, padding="causal", dilation_rate=2))
    model.add(layers.GlobalAveragePooling1D())
    model.add(Dense(num_classes))
    model.add(Activation("softmax"))
    sgd = keras.optimizers.SGD(WarmUp(0.05, 20), momentum=0.9, weight_decay=1e-3, clipvalue=0.1)
    model.compile(sgd, keras.losses.CategoricalCrossentropy(label_smoothing=0.1))
    return model
