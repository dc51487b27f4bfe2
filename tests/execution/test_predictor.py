import keras
import numpy as np

from posology.execution.predictor import Predictor
from posology.network.average import average_of
from posology.network.heads import Head
from posology.network.source import NetworkSource


def sure(_):
    """A network that is as sure as float32 can be."""
    rows = keras.Input((1,))
    return keras.Model(
        rows, keras.layers.Dense(1, "sigmoid", kernel_initializer=keras.initializers.Constant(200))(rows)
    )


def test_averages_of_sure_networks_are_probabilities(tmp_path):
    average_of([sure(i) for i in range(5)], Head(2)).save(tmp_path / "model.keras")
    predictor = Predictor((tmp_path / "model.keras").read_bytes(), NetworkSource("question"), 2, logits=False)
    found = predictor.predict(np.array([[-1.0], [1.0], [0.001]], "float32"))
    assert (found >= 0).all()
    assert (found <= 1).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-15)
