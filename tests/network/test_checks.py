"""What a network must be: every refusal names the builder, says what is wrong and what to write."""
# ruff: noqa: ARG005  losses have two arguments

import keras
import numpy as np
import pytest

from posology.errors import InputError
from posology.network.checks import check_model

from .zoo import ZOO

L = keras.layers
NAME = "net.py:model_build"
WIDTH = 6


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = L.Dense(1)

    def call(self, x):
        return self.dense(x)


class Functional(keras.Model):
    """Made of inputs and outputs: its layers can be seen."""


class OwnWithDropout(L.Layer):
    def __init__(self):
        super().__init__()
        self.drop = L.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


class OwnWithDropoutInPlainPython(L.Layer):
    """Keras does not see it: it is in an object of Python's, in a list, in a dictionary."""

    class Parts:
        def __init__(self):
            self.of = {"drop": [L.Dropout(0.5)]}

    def __init__(self):
        super().__init__()
        self.parts = self.Parts()

    def call(self, x):
        return self.parts.of["drop"][0](x)


class OwnSteps(keras.Model):
    def train_step(self, *data):
        return super().train_step(*data)


class OwnCall(keras.Model):
    def call(self, x, training=None, mask=None):
        return 2 * super().call(x, training=training, mask=mask)


class OwnPrediction(keras.Model):
    def predict_step(self, data):
        return super().predict_step(data) * 2


class OwnLoss(keras.Sequential):
    def compute_loss(self, *data, **more):
        return super().compute_loss(*data, **more)


class OfAnArray(L.Layer):
    def __init__(self, numbers):
        super().__init__()
        self.numbers = numbers

    def call(self, x):
        return x * self.numbers


class Tied(L.Layer):
    def __init__(self, other, **settings):
        super().__init__(**settings)
        self.other = other

    def call(self, x):
        return x @ keras.ops.transpose(self.other.kernel)


class OwnOptimizer(keras.optimizers.SGD):
    def __init__(self):
        super().__init__(0.1)


class Stepwise(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1 if step < 100 else 0.01

    def get_config(self):
        return {}


class CalledLoss(keras.losses.Loss):
    def __call__(self, y_true, y_pred, sample_weight=None):  # noqa: ARG002
        return keras.ops.mean((y_true - y_pred) ** 2)


async def later():
    return None


def optimized(optimizer):
    model = sequential(L.Dense(1))
    model.compile(loss="mse", optimizer=optimizer)
    return model


def looking_back():
    dense, inputs = L.Dense(1), keras.Input((WIDTH,))
    outputs = dense(inputs)

    def loss(y, p):
        return keras.ops.mean((y - p) ** 2, axis=-1) + keras.ops.sum(dense.kernel**2)

    return functional(inputs, outputs, loss)


def squared(x):
    return x**2


def sequential(*layers, width=WIDTH, loss="mse", **options):
    model = keras.Sequential([*([keras.Input((width,))] if width else []), *layers])
    model.compile(loss=loss, optimizer="adam", **options)
    return model


def functional(inputs, outputs, loss="mse"):
    model = keras.Model(inputs, outputs)
    model.compile(loss=loss, optimizer="adam")
    return model


def two_outputs():
    inputs = keras.Input((WIDTH,))
    return functional(inputs, [L.Dense(1)(inputs), L.Dense(1)(inputs)])


def two_inputs():
    inputs = [keras.Input((WIDTH,)), keras.Input((WIDTH,))]
    return functional(inputs, L.Dense(1)(L.Concatenate()(inputs)))


def subclassed():
    model = Subclassed()
    model.compile(loss="mse", optimizer="adam")
    return model


def subclassed_with_steps():
    model = type("Steps", (Subclassed, OwnSteps), {})()
    model.compile(loss="mse", optimizer="adam")
    return model


def with_a_decoder():
    inputs = keras.Input((WIDTH,))
    code = L.Dense(3)(inputs)
    return functional(inputs, [L.Dense(WIDTH, name="decoder")(code), L.Dense(1, name="answer")(code)])


def of_class(kind):
    inputs = keras.Input((WIDTH,))
    model = kind(inputs, L.Dense(1)(inputs))
    model.compile(loss="mse", optimizer="adam")
    return model


def own_loss():
    model = OwnLoss([keras.Input((WIDTH,)), L.Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model


def layer_in_two_models():
    dense = L.Dense(WIDTH, name="common")
    one, two = (keras.Sequential([keras.Input((WIDTH,)), dense], name=name) for name in ("one", "two"))
    return sequential(one, two, L.Dense(1))


def layer_in_and_beside_a_model():
    dense = L.Dense(WIDTH, name="common")
    inputs = keras.Input((WIDTH,))
    block = keras.Sequential([keras.Input((WIDTH,)), dense], name="block")
    return functional(inputs, L.Dense(1)(dense(block(inputs))))


def tied():
    inputs = keras.Input((WIDTH,))
    dense = L.Dense(4, name="there")
    return functional(inputs, L.Dense(1)(Tied(dense, name="back")(dense(inputs))))


def subclassed_inside():
    inside = Subclassed()
    inside.name = "inside"
    return sequential(inside)


def layer_kept_aside():
    model = of_class(keras.Model)
    model.aside = L.Dense(3, name="aside")
    model.aside.build((None, WIDTH))
    return model


def frozen():
    model = sequential(L.Dense(1))
    model.trainable = False
    return model


def of_type(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return sequential(L.Dense(4, name="hidden"), L.Dropout(0.1), L.Dense(1, dtype="float32"))
    finally:
        keras.config.set_dtype_policy(before)


def input_of_type(kind):
    model = keras.Sequential([keras.Input((WIDTH,), dtype=kind, name="given"), L.Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model


def stateful():
    model = keras.Sequential([keras.Input(batch_shape=(2, 3, 2)), L.LSTM(2, stateful=True, name="kept"), L.Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model


def dropout_in_a_wrapped_model():
    block = keras.Sequential([keras.Input((2,)), L.Dense(3), L.Dropout(0.1)])
    return sequential(L.Reshape((3, 2)), L.TimeDistributed(block), L.Flatten(), L.Dense(1))


def not_compiled():
    return keras.Sequential([keras.Input((WIDTH,)), L.Dense(1)])


def no_loss():
    model = not_compiled()
    model.compile(optimizer="adam")
    return model


@pytest.mark.parametrize(
    "loss",
    ["mse", "mae", "huber", keras.losses.LogCosh(), keras.losses.mean_squared_error, lambda y, p: (y - p) ** 2],
)
def test_losses_that_can_be_studied(loss):
    check_model(sequential(L.Dense(1), loss=loss), NAME, [WIDTH])


def test_an_activation_that_is_a_layer_without_weights_can_be_studied():
    check_model(sequential(L.Dense(4, activation=L.LeakyReLU(negative_slope=0.2)), L.Dense(1)), NAME, [WIDTH])


def test_a_network_without_an_input_is_built_for_the_table():
    model = sequential(L.Dense(4), L.Dense(1), width=None)
    check_model(model, NAME, [WIDTH])
    assert model.inputs[0].shape == (None, WIDTH)


def test_a_class_of_ones_own_made_of_inputs_and_outputs_is_functional():
    inputs = keras.Input((WIDTH,))
    model = Functional(inputs, L.Dense(1)(inputs))
    model.compile(loss="mse", optimizer="adam")
    check_model(model, NAME, [WIDTH])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: None, "gave nothing: it returns None. End it with 'return model'."),
        (lambda: 3, "gave a value of type int, not a model of Keras 3. Return a compiled keras.Sequential or"),
        (lambda: (not_compiled(), 1), "gave a value of type tuple, not a model of Keras 3."),
        (lambda: np.float32(1), "gave a value of type numpy's float32, not a model of Keras 3."),
        (lambda: (not_compiled(), 1), "There is a model in it: return that alone."),
        (lambda: keras.Sequential, "gave the class Sequential itself, not a model of Keras 3."),
        (lambda: keras.callbacks.History(), "fit() returns the history of a training: return the model that it is"),
        (lambda: (i for i in ()), "gave a value of type generator, not a model of Keras 3. It yields: write return."),
        (later, "gave a value of type coroutine, not a model of Keras 3. It is an async function: write def."),
        (not_compiled, "is not compiled, so its loss and optimizer are unknown. Add model.compile(loss='mse'"),
        (
            lambda: keras.Sequential([L.Dense(1, "sigmoid")]),
            "Add model.compile(loss='binary_crossentropy', optimizer='ad",
        ),
        (
            lambda: keras.Sequential([L.Dense(3, "softmax")]),
            "model.compile(loss='sparse_categorical_crossentropy', opt",
        ),
        (no_loss, "is compiled without a loss. Write model.compile(loss='mse', ...) in it."),
        (subclassed, "gave a subclassed model (Subclassed): its layers are hidden in Python code"),
        (subclassed_with_steps, "Its own train_step() would not be run: write what that does as the loss."),
        (lambda: sequential(L.Dense(1), width=5), "for inputs of shape (5,), but the prepared table has 6 columns"),
        (lambda: sequential(L.Dense(1), width=5), "Take the width from the rows: Input(shape=(x_train.shape[1],))."),
        (lambda: sequential(L.Dense(3)), "with outputs of shape (3,); a regression needs one number a row. End it"),
        (
            lambda: sequential(OwnWithDropout(), L.Dense(1)),
            "(OwnWithDropout), that has a Dropout inside, which posology cannot set",
        ),
        (
            lambda: sequential(OwnWithDropout(), L.Dense(1)),
            "write layer.call(x) in place of layer(x): its layers are then",
        ),
        (
            with_a_decoder,
            "of shape (6,), (1,); all learn the target, and 'decoder' cannot. Leave it out of keras.Model(",
        ),
        (lambda: sequential(OwnWithDropoutInPlainPython(), L.Dense(1)), "that has a Dropout inside, which posology"),
        (dropout_in_a_wrapped_model, "(TimeDistributed), that wraps a Dropout inside, which posology cannot set"),
        (lambda: sequential(L.Lambda(squared), L.Dense(1)), "has a Lambda layer, 'lambda"),
        (lambda: of_class(OwnSteps), "a model whose class OwnSteps has its own train_step(), which posology would not"),
        (lambda: of_class(OwnPrediction), "a model whose class OwnPrediction has its own predict_step(), which"),
        (lambda: of_class(OwnCall), "a model whose class OwnCall has its own call(), which posology would not run"),
        (own_loss, "a model whose class OwnLoss has its own compute_loss(), which posology would not run"),
        (layer_in_two_models, "has one layer in two of its models, as 'one/common' and as 'two/common'."),
        (layer_in_and_beside_a_model, "has one layer in two of its models, as 'block/common' and as 'common'."),
        (tied, "has layers that share a weight, 'there' and 'back' ('kernel')"),
        (subclassed_inside, "has a subclassed model inside, 'inside' (Subclassed): its layers are hidden"),
        (subclassed_inside, "write model.call(x) in place of model(x)"),
        (layer_kept_aside, "has weights that no layer of its graph owns, such as 'aside/kernel'"),
        (
            lambda: sequential(L.Dropout(0.2)),
            "has no weights: nothing in it learns. Add a layer that has some, such as",
        ),
        (frozen, "has no trainable weights: every layer is frozen. Set layer.trainable = True on some."),
        (lambda: of_type("mixed_bfloat16"), "has layer 'hidden' of type bfloat16; posology trains in float32."),
        (lambda: of_type("mixed_float16"), "has layer 'hidden' of type float16; posology trains in float32."),
        (lambda: of_type("float16"), "has layer 'hidden' of type float16; posology trains in float32."),
        (lambda: input_of_type("float64"), "has input 'given' of type float64; posology trains in float32."),
        (stateful, "has a stateful layer, 'kept': it carries its state from one batch to the next"),
        (
            lambda: sequential(L.Dense(2, name="a"), L.Dense(2, name="dropout_after_a"), L.Dense(1)),
            "has a layer named 'dropout_after_a', which is how posology names a Dropout that it puts after 'a'",
        ),
        (
            lambda: sequential(L.Dense(2, activation=L.PReLU()), L.Dense(1)),
            "whose activation is a layer with weights of its own, PReLU, which Keras makes only when the model first",
        ),
        (
            lambda: sequential(OfAnArray(np.ones(WIDTH)), L.Dense(1)),
            "cannot be made again from its own configuration. Give its class a get_config() that returns",
        ),
        (
            lambda: sequential(L.Dense(2, activation=squared), L.Dense(1)),
            "Keras says: Could not locate function 'squared'.",
        ),
        (
            lambda: sequential(L.Dense(2, kernel_regularizer=lambda w: w), L.Dense(1)),
            "above its def or class, a named one, and give the class a get_config().",
        ),
        (
            lambda: sequential(L.Dense(2, activation=squared), L.Dense(1)),
            "It was given a function or an object of your own: write @keras.saving.register_keras_serializable()",
        ),
        (
            lambda: optimized(OwnOptimizer()),
            "The optimizer of net.py:model_build (OwnOptimizer) cannot be copied: Type",
        ),
        (lambda: optimized(keras.optimizers.SGD(Stepwise())), "The learning-rate schedule of net.py:model_build fails"),
        (
            lambda: optimized(keras.optimizers.SGD(Stepwise())),
            "Numbers are traced there: choose by keras.ops.where(",
        ),
        (
            lambda: sequential(L.Dense(1), loss=keras.losses.MeanSquaredError),
            "is compiled with a class as its loss. Write loss=MeanSquaredError(), with brackets.",
        ),
        (
            lambda: sequential(L.Dense(1), loss=keras.losses.MeanSquaredError(reduction=None)),
            "does not reduce a batch to one number, which training makes smaller. Leave out reduction=None",
        ),
        (
            lambda: sequential(L.Dense(1), loss=lambda y, p: (y - p) ** 2 if (y > 0).all() else y),
            "Numbers are traced there: choose by keras.ops.where(condition, this, that) in place of if, while, and",
        ),
        (looking_back, "computes with weights of the model, beside the target and the output: posology trains copies"),
        (
            lambda: sequential(L.Dense(1), loss=CalledLoss()),
            "a loss whose class CalledLoss has its own __call__(). Name it call(self, y_true, y_pred)",
        ),
        (
            lambda: sequential(L.Dense(1), loss=lambda y, p: (y - p[:, 0]) ** 2),
            "gives shape (3, 3) for three rows; it must give one number a row",
        ),
        (lambda: sequential(L.Dense(1), loss=lambda y, p: 1 / 0), "fails on three rows: ZeroDivisionError"),
        (
            lambda: sequential(L.Dense(1), loss=lambda y, p: np.mean((y - np.sqrt(p)) ** 2, axis=-1)),
            "fails on three rows: TracerArrayConversionError: The numpy.ndarray conversion method",
        ),
        (
            lambda: sequential(L.Dense(1), loss=lambda y, p: np.mean((y - np.sqrt(p)) ** 2, axis=-1)),
            "posology runs networks on JAX: write keras.ops, such as keras.ops.mean, in place of functions of",
        ),
        (
            lambda: sequential(L.Dense(1), loss=lambda y, p: keras.ops.mean((y - p) ** 2)),
            "gives shape () for three rows; it must give one number a row. Average over the last axis only",
        ),
    ],
)
def test_networks_that_cannot_be_studied(make, message):
    with pytest.raises(InputError) as caught:
        check_model(make(), NAME, [WIDTH])
    assert message in str(caught.value)
    assert NAME in str(caught.value)


def test_a_network_that_cannot_be_built_for_the_table():
    model = sequential(L.Reshape((5, 5)), L.Flatten(), L.Dense(1), width=None)
    with pytest.raises(InputError, match="gave a model that cannot be built for 6 columns"):
        check_model(model, NAME, [WIDTH])


def test_checking_leaves_the_network_as_it_is():
    model = ZOO["question"]()
    before = [np.asarray(v) for v in model.variables]
    check_model(model, NAME, [WIDTH])
    for old, new in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, np.asarray(new))


def test_a_type_that_keras_is_set_to_is_told_where_it_is_set():
    keras.config.set_floatx("float16")
    try:
        model = sequential(L.Dense(1))
        with pytest.raises(
            InputError, match=r"of type float16; .* Keras is set to float16, by keras\.json in ~/\.keras or"
        ):
            check_model(model, "net.py:model_build", [WIDTH])
    finally:
        keras.config.set_floatx("float32")
