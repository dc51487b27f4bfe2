"""Outputs and losses for classes: what each is given, what it gives, and what does not fit."""

import keras
import numpy as np
import pytest
from sklearn import metrics

from posology.errors import InputError
from posology.execution.inspecting import inspect_source
from posology.network.checks import check_model
from posology.network.choice import Choice
from posology.network.head_checks import check_scales
from posology.network.heads import Head, guessed_target
from posology.network.liveness import Proof
from posology.network.packed import PackedNetwork
from posology.network.question import model_build
from posology.network.source import NetworkSource
from posology.network.structure import structure_warnings

L, losses = keras.layers, keras.losses
NAME, WIDTH, ROWS = "net.py:model_build", 4, 12
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, WIDTH)).astype("float32")


def network(units, activation=None, loss="mse"):
    keras.utils.set_random_seed(1)
    hidden = L.Dense(5, activation="relu", name="hidden")
    model = keras.Sequential([keras.Input((WIDTH,)), hidden, L.Dense(units, activation=activation, name="last")])
    model.compile(loss=loss, optimizer="adam")
    return model


def check(model, name, widths, classes):
    check_model(model, name, widths, classes)
    check_scales(model, name, classes)


def unusual(y, prediction):
    return keras.ops.mean((y - prediction) ** 4, axis=-1)


# classes, units, activation, loss, and whether Keras wants a column for each class
FITTING = {
    "sigmoid": (2, 1, "sigmoid", "binary_crossentropy", False),
    "sigmoid, smoothed": (2, 1, "sigmoid", losses.BinaryCrossentropy(label_smoothing=0.1), False),
    "logit": (2, 1, None, losses.BinaryCrossentropy(from_logits=True), False),
    "binary focal": (2, 1, None, losses.BinaryFocalCrossentropy(from_logits=True, apply_class_balancing=True), False),
    "two of softmax": (2, 2, "softmax", "sparse_categorical_crossentropy", False),
    "softmax, sparse": (3, 3, "softmax", losses.SparseCategoricalCrossentropy(), False),
    "softmax": (3, 3, "softmax", "categorical_crossentropy", True),
    "logits, sparse": (3, 3, None, losses.SparseCategoricalCrossentropy(from_logits=True), False),
    "logits, smoothed": (3, 3, None, losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2), True),
    "focal": (3, 3, "softmax", losses.CategoricalFocalCrossentropy(), True),
    "divergence": (3, 3, "softmax", "kl_divergence", True),
    "a function": (3, 3, "softmax", unusual, True),
}


@pytest.fixture(params=FITTING, scope="module")
def case(request):
    classes, units, activation, loss, columns = FITTING[request.param]
    model = network(units, activation, loss)
    codes = np.arange(ROWS) % classes
    theirs = np.eye(classes, dtype="float32")[codes] if columns else codes[:, None].astype("float32")
    packed = PackedNetwork(model, classes=classes)
    weights = tuple(np.asarray(v) for v in model.trainable_variables)
    return classes, model, packed, weights, codes, theirs


def test_what_fits_is_taken(case):
    check(case[1], NAME, [WIDTH], case[0])


def test_the_loss_is_keras_own(case):
    _, model, packed, weights, codes, theirs = case
    y = codes[:, None].astype("float32")
    expected = float(model.test_on_batch(X, theirs))
    strengths = {"l1": np.zeros(1), "l2": np.zeros(1), "dropout": np.zeros(1)}
    _, (_, bare) = packed.loss(weights, (), X, y, None, strengths, np.uint32(0))
    assert float(bare) == pytest.approx(expected, rel=1e-5)
    assert float(np.mean(packed.row_losses(y, packed.predict(weights, (), X)))) == pytest.approx(expected, rel=1e-5)


def test_answers_are_probabilities_and_the_error_their_log_loss(case):
    classes, _, packed, weights, codes, _ = case
    prediction = packed.predict(weights, (), X)
    found = packed.answers(prediction)
    assert found.shape == (ROWS, classes)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(packed.answers(np.asarray(prediction)[None])[0], found)
    errors = packed.row_errors(codes[:, None].astype("float32"), prediction)
    exact = found.astype(float) / found.sum(axis=1, keepdims=True, dtype=float)
    assert float(np.mean(errors)) == pytest.approx(metrics.log_loss(codes, exact), rel=1e-5)


def test_a_look_without_a_table_guesses_the_classes(case):
    classes, model, *_ = case
    known = model.loss not in ("kl_divergence", unusual)
    assert guessed_target(model) == ((classes, 1) if known else (0, model.output_shape[-1]))


def test_a_sure_mistake_has_a_finite_log_loss():
    assert float(Head(2).log_losses(np.zeros((1, 1)), np.ones((1, 1), "float32"))[0]) == pytest.approx(16.118, abs=1e-3)


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_the_questions_network_has_the_head_that_the_target_needs(classes):
    model = model_build(X, classes)
    check(model, NAME, [WIDTH], classes)
    assert model.output_shape == (None, 3 if classes == 3 else 1)
    assert guessed_target(model) == (classes, 1)


@pytest.mark.parametrize(
    ("classes", "made", "message"),
    [
        (2, lambda: network(3, "softmax", "categorical_crossentropy"), "with outputs of shape (3,); the target has 2"),
        (
            2,
            lambda: network(3, "softmax"),
            "classes. End it with Dense(1, activation='sigmoid') and compile with loss=",
        ),
        (3, lambda: network(1, "sigmoid"), "End it with Dense(3, activation='softmax') and compile with loss='sparse_"),
        (2, lambda: network(1, "sigmoid", "mse"), "the loss mean_squared_error, which is for numbers, and the target"),
        (3, lambda: network(3, "softmax", losses.Huber()), "with the loss Huber, which is for numbers, and the target"),
        (2, lambda: network(1, "sigmoid", "categorical_crossentropy"), "which takes an output for each class, and has"),
        (2, lambda: network(1, "sigmoid", losses.SparseCategoricalCrossentropy()), "takes an output for each class"),
        (2, lambda: network(1, None, "binary_crossentropy"), "has an output that is not probabilities (such as "),
        (
            2,
            lambda: network(1, None, "binary_crossentropy"),
            "Give the last layer activation='sigmoid', or compile with keras.losses.BinaryCrossentropy(from_logits=",
        ),
        (
            3,
            lambda: network(3, "sigmoid", "sparse_categorical_crossentropy"),
            "activation='softmax', or compile with keras.losses.SparseCategoricalCrossentropy(from_logits=True).",
        ),
        (
            2,
            lambda: network(1, "sigmoid", losses.BinaryCrossentropy(from_logits=True)),
            "is compiled with from_logits=True, but its output gives probabilities already. Leave out from_logits, or",
        ),
        (
            3,
            lambda: network(3, "softmax", losses.CategoricalCrossentropy(from_logits=True)),
            "Leave out from_logits, or the activation softmax.",
        ),
        (0, lambda: network(3, "softmax"), "with outputs of shape (3,); a regression needs one number a row. End it"),
        (0, lambda: network(1, "softmax"), "ends with a softmax over one output, which is always 1. For a number end"),
        (2, lambda: network(1, "softmax", "binary_crossentropy"), "is always 1. End it with Dense(1, activation='sig"),
        (0, lambda: network(1, "sigmoid", "binary_crossentropy"), "the loss binary_crossentropy, which is for classes"),
        (2, lambda: network(1, "sigmoid", "hinge"), ""),
    ],
)
def test_what_does_not_fit_is_refused(classes, made, message):
    if not message:  # a loss that is not known may be one of classes
        check(made(), NAME, [WIDTH], classes)
        return
    with pytest.raises(InputError) as caught:
        check(made(), NAME, [WIDTH], classes)
    assert message in str(caught.value)
    assert str(caught.value).startswith(NAME)


@pytest.mark.parametrize("seed", range(6))
def test_an_output_below_zero_is_seen_whatever_the_weights(seed):
    """A tanh for hinge: of some weights it gives nothing but ones on some rows."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((WIDTH,)), L.Dense(8, activation="relu"), L.Dense(1, activation="tanh")])
    model.compile(loss="hinge", optimizer="adam")
    with pytest.raises(InputError, match="has an output that is not probabilities"):
        check(model, NAME, [WIDTH], 2)


def test_an_auxiliary_output_learns_the_classes_too():
    inputs = keras.Input((WIDTH,))
    hidden = L.Dense(5, activation="relu")(inputs)
    main, beside = L.Dense(3, activation="softmax", name="main")(hidden), L.Dense(3, name="beside")(inputs)
    model = keras.Model(inputs, [main, beside])
    of_logits = losses.CategoricalCrossentropy(from_logits=True)
    model.compile(loss=["sparse_categorical_crossentropy", of_logits], loss_weights=[1.0, 0.5], optimizer="adam")
    check(model, NAME, [WIDTH], 3)
    packed, weights = PackedNetwork(model, classes=3), tuple(np.asarray(v) for v in model.trainable_variables)
    codes = np.arange(ROWS) % 3
    prediction = packed.predict(weights, (), X)
    assert packed.answers(prediction).shape == (ROWS, 3)
    expected = float(model.test_on_batch(X, [codes[:, None], np.eye(3)[codes]], return_dict=True)["loss"])
    found = packed.row_losses(codes[:, None].astype("float32"), prediction)
    assert float(np.mean(found)) == pytest.approx(expected, rel=1e-5)
    model.compile(loss=["sparse_categorical_crossentropy", "categorical_crossentropy"], optimizer="adam")
    with pytest.raises(InputError, match="has an output 'beside' that is not probabilities"):
        check(model, NAME, [WIDTH], 3)


def test_numbers_that_are_not_finite_say_nothing_of_the_scale():
    model = network(1, None, losses.BinaryCrossentropy(from_logits=True))
    model.set_weights([np.full(w.shape, np.inf) for w in model.get_weights()])
    check_scales(model, NAME, 2)


def dropping(classes):
    keras.utils.set_random_seed(1)
    last = L.Dense(classes, activation="softmax")
    middle = [L.Dense(8, activation="relu", kernel_regularizer="l2"), L.Dropout(0.2), L.Dense(8, activation="relu")]
    model = keras.Sequential([keras.Input((WIDTH,)), *middle, last])
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
    return model


def test_regularizers_are_seen_to_act_on_classes():
    model = dropping(3)
    packed = PackedNetwork(model, classes=3)
    y = (np.arange(ROWS) % 3)[:, None].astype("float32")
    found = Proof(model, packed, packed.first_weights(0), X, y).liveness()
    assert {f.regularizer for f in found} == {"l1", "l2", "dropout"}
    assert all(f.live and f.still_at_zero for f in found)


def test_a_shift_of_means_is_said_of_numbers_only():
    model = dropping(3)
    assert "mean-shift" in {w.code for w in structure_warnings(model)}
    assert "mean-shift" not in {w.code for w in structure_warnings(model, classes=3)}


def test_a_dominating_penalty_speaks_of_no_scale_of_the_target():
    model = dropping(3)
    model.layers[0].kernel_regularizer = keras.regularizers.L2(1e6)
    heavy = keras.Sequential.from_config(model.get_config())
    heavy.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
    packed = PackedNetwork(heavy, classes=3)
    y = np.zeros((ROWS, 1), "float32")
    (warning,) = Proof(heavy, packed, packed.first_weights(0), X, y).strength_warnings()
    assert (warning.code, "standardised" in warning.text) == ("penalty-dominates", False)


def test_a_network_of_classes_is_looked_at_without_a_table(tmp_path):
    (tmp_path / "net.py").write_text(
        "import keras\n\ndef model_build():\n"
        "    model = keras.Sequential([keras.layers.Dense(4, 'relu'), keras.layers.Dense(3, 'softmax')])\n"
        "    model.compile(loss='categorical_crossentropy', optimizer='adam')\n    return model\n"
    )
    found = inspect_source(NetworkSource("file", str(tmp_path / "net.py"), "model_build"), None, Choice(), {})
    assert found["notes"][0] == "The target is taken as 3 classes, because the loss is for classes."
    assert found["lines"][-1].endswith("Dense(3, activation='softmax')")
    assert all(seen["live"] for site in found["sites"] for seen in site["regularizers"].values())
