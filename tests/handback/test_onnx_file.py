"""Networks as ONNX predict in onnxruntime as in Keras."""

from importlib.util import find_spec

import keras
import numpy as np
import pytest

from posology.errors import InputError
from posology.handback.onnx_file import write_onnx

L = keras.layers
pytestmark = pytest.mark.skipif(
    not (find_spec("jax2onnx") and find_spec("onnxruntime")), reason="needs pip install 'posology[onnx]'"
)


def dense():
    layers = [L.Dense(16, activation="relu"), L.Dropout(0.2), L.Dense(8, activation="gelu"), L.Dense(1)]
    return keras.Sequential([keras.Input((6,)), *layers])


def batchnorm():
    return keras.Sequential([keras.Input((6,)), L.BatchNormalization(), L.Dense(8, activation="elu"), L.Dense(1)])


def conv():
    layers = [L.Reshape((6, 1)), L.Conv1D(4, 3, activation="swish"), L.GlobalAveragePooling1D(), L.Dense(1)]
    return keras.Sequential([keras.Input((6,)), *layers])


def image():
    layers = [L.Conv2D(4, 3, activation="relu"), L.BatchNormalization(), L.Flatten(), L.Dense(1)]
    return keras.Sequential([keras.Input((8, 8, 1)), *layers])


def embedding():
    numbers, codes = keras.Input((3,)), keras.Input((2,), dtype="int32")
    x = L.Concatenate()([numbers, L.Flatten()(L.Embedding(7, 4)(codes))])
    return keras.Model([numbers, codes], L.Dense(1)(L.LayerNormalization()(L.Dense(8, activation="selu")(x))))


@pytest.mark.parametrize("build", [dense, batchnorm, conv, image, embedding])
def test_predictions_are_those_of_keras(build, tmp_path):
    import onnxruntime

    model = build()
    rng = np.random.default_rng(0)
    for variable in model.weights:
        if "moving" in variable.path:
            variable.assign(rng.uniform(0.5, 2, variable.shape))
    write_onnx(model, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    for rows in (1, 33):  # of any number
        given = [
            rng.integers(0, 7, (rows, *t.shape[1:])).astype(t.dtype)
            if t.dtype == "int32"
            else rng.normal(size=(rows, *t.shape[1:])).astype(t.dtype)
            for t in model.inputs
        ]
        names = [one.name for one in session.get_inputs()]
        got = session.run(None, dict(zip(names, given, strict=True)))[0]
        np.testing.assert_allclose(got, model.predict(given if len(given) > 1 else given[0], verbose=0), atol=1e-5)


def test_what_cannot_be_written_is_refused(tmp_path):
    layers = [L.Conv2D(4, 3), L.MaxPooling2D(), L.Flatten(), L.Dense(1)]  # jax2onnx 0.17.1 writes a pool of no size
    with pytest.raises(InputError, match=r"cannot be handed over as ONNX: .*Use --to keras"):
        write_onnx(keras.Sequential([keras.Input((8, 8, 1)), *layers]), tmp_path / "m.onnx")
