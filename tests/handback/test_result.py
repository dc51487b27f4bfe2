"""What a study's result hands back in Python."""

import json
import sys

import keras
import numpy as np
import pandas as pd
import pytest

from posology import InputError, Study
from posology.handback.embedded import input_columns
from posology.handback.writing import prescribed_doses
from posology.network.lines import keras_lines
from posology.table import Preparation

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(60, 3)), columns=["height", "weight", "age"])
Y = X["height"] - X["age"] + RNG.normal(size=60)


def network():
    layers = [
        keras.layers.Dense(4, activation="relu", name="dense"),
        keras.layers.Dropout(0.1, name="dropout"),
        keras.layers.Dense(1, name="out"),
    ]
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(0.01))
    return model


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A study whose every arm has an L2."""
    folder = tmp_path_factory.mktemp("study") / "small.posology"
    small = {"repeats": 1, "folds": 2, "trials": 2, "refits": 1, "epochs": 3, "workers": 1, "levers": False}
    return Study(network, X, Y.rename("price"), arms="l2; l2+dropout", folder=folder, **small).run()


def test_units_of_the_prescription(result):
    units = result.units()
    assert list(units.index) == ["dense", "dropout"]
    l2 = result.prescription.strengths["l2"][0]
    assert l2 > 0
    row = units.loc["dense"]
    assert row["keras_l2"] == l2
    assert row["torch_weight_decay"] == 2 * l2
    assert row["sklearn_alpha"] == result.settings.design.batch_size * l2
    assert units.loc["dropout", "dropout"] == result.prescription.strengths.get("dropout", [0.0])[0]
    assert np.isnan(units.loc["dropout", "keras_l2"])


def test_predicting_needs_no_keras_here_and_loading_the_model_says_so(result, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "keras", None)  # as where its backend, TensorFlow, is not installed
    assert result.predict(X).shape == (60,)
    for asks in (result.best_model, lambda: result.export("keras", tmp_path / "out")):
        with pytest.raises(InputError, match=r"Keras cannot be loaded .* Set KERAS_BACKEND=jax before Python starts"):
            asks()


def test_the_best_model_with_its_preparation_inside(result):
    model = result.best_model(embed_preprocessing=True)
    inputs = input_columns(Preparation.load(result.folder))
    given = {one.input: X[one.column].to_numpy("float32")[:, None] for one in inputs}
    got = model.predict(given, verbose=0)[:, 0]
    np.testing.assert_allclose(got, result.predict(X), rtol=0, atol=1e-5 * Y.std())
    assert result.best_model().inputs[0].shape == (None, 3)


def test_export_to_a_folder(result, tmp_path):
    done = result.export("keras", tmp_path / "net", embed_preprocessing=True)
    assert done.place == str(tmp_path / "net")
    assert set(done.files) == {path.name for path in (tmp_path / "net").iterdir()}
    assert json.loads((tmp_path / "net" / "inputs.json").read_text())["target"] == "price"


def test_code_says_the_scale_of_penalties_and_how_to_train(result):
    (mean, sd), epochs = result.prescription.target_scale[0], result.prescription.epochs
    assert (mean, sd) == pytest.approx((Y.mean(), Y.std(ddof=0)))
    said = " ".join(result.code().replace("\n# ", " ").split())
    assert f"standardize the target, (y - {mean:.4g}) / {sd:.4g}, the scale of penalties." in said
    assert f"Train in batches of 32 rows for {epochs} epochs, without early stopping" in said or epochs == 1


def test_doses_are_those_of_the_prescription(result):
    doses = prescribed_doses(result.to_dict(timing=False))
    assert [dose.site.layer for dose in doses] == ["dense", "dropout"]
    assert tuple(keras_lines(doses)) == result.prescription.lines
