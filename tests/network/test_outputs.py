"""Which output is scored, and what the others are."""

import keras
import numpy as np
import pytest

from posology.network.outputs import notes_on_outputs, output_names, scored_output
from posology.network.packed import PackedNetwork

from .building import sequential

L = keras.layers


def model_of(shape):
    x = keras.Input((3,), name="x")
    return keras.Model(x, shape(L.Dense(1, name="b")(x), L.Dense(1, name="a")(x)))


@pytest.mark.parametrize(
    ("shape", "names", "scored"),
    [
        (lambda b, _: b, ["b"], "b"),
        (lambda b, a: [b, a], ["b", "a"], "b"),
        (lambda b, a: {"z": b, "y": a}, ["y", "z"], "z"),
        (lambda b, a: {"y": b, "z": a}, ["y", "z"], "y"),
    ],
)
def test_the_first_output_as_the_user_wrote_them_is_scored(shape, names, scored, tmp_path):
    model = model_of(shape)
    model.save(tmp_path / "m.keras")
    for each in (model, keras.models.load_model(tmp_path / "m.keras")):
        assert output_names(each) == names
        assert output_names(each)[scored_output(each)] == scored


def test_what_several_outputs_are_for_is_said():
    assert notes_on_outputs(model_of(lambda b, _: b)) == ()
    assert notes_on_outputs(model_of(lambda b, a: {"z": b, "y": a})) == (
        "Output 'z' is scored; 'y' learns the same target beside it.",
    )
    assert notes_on_outputs(keras.Sequential([keras.Input((3,)), L.Dense(1)])) == ()


def test_a_loss_of_each_column_is_one_of_each_row():
    model = sequential((3,), keras.layers.Dense(1))
    model.compile(loss=lambda y, p: (y - p) ** 2, optimizer="sgd")
    y, p = np.zeros((4, 1), "float32"), np.arange(4, dtype="float32")[:, None]
    assert np.asarray(PackedNetwork(model).row_losses(y, p)).tolist() == [0.0, 1.0, 4.0, 9.0]
