"""A network of several targets has an output with a number for each; what has another is told what to write."""

import keras
import numpy as np
import pytest

from posology.errors import InputError
from posology.execution.inspecting import inspect_source
from posology.network import question, strong
from posology.network.checks import check_model
from posology.network.choice import ALL
from posology.network.head_checks import check_scales
from posology.network.heads import Head
from posology.network.packed import PackedNetwork
from posology.network.reach import check_reach
from posology.network.source import NetworkSource

L = keras.layers
NAME, WIDTH = "net.py:model_build", 3


def network(*last, loss="mse"):
    x = keras.Input((WIDTH,))
    hidden = L.Dense(4, activation="relu")(x)
    outputs = [layer(hidden) for layer in last]
    model = keras.Model(x, outputs if len(outputs) > 1 else outputs[0])
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize(
    ("model", "targets", "says"),
    [
        ([L.Dense(1)], 2, "with outputs of shape (1,); 2 targets need 2 numbers a row in one output. End it with"),
        ([L.Dense(3)], 2, "with outputs of shape (3,); 2 targets need 2 numbers a row in one output. End it with"),
        ([L.Dense(1), L.Dense(1)], 2, "End it with Dense(2), or join its outputs: keras.layers.Concatenate()([...])."),
        ([L.Dense(2)], 1, "a regression needs one number a row. End it with Dense(1), or name a target for each"),
        ([L.Dense(2, activation="softmax")], 2, "ends with a softmax over 2 outputs, whose sum is always 1."),
    ],
)
def test_another_number_of_outputs_is_refused(model, targets, says):
    with pytest.raises(InputError) as caught:
        check_model(network(*model), NAME, [WIDTH], 0, targets)
    assert says in str(caught.value)


@pytest.mark.parametrize("loss", ["mse", "mae", keras.losses.Huber(0.5), "log_cosh"])
def test_losses_of_numbers_are_taken(loss):
    check_model(network(L.Dense(2), loss=loss), NAME, [WIDTH], 0, 2)


def test_a_loss_that_keeps_the_targets_apart_is_their_mean():
    def squares(y, prediction):
        return (y - prediction) ** 2

    model = network(L.Dense(2), loss=squares)
    check_model(model, NAME, [WIDTH], 0, 2)
    y, p = np.zeros((3, 2), "float32"), np.array([[1, 3], [0, 2], [0, 0]], "float32")
    assert np.asarray(PackedNetwork(model, targets=2).row_losses(y, p)).tolist() == [5.0, 2.0, 0.0]


def test_bounded_outputs_are_refused():
    with pytest.raises(InputError, match=r"End it with Dense\(2\) and no activation"):
        check_reach(network(L.Dense(2, activation="sigmoid")), NAME)


@pytest.mark.parametrize("build", [question.model_build, strong.model_build])
def test_own_networks_have_an_output_for_each(build):
    rows = keras.ops.convert_to_numpy(keras.random.normal((40, WIDTH)))
    model = build(rows, targets=3)
    assert model.output_shape == (None, 3)
    check_model(model, NAME, [WIDTH], 0, 3)


def test_a_network_without_a_table_is_looked_at_with_as_many_targets_as_outputs(tmp_path):
    (tmp_path / "net.py").write_text(
        "import keras\n\n\ndef build(x):\n    layers = [keras.Input((x.shape[1],)), keras.layers.Dense(4, 'relu'),\n"
        "        keras.layers.Dropout(0.1), keras.layers.Dense(2)]\n    model = keras.Sequential(layers)\n"
        "    model.compile('sgd', 'mse')\n    return model\n"
    )
    seen = inspect_source(NetworkSource("file", str(tmp_path / "net.py"), "build"), None, ALL, {})
    assert seen["notes"][0] == "2 targets are assumed, because the network has so many outputs."
    assert all(one["live"] for site in seen["sites"] for one in site["regularizers"].values())


@pytest.mark.parametrize("last", ["Dense(3, 'sigmoid')", "Dense(3)"])
def test_a_network_of_labels_is_looked_at_without_a_table(last, tmp_path):
    loss = f"keras.losses.BinaryCrossentropy(from_logits={last == 'Dense(3)'})"
    (tmp_path / "net.py").write_text(
        "import keras\n\n\ndef build(x):\n    layers = [keras.Input((x.shape[1],)), keras.layers.Dense(4, 'relu'),\n"
        f"        keras.layers.{last}]\n    model = keras.Sequential(layers)\n"
        f"    model.compile('sgd', {loss})\n    return model\n"
    )
    seen = inspect_source(NetworkSource("file", str(tmp_path / "net.py"), "build"), None, ALL, {})
    said = "The targets are taken as 3 labels, because the loss is binary and has so many outputs."
    assert seen["notes"][0] == said
    assert all(one["live"] for site in seen["sites"] for one in site["regularizers"].values())


def check_labels(model):
    check_model(model, NAME, [WIDTH], 2, 3)
    check_scales(model, NAME, 2, 3)


SIGMOID, SOFTMAX = {"activation": "sigmoid"}, {"activation": "softmax"}


@pytest.mark.parametrize(
    ("model", "loss", "says"),
    [
        (
            [L.Dense(2, **SIGMOID)],
            "binary_crossentropy",
            "3 labels need 3 probabilities a row. End it with Dense(3, act",
        ),
        ([L.Dense(3, **SIGMOID)], "mse", "the loss mean_squared_error, which is for numbers"),
        (
            [L.Dense(3, **SOFTMAX)],
            "categorical_crossentropy",
            "which is for one class a row, and a row may have any of 3",
        ),
        (
            [L.Dense(3, **SOFTMAX)],
            "binary_crossentropy",
            "whose 3 probabilities add up to 1, and labels do not exclude",
        ),
        (
            [L.Dense(3)],
            "binary_crossentropy",
            "Give the last layer activation='sigmoid', or compile with keras.losses.Bi",
        ),
        (
            [L.Dense(3, **SIGMOID)],
            keras.losses.BinaryCrossentropy(from_logits=True),
            "Leave out from_logits, or the activation sigmoid.",
        ),
    ],
)
def test_outputs_that_are_not_of_labels_are_refused(model, loss, says):
    with pytest.raises(InputError) as caught:
        check_labels(network(*model, loss=loss))
    assert says in str(caught.value)


@pytest.mark.parametrize("loss", ["binary_crossentropy", keras.losses.BinaryFocalCrossentropy(), "hinge"])
def test_outputs_of_labels_are_taken(loss):
    check_labels(network(L.Dense(3, **SIGMOID), loss=loss))


def test_own_networks_give_a_probability_for_each_label():
    rows = keras.ops.convert_to_numpy(keras.random.normal((40, WIDTH)))
    for build in (question.model_build, strong.model_build):
        check_labels(build(rows, classes=2, targets=3))


def test_targets_of_labels_are_shares_already():
    head, y = Head(2, labels=2), np.array([[1.0, 0.0], [0.5, 1.0]], "float32")
    np.testing.assert_array_equal(head.shares(y), y)
    np.testing.assert_array_equal(head.target(y, y), y)
    p = np.array([[0.25, 0.5], [0.9, 0.9]], "float32")
    np.testing.assert_allclose(head.log_losses(y.round(), p)[0], (np.log(4) + np.log(2)) / 2, rtol=1e-6)
