"""A network file is run for the layers that it defines only where it is the one that the study ran."""

import json

import keras
import pytest

from posology.errors import InputError
from posology.execution.predicting import load_network
from posology.network.source import NetworkSource
from posology.study_json import SCHEMA

NETWORK = """
import keras

from pathlib import Path
Path(__file__).with_name("ran").touch()


class Own(keras.layers.Layer):
    def call(self, x):
        return x
"""


class Own(keras.layers.Layer):
    def call(self, x):
        return x


@pytest.fixture
def model(tmp_path):
    """Lay out a study whose network has a layer of the user's own."""
    (tmp_path / "net.py").write_text(NETWORK)
    source = NetworkSource("file", str(tmp_path / "net.py"), "model_build")
    held = {"schema": SCHEMA, "settings": {"source": source.to_dict()}, "network": source.fingerprint()}
    (tmp_path / "study.json").write_text(json.dumps(held))
    keras.Sequential([keras.Input((3,)), Own(), keras.layers.Dense(1)]).save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_the_file_that_the_study_ran_is_run(model):
    assert type(load_network(model).layers[0]).__name__ == "Own"
    assert model.with_name("ran").exists()


def test_a_changed_file_is_not_run(model):
    with model.with_name("net.py").open("a") as file:
        file.write("# one line more")
    with pytest.raises(InputError, match=r"that it imports, differs\. It was not run\."):
        load_network(model)
    assert not model.with_name("ran").exists()


def test_a_file_that_imports_what_was_changed_is_not_run(tmp_path, model):
    (tmp_path / "beside.py").write_text("changed = False\n")
    model.with_name("net.py").write_text(f"import beside\n{NETWORK}")
    held = json.loads(model.with_name("study.json").read_text())
    source = NetworkSource(**held["settings"]["source"])
    model.with_name("study.json").write_text(json.dumps({**held, "network": source.fingerprint()}))
    assert type(load_network(model).layers[0]).__name__ == "Own"
    (tmp_path / "beside.py").write_text("changed = True\n")
    with pytest.raises(InputError, match=r"that it imports, differs\. It was not run\."):
        load_network(model)


def test_a_file_that_is_not_needed_may_be_gone(model):
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]).save(model)
    model.with_name("net.py").unlink()
    assert len(load_network(model).layers) == 1
