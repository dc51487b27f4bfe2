"""Networks of images and of sequences."""

from .building import Input, L, functional, sequential

# images ----------------------------------------------------------------------------------------------------------


def digits_convnet():
    conv = L.Conv2D(4, 3, activation="relu", kernel_regularizer="l2", name="conv")
    middle = [L.BatchNormalization(), L.MaxPooling2D(), L.Conv2D(4, 2, activation="relu", name="small")]
    return sequential((8, 8, 1), conv, *middle, L.GlobalAveragePooling2D(), L.Dropout(0.1), L.Dense(1))


def separable():
    conv = L.SeparableConv2D(4, 3, activation="relu", depthwise_regularizer="l1", pointwise_regularizer="l2")
    depthwise = L.DepthwiseConv2D(2, activation="relu", depthwise_regularizer="l2")
    return sequential((6, 6, 2), conv, L.SpatialDropout2D(0.2), depthwise, L.Flatten(), L.Dense(1))


def transposed():
    conv = L.Conv2DTranspose(3, 2, strides=2, activation="relu")
    return sequential((3, 3, 1), conv, L.LeakyReLU(), L.GlobalMaxPooling2D(), L.Dense(1))


def bytes_image():
    layers = [L.Rescaling(1 / 255), L.Conv2D(2, 3, activation="relu"), L.Flatten()]
    return sequential((5, 5, 1), *layers, L.Dense(1), dtype="uint8")


# sequences -------------------------------------------------------------------------------------------------------


def convolution_1d():
    conv = L.Conv1D(4, 3, padding="same", activation="relu", kernel_regularizer="l1")
    return sequential((7, 2), conv, L.SpatialDropout1D(0.2), L.GlobalAveragePooling1D(), L.Dense(1))


def embedding():
    layers = [L.Embedding(6, 4), L.GlobalAveragePooling1D(), L.Dense(5, activation="relu", name="hidden")]
    return sequential((5,), *layers, L.Dense(1), dtype="int32")


def masked():
    layers = [L.Embedding(6, 4, mask_zero=True), L.Dropout(0.2), L.LSTM(4, recurrent_regularizer="l2")]
    return sequential((5,), *layers, L.Dense(1), dtype="int32")


def masked_without_dropout():
    layers = [L.Embedding(6, 4, mask_zero=True), L.Activation("tanh"), L.GRU(4)]
    return sequential((5,), *layers, L.Dense(1), dtype="int32")


def recurrent():
    gru = L.GRU(4, return_sequences=True, kernel_regularizer="l2", recurrent_regularizer="l1")
    both = L.Bidirectional(L.LSTM(3, kernel_regularizer="l2"))
    return sequential((5, 2), gru, both, L.Dense(1))


def with_states():
    inputs = Input((4, 2))
    x, state = L.GRU(3, return_sequences=True, return_state=True, name="gru")(inputs)
    x = L.LSTM(3, name="lstm")(x)
    return functional(inputs, L.Dense(1)(L.Concatenate()([x, state])))


def time_distributed():
    dense = L.TimeDistributed(L.Dense(4, activation="relu", kernel_regularizer="l2"))
    return sequential((5, 2), dense, L.Flatten(), L.Dense(3, activation="relu", name="hidden"), L.Dense(1))


def transformer():
    inputs = Input((5, 4))
    attended = L.MultiHeadAttention(2, 3, name="attend")(inputs, inputs)
    x = L.LayerNormalization()(L.Add()([inputs, attended]))
    y = L.Dense(4, name="down")(L.Dense(8, activation="gelu", name="up")(x))
    return functional(inputs, L.Dense(1)(L.GlobalAveragePooling1D()(L.Add()([x, y]))))
