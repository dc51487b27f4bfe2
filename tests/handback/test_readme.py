import keras
import numpy as np
import pytest

from posology.handback.readme import own_layers


@keras.saving.register_keras_serializable(package="mine")
class Halved(keras.layers.Layer):
    def call(self, x):
        return x / 2


@keras.saving.register_keras_serializable(package="mine")
def cubed(x):
    return x**3


def saved(path, *layers):
    model = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    model.save(path)
    return path


@pytest.mark.parametrize("activation", ["relu", keras.activations.gelu])
def test_nothing_of_keras_own_is_named(tmp_path, activation):
    layer = keras.layers.Dense(4, activation, kernel_regularizer="l2", kernel_constraint="max_norm")
    assert own_layers(saved(tmp_path / "m.keras", layer, keras.layers.BatchNormalization())) == ()


def test_a_graph_of_operations_names_nothing(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.ops.relu(inputs) * np.ones(3, "float32")))
    model.save(tmp_path / "m.keras")
    assert own_layers(tmp_path / "m.keras") == ()


def test_parts_of_the_users_own_are_named(tmp_path):
    assert own_layers(saved(tmp_path / "m.keras", Halved(), keras.layers.Dense(4, cubed))) == ("Halved", "cubed")


@keras.saving.register_keras_serializable(package="mine")
class Falling(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.01 / (1.0 + step)

    def get_config(self):
        return {}


def test_what_only_trains_needs_no_import(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(Falling()))
    model.save(tmp_path / "m.keras")
    assert own_layers(tmp_path / "m.keras") == ()
    assert keras.models.load_model(tmp_path / "m.keras", compile=False).count_params() == 4
