"""Studied networks in Python processes of other backends, without posology: the same predictions.

    POSOLOGY_OTHER_PYTHON=/path/to/python pytest -m slow tests/handback/test_backends.py

names an interpreter with keras, jax, tensorflow and torch. docs/networks.md keeps the numbers.
"""

import os
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from posology import Study
from posology.execution.predicting import predict_frame
from posology.handback.embedded import input_columns
from posology.table import Layout, Preparation, features_of

pytestmark = pytest.mark.slow

NETWORKS = """
import keras
from keras import layers as L


def compiled(model):
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(0.01))
    return model


def question(x):
    dense = lambda: L.Dense(128, activation="relu", kernel_regularizer=keras.regularizers.l1(0.01))
    middle = [L.BatchNormalization(), dense(), L.Dropout(0.08), dense(), L.Dropout(0.05)]
    return compiled(keras.Sequential([keras.Input((x.shape[1],)), *middle, L.Dense(1)]))


def residual(x):
    inputs = keras.Input((x.shape[1],))
    h = L.Dense(16, activation="gelu")(inputs)
    h = L.LayerNormalization()(h + L.Dense(16, activation="swish")(h))
    return compiled(keras.Model(inputs, L.Dense(1)(L.Dropout(0.1)(h))))


def nested(x):
    block = keras.Sequential([keras.Input((x.shape[1],)), L.Dense(12, activation="elu")], name="block")
    return compiled(keras.Sequential([keras.Input((x.shape[1],)), block, L.Dense(8, activation="tanh"), L.Dense(1)]))


def shared(x):
    inputs = keras.Input((x.shape[1],))
    layer = L.Dense(x.shape[1], activation="relu")
    return compiled(keras.Model(inputs, L.Dense(1)(L.Dropout(0.2)(layer(layer(inputs))))))


def conv(x):
    middle = [L.Reshape((x.shape[1], 1)), L.Conv1D(4, 3, activation="relu"), L.BatchNormalization(), L.Flatten()]
    return compiled(keras.Sequential([keras.Input((x.shape[1],)), *middle, L.Dropout(0.1), L.Dense(1)]))


def gated(x):
    inputs = keras.Input((x.shape[1],))
    h = L.Multiply()([L.Dense(8, activation="sigmoid", kernel_regularizer="l2")(inputs), L.Dense(8)(inputs)])
    return compiled(keras.Model(inputs, L.Dense(1)(h)))
"""
NAMES = ("question", "residual", "nested", "shared", "conv", "gated")
BACKENDS = ("jax", "tensorflow", "torch")

ELSEWHERE = """if True:
    import os, sys
    import numpy as np
    import keras

    folder = sys.argv[1]
    for name in sys.argv[2:]:
        given = np.load(f"{folder}/{name}.npz")
        columns = {str(key): given[f"column {place}"] for place, key in enumerate(given["inputs"])}
        for kind, rows in (("model", given["rows"]), ("embedded", columns)):
            model = keras.models.load_model(f"{folder}/{name}_{kind}.keras")
            got = model.predict(rows, verbose=0).reshape(-1)
            np.save(f"{folder}/{name}_{kind}_{keras.backend.backend()}.npy", got)
    assert not [m for m in sys.modules if m.split(".")[0] == "posology"]
"""


def frame(rows=60):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3))
    table = pd.DataFrame(x, columns=["height", "weight", "age"]).assign(
        year=rng.integers(1990, 2025, rows), region=rng.choice(["n", "s", "w"], rows)
    )
    table.loc[::6, "weight"], table.loc[::15, "region"] = np.nan, None
    return table, pd.Series(x[:, 0] - x[:, 1] + rng.normal(size=rows) + 30, name="price")


@dataclass(frozen=True)
class Handed:
    """A finished study's network, and what it predicts here."""

    scaled: np.ndarray
    target: np.ndarray
    sd: float


@pytest.fixture(scope="module")
def handed(tmp_path_factory):
    """Study every network, and keep it with the rows to predict."""
    folder = tmp_path_factory.mktemp("handed")
    (folder / "nets.py").write_text(NETWORKS)
    return folder, {name: _study(folder, name) for name in NAMES}


def _study(folder, name):
    features, target = frame()
    small = {"repeats": 1, "folds": 2, "trials": 2, "refits": 1, "epochs": 3, "workers": 1}
    result = Study(
        f"{folder / 'nets.py'}:{name}",
        features,
        target,
        arms="l1+l2+dropout; l2+dropout",
        folder=folder / name,
        **small,
    ).run()
    preparation = Preparation.load(result.folder)
    prepared, _ = features_of(features, preparation)
    (folder / f"{name}_model.keras").write_bytes((result.folder / "model.keras").read_bytes())
    result.best_model(embed_preprocessing=True).save(folder / f"{name}_embedded.keras")
    model = result.best_model()
    rows = Layout.load(result.folder).matrix(preparation, prepared)
    inputs = input_columns(preparation)
    columns = {f"column {i}": _as_input(prepared[one.column], one) for i, one in enumerate(inputs)}
    np.savez(folder / f"{name}.npz", rows=rows, inputs=[one.input for one in inputs], **columns)
    return Handed(
        model.predict(rows, verbose=0)[:, 0], predict_frame(result.folder, features)[0], preparation.target_sd
    )


def _as_input(column, one):
    if one.kind == "number":
        return column.to_numpy("float32")[:, None]
    return np.array([0 if pd.isna(cell) else one.levels.index(cell) + 1 for cell in column], "int32")[:, None]


@pytest.mark.parametrize("backend", BACKENDS)
def test_predictions_of_other_backends(handed, backend):
    if not (python := os.environ.get("POSOLOGY_OTHER_PYTHON")):
        pytest.skip("POSOLOGY_OTHER_PYTHON names no interpreter with keras, jax, tensorflow and torch")
    folder, networks = handed
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERAS", "JAX", "XLA", "PYTHONPATH"))}
    environment = {**kept, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [python, "-c", ELSEWHERE, str(folder), *NAMES], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    off = {}
    for name, here in networks.items():
        there = {kind: np.load(folder / f"{name}_{kind}_{backend}.npy") for kind in ("model", "embedded")}
        off[name] = (
            float(np.abs(there["model"] - here.scaled).max()),
            float(np.abs(there["embedded"] - here.target).max() / here.sd),
        )
        assert np.abs(here.scaled).max() > 1e-3  # a network of zeros would agree with anything
    sys.stdout.write("".join(f"{backend:10} {name:9} {a:.1e} {b:.1e}\n" for name, (a, b) in off.items()))
    assert max(max(pair) for pair in off.values()) < 1e-5, off
