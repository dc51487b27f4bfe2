"""Networks as users write them: each entry of `ZOO` builds one, compiled, at small sizes."""

import keras
import numpy as np
from keras import ops

from posology.network.strong import model_build

from . import zoo_shapes
from .building import WIDTH, Input, L, Model, Sequential, compiled, functional, sequential

# the question's network ------------------------------------------------------------------------------------------


def question(dropout=True, penalty=True, width=WIDTH):
    l1 = keras.regularizers.l1
    model = Sequential([Input((width,)), L.BatchNormalization()])
    model.add(L.Dense(128, activation="relu", kernel_regularizer=l1(0.01) if penalty else None))
    if dropout:
        model.add(L.Dropout(0.08))
    model.add(L.Dense(128, activation="relu", kernel_regularizer=l1(0.00) if penalty else None))
    if dropout:
        model.add(L.Dropout(0.05))
    model.add(L.Dense(1))
    return compiled(model)


def strong():
    rows = np.random.default_rng(2).normal(3.0, 2.0, size=(50, WIDTH)).astype("float32")
    return model_build(rows)


# plain tables ----------------------------------------------------------------------------------------------------


def separate_activations():
    middle = [L.Dense(16), L.BatchNormalization(), L.ReLU(), L.Dense(8), L.Activation("tanh")]
    return sequential((WIDTH,), *middle, L.Dense(1))


def residual():
    inputs = Input((WIDTH,))
    x = L.Dense(16, activation="relu", name="first")(inputs)
    y = L.Dense(16, activation="relu", name="second")(x)
    return functional(inputs, L.Dense(1)(L.LayerNormalization()(L.Add()([x, y]))))


def gated():
    inputs = Input((WIDTH,))
    gate = L.Dense(8, activation="sigmoid", kernel_regularizer="l2")(inputs)
    x = L.Multiply()([gate, L.Dense(8, bias_regularizer="l2")(inputs)])
    return functional(inputs, L.Dense(1)(x))


def noisy():
    return sequential((WIDTH,), L.GaussianNoise(0.1), L.Dense(8, activation="relu"), L.Dense(1))


def other_noises():
    dense = L.Dense(8, activation="selu", kernel_regularizer="l1")
    return sequential((WIDTH,), dense, L.AlphaDropout(0.1), L.GaussianDropout(0.2), L.Dense(1))


def linear():
    return sequential((WIDTH,), L.Dense(1))


def one_dropout_of_three():
    layers = [L.Dense(8, activation="relu", name=name) for name in ("one", "two", "three")]
    return sequential((WIDTH,), layers[0], layers[1], L.Dropout(0.3), layers[2], L.Dense(1))


def without_input():
    model = compiled(Sequential([L.Dense(8, activation="relu"), L.Dense(1)]))
    model.build((None, WIDTH))
    return model


def named_oddly():
    dense = L.Dense(8, activation="relu", name="größe: 1.β [m²]")
    return sequential((WIDTH,), dense, L.Dropout(0.2, name="drop · seed_generator"), L.Dense(1, name="out-1"))


def operations():
    inputs = Input((WIDTH,))
    x = inputs * 2 + ops.log1p(ops.abs(inputs))
    x = L.Dense(8, name="wide")(x)
    x = ops.where(x > 0, x, 0.1 * x)
    return functional(inputs, L.Dense(1)(ops.concatenate([x, ops.mean(x, axis=-1, keepdims=True)], axis=-1)))


def activations_as_operations():
    inputs = Input((WIDTH,))
    x = keras.activations.relu(L.Dense(8, name="wide")(inputs))
    x = ops.gelu(L.Dense(6, name="narrow")(x)) * ops.sigmoid(L.Dense(6, name="gate")(x))
    return functional(inputs, L.Dense(1)(x))


def einsum_dense():
    first = L.EinsumDense("ab,bc->ac", 8, bias_axes="c", activation="relu")
    return sequential((WIDTH,), first, L.EinsumDense("ab,bc->ac", 1, bias_axes="c"))


def frozen_layers():
    inputs = Input((WIDTH,))
    frozen = L.Dense(5, activation="relu", kernel_regularizer="l2", name="frozen", trainable=False)
    x = L.BatchNormalization(trainable=False)(frozen(inputs))
    return functional(inputs, L.Dense(1)(L.Dense(4, activation="relu", name="free")(x)))


def freed_inside_a_frozen_model():
    inside = Input((WIDTH,))
    x = L.BatchNormalization()(L.Dense(5, activation="relu", name="frozen")(inside))
    base = Model(inside, L.Dense(4, activation="relu", name="free")(x), name="base")
    base.trainable = False
    base.get_layer("free").trainable = True
    return sequential((WIDTH,), base, L.Dense(4, activation="relu", name="head"), L.Dense(1))


def adapted():
    scale = L.Normalization()
    scale.adapt(np.random.default_rng(2).normal(3.0, 2.0, size=(50, WIDTH)))
    return sequential((WIDTH,), scale, L.Dense(8, activation="relu"), L.Dense(1))


def activation_after_the_output():
    end = [L.Dense(1), L.Activation("softplus"), L.Rescaling(2.0)]
    return sequential((WIDTH,), L.Dense(8, activation="relu"), *end)


# penalties and layers of one's own -------------------------------------------------------------------------------


@keras.saving.register_keras_serializable("zoo")
class Fourth(keras.regularizers.Regularizer):
    """The fourth power: neither L1 nor L2."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, weight):
        return self.factor * ops.sum(weight**4)

    def get_config(self):
        return {"factor": self.factor}


def mixed_penalties():
    first = L.Dense(8, activation="relu", kernel_regularizer=Fourth(0.1), activity_regularizer="l2", name="first")
    second = L.Dense(8, activation="relu", kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), name="second")
    third = L.Dense(4, activation="relu", kernel_constraint="max_norm", bias_regularizer="l1", name="third")
    return sequential((WIDTH,), first, second, third, L.ActivityRegularization(l1=0.01), L.Dense(1))


@keras.saving.register_keras_serializable("zoo")
class Scaled(L.Layer):
    """Adds a loss of its own and has a weight of its own."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

    def call(self, x):
        self.add_loss(0.01 * ops.sum(self.scale**2) + 0.1 * ops.mean(x**2))
        return x * self.scale


def own_loss():
    return sequential((WIDTH,), Scaled(), L.Dense(8, activation="relu"), Scaled(), L.Dense(1))


class Hidden(Model):
    """Its layers are in Python code; `call` is made of Keras' layers alone."""

    def __init__(self):
        super().__init__()
        self.one, self.drop, self.two = L.Dense(8, activation="relu"), L.Dropout(0.2), L.Dense(1)

    def call(self, x):
        return self.two(self.drop(self.one(x)))


def subclassed_made_functional():
    inputs = Input((WIDTH,))
    return functional(inputs, Hidden().call(inputs))


# models in models, layers used twice -----------------------------------------------------------------------------


def shared():
    inputs = Input((WIDTH,))
    layer = L.Dense(WIDTH, activation="relu", name="twice")
    return functional(inputs, L.Dense(1)(L.Dropout(0.2)(layer(layer(inputs)))))


def shared_dropout():
    inputs = Input((WIDTH,))
    drop = L.Dropout(0.3, name="twice")
    x = drop(L.Dense(8, activation="relu")(inputs))
    return functional(inputs, L.Dense(1)(drop(L.Dense(8, activation="relu")(x))))


def nested():
    block = Sequential([Input((WIDTH,)), L.Dense(12, activation="relu", name="inner")], name="block")
    return sequential((WIDTH,), block, L.Dense(8, activation="relu"), L.Dense(1))


def nested_functional():
    inside = Input((WIDTH,))
    x = L.Dense(8, activation="relu", kernel_regularizer="l2", name="inner")(inside)
    block = Model(inside, [L.Dropout(0.2)(x), L.BatchNormalization()(x)], name="block")
    inputs = Input((WIDTH,))
    left, right = block(inputs)
    return functional(inputs, L.Dense(1)(L.Concatenate()([left, right, inputs])))


def three_deep():
    inner = Sequential([Input((WIDTH,)), L.Dense(5, activation="relu", name="core")], name="inner")
    middle_in = Input((WIDTH,))
    middle = Model(middle_in, L.Dropout(0.1, name="drop")(inner(middle_in)), name="middle")
    inputs = Input((WIDTH,))
    return functional(inputs, L.Dense(1)(middle(inputs)))


def siamese():
    tower = Sequential([Input((4,)), L.Dense(6, activation="relu"), L.Dropout(0.2)], name="tower")
    left, right = Input((4,), name="left"), Input((4,), name="right")
    return functional([left, right], L.Dense(1)(ops.abs(tower(left) - tower(right))))


def transferred():
    inside = Input((WIDTH,))
    x = L.Dense(8, activation="relu", name="low")(inside)
    base = Model(inside, L.Dense(3)(L.Dense(4, activation="tanh", name="top")(x)))
    base.get_layer("low").trainable = False
    return compiled(Model(base.input, L.Dense(1)(base.layers[-2].output)))


def frozen_base():
    base = Sequential([Input((WIDTH,)), L.Dense(8, activation="relu"), L.BatchNormalization()], name="base")
    base.trainable = False
    inputs = Input((WIDTH,))
    return functional(inputs, L.Dense(1)(L.Dense(4, activation="relu", name="head")(base(inputs, training=False))))


def different_arguments():
    inputs = Input((5, 4))
    attend = L.MultiHeadAttention(2, 3, name="attend")
    x = attend(inputs, inputs, use_causal_mask=True) + attend(inputs, inputs, use_causal_mask=False)
    return functional(inputs, L.Dense(1)(L.Flatten()(x)))


# several inputs and outputs --------------------------------------------------------------------------------------


def two_branches():
    wide, narrow = Input((4,), name="wide"), Input((2,), name="narrow")
    x = L.Concatenate()([L.Dense(8, activation="relu")(wide), L.Dense(3, activation="tanh")(narrow)])
    return functional([wide, narrow], L.Dense(1)(L.Dropout(0.1)(x)))


def tuple_of_inputs():
    one, two = Input((3,)), Input((2, 2))
    return functional((one, two), L.Dense(1)(L.Dense(5, activation="relu")(L.Concatenate()([one, L.Flatten()(two)]))))


def dict_of_inputs():
    inputs = {"size": Input((4,), name="size"), "kind": Input((1,), name="kind", dtype="int32")}
    kind = L.Flatten()(L.Embedding(6, 3, embeddings_regularizer="l2", name="kinds")(inputs["kind"]))
    x = L.Dense(6, activation="relu", name="hidden")(L.Concatenate()([inputs["size"], kind]))
    return functional(inputs, L.Dense(1)(x))


def list_of_outputs():
    inputs = Input((WIDTH,))
    x = L.Dense(8, activation="relu")(inputs)
    return functional(inputs, [L.Dense(1)(x), L.Dense(1)(x)], ["mse", "mae"], loss_weights=[1.0, 0.3])


def dict_of_outputs():
    inputs = Input((WIDTH,))
    x = L.Dropout(0.2)(L.Dense(8, activation="relu")(inputs))
    outputs = {"value": L.Dense(1, name="value")(x), "aside": L.Dense(1, name="aside")(inputs)}
    loss_of = {"value": "mse", "aside": keras.losses.Huber()}
    return functional(inputs, outputs, loss_of, loss_weights={"value": 2.0, "aside": 0.5})


ZOO = {
    "question": question,
    "question without dropout": lambda: question(dropout=False),
    "question without penalty": lambda: question(penalty=False),
    "question bare": lambda: question(dropout=False, penalty=False),
    "strong": strong,
    "separate activations": separate_activations,
    "residual": residual,
    "gated": gated,
    "noisy": noisy,
    "other noises": other_noises,
    "linear": linear,
    "one dropout of three": one_dropout_of_three,
    "without input": without_input,
    "named oddly": named_oddly,
    "operations": operations,
    "activations as operations": activations_as_operations,
    "einsum dense": einsum_dense,
    "frozen layers": frozen_layers,
    "freed inside a frozen model": freed_inside_a_frozen_model,
    "adapted": adapted,
    "activation after the output": activation_after_the_output,
    "mixed penalties": mixed_penalties,
    "own loss": own_loss,
    "subclassed made functional": subclassed_made_functional,
    "shared layer": shared,
    "shared dropout": shared_dropout,
    "nested": nested,
    "nested functional": nested_functional,
    "three deep": three_deep,
    "siamese": siamese,
    "transferred": transferred,
    "frozen base": frozen_base,
    "different arguments": different_arguments,
    "two branches": two_branches,
    "tuple of inputs": tuple_of_inputs,
    "dict of inputs": dict_of_inputs,
    "list of outputs": list_of_outputs,
    "dict of outputs": dict_of_outputs,
    "digits convnet": zoo_shapes.digits_convnet,
    "separable": zoo_shapes.separable,
    "transposed": zoo_shapes.transposed,
    "bytes image": zoo_shapes.bytes_image,
    "convolution 1d": zoo_shapes.convolution_1d,
    "embedding": zoo_shapes.embedding,
    "masked": zoo_shapes.masked,
    "masked without dropout": zoo_shapes.masked_without_dropout,
    "recurrent": zoo_shapes.recurrent,
    "with states": zoo_shapes.with_states,
    "time distributed": zoo_shapes.time_distributed,
    "transformer": zoo_shapes.transformer,
}
SLOW = {"with states", "recurrent", "different arguments", "time distributed", "masked without dropout"}
"""Those that take XLA seconds to compile."""
