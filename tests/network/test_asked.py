"""What a builder's arguments ask for by their names, as people write them."""

import sys

import numpy as np
import pytest

from posology.errors import InputError
from posology.execution.inspecting import _with_random_rows
from posology.network.asked import Outputs, asked_of, values_of
from posology.network.handed import source_of
from posology.network.source import open_source, parse_source

ROWS = np.zeros((9, 4), "float32")
HEAD = "import keras\nfrom keras.layers import Dense, Dropout, Input\n"


@pytest.fixture
def opened(tmp_path):
    """Write a network file, and build its network for four columns."""

    def run(signature, shape, last="Dense(1)", loss="mse", **outputs):
        layers = f"[Input(shape={shape}), Dense(5, activation='relu'), {last}]"
        body = f"    model = keras.Sequential({layers})\n    model.compile('adam', '{loss}')\n    return model\n"
        (tmp_path / "net.py").write_text(f"{HEAD}def build_model({signature}):\n{body}")
        return open_source(parse_source(f"{tmp_path / 'net.py'}:build_model"), **outputs)(ROWS)

    yield run
    sys.modules.pop("posology_user_net", None)
    sys.path[:] = [place for place in sys.path if place != str(tmp_path)]


def refused(function, *arguments):
    with pytest.raises(InputError) as caught:
        function(*arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("signature", "shape"),
    [
        ("input_dim", "(input_dim,)"),
        ("input_dim: int, dropout=0.2", "(input_dim,)"),
        ("n_features", "(n_features,)"),
        ("N_FEATURES", "(N_FEATURES,)"),
        ("*, num_columns", "(num_columns,)"),
        ("input_shape", "input_shape"),
        ("input_shape", "(input_shape,)"),
        ("input_shape", "(input_shape[0], input_shape[1])"),
        ("X, n_features", "(n_features,)"),
    ],
)
def test_the_number_of_columns_is_given_by_name(opened, signature, shape):
    assert opened(signature, shape).input_shape[:2] == (None, 4)


@pytest.mark.parametrize(
    ("name", "classes", "targets", "number"),
    [
        ("num_classes", 3, 1, 3),
        ("num_classes", 2, 1, 2),
        ("num_classes", 0, 1, 1),
        ("num_classes", 2, 3, 3),
        ("output_dim", 3, 1, 3),
        ("output_dim", 2, 1, 1),
        ("output_dim", 0, 2, 2),
        ("n_outputs", 2, 3, 3),
    ],
)
def test_the_number_of_outputs_is_that_of_the_target(name, classes, targets, number):
    asked = asked_of(eval(f"lambda input_dim, {name}: None"), "f")
    assert values_of(asked, ROWS, Outputs(classes, targets)) == {"input_dim": 4, name: number}


def test_a_classifier_by_two_numbers(opened):
    last, loss = "Dense(num_classes, activation='softmax')", "sparse_categorical_crossentropy"
    assert opened("input_dim, num_classes", "(input_dim,)", last, loss, classes=3).output_shape == (None, 3)


def test_a_function_that_fails_with_every_shape_says_what_the_first_said(opened):
    text = refused(opened, "input_shape", "input_shape.no")
    assert "build_model of 'net.py' fails: AttributeError: 'tuple' object has no attribute 'no' (line 4:" in text


def test_a_function_handed_over_in_python_is_given_the_same():
    import keras

    def build(n_features, num_classes):
        model = keras.Sequential([keras.Input((n_features,)), keras.layers.Dense(num_classes, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    source = source_of(build, lambda: ROWS, Outputs(classes=3))
    assert open_source(source)(ROWS).output_shape == (None, 3)


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        ("hp", "needs (hp). posology gives no hp of KerasTuner. Write beside it, with what a search found"),
        (
            "hp",
            "def model_build(): hp = keras_tuner.HyperParameters(); hp.values = {'units': 64}; return <lambda>(hp)",
        ),
        ("X_train, y_train, X_val, y_val", "posology trains the network itself, on the training rows of every fold"),
        ("input_dim, hidden_units", "knows input_dim, input_shape, n_classes and output_dim by their names: give"),
        ("input_dim, hidden_units", "(hidden_units=...)"),
        ("y, x_train", "posology trains the network itself"),
    ],
)
def test_what_nothing_is_known_of_is_asked_for(signature, message):
    assert message in refused(asked_of, eval(f"lambda {signature}: None"), "f")


def test_a_number_by_its_name_is_said_to_be_one(opened):
    text = refused(opened, "n_features", "(n_features.shape[1],)")
    assert "'int' object has no attribute 'shape'" in text
    assert "Its argument 'n_features' is given a number by its name, or a shape; call it x_train for the rows." in text


def test_without_a_table_a_function_that_asks_for_classes_gets_two(tmp_path):
    body = "    model = keras.Sequential([Input(shape=(input_dim,)), Dense(n_classes, activation='softmax')])\n"
    body += "    model.compile('adam', 'sparse_categorical_crossentropy')\n    return model\n"
    (tmp_path / "net.py").write_text(f"{HEAD}def build_model(input_dim, n_classes):\n{body}")
    _, _, _, notes, classes = _with_random_rows(parse_source(f"{tmp_path / 'net.py'}:build_model"))
    assert classes == 2
    assert "taken as 2 classes" in notes[0]


def test_named_inputs_have_no_one_number_of_columns():
    text = refused(values_of, asked_of(lambda input_dim: None, "f"), {"left": ROWS}, Outputs())  # noqa: ARG005
    assert "'input_dim' asks for one number of columns, and named inputs have each their own. Take x_train" in text
