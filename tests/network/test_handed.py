"""A network handed over in Python: as its configuration, or by its file where only that has its parts."""

import importlib
import sys

import keras
import numpy as np
import pytest

from posology.network.handed import source_of
from posology.network.source import NetworkSource, open_source

FILE = """
import keras


@keras.saving.register_keras_serializable(package="mine")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.01 * step

    def get_config(self):
        return {}


def build(x_train, rate=None):
    model = keras.Sequential([keras.Input((x_train.shape[1],)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(rate or WarmUp()))
    return model


def plain(x_train):
    return build(x_train, 0.01)
"""


@pytest.fixture
def net(tmp_path, monkeypatch):
    (tmp_path / "net_of_handed.py").write_text(FILE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("net_of_handed")
    del sys.modules["net_of_handed"]


def rows():
    return np.zeros((4, 3), "float32")


def test_a_function_whose_file_has_an_own_schedule_is_taken_from_its_file(net):
    source = source_of(net.build, rows)
    assert source == NetworkSource("file", net.__file__, "build")
    model = open_source(source)(rows())
    assert type(model.optimizer._learning_rate).__name__ == "WarmUp"


def test_a_function_of_stock_parts_is_taken_as_it_is_in_this_process(net):
    assert source_of(net.plain, rows).kind == "config"


def test_a_function_that_its_file_does_not_name_is_not_looked_for_there(net):
    assert source_of(lambda: net.build(rows()), rows).kind == "config"


def test_the_program_itself_is_not_run_again(net):
    net.build.__module__ = "__main__"
    assert source_of(net.build, rows).kind == "config"


def test_a_model_has_no_file(net):
    assert source_of(net.build(rows()), rows).kind == "config"
    assert keras.models.model_from_json(source_of(net.plain(rows()), rows).config).count_params() == 4
