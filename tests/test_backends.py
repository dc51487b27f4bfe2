"""The user's process may run Keras on TensorFlow, torch or JAX; the workers run JAX.

Run by `POSOLOGY_OTHER_PYTHON=... pytest -m slow tests/test_backends.py`, with an interpreter that has posology,
TensorFlow and torch; the last results are in docs/networks.md.
"""

import json
import os
import subprocess

import numpy as np
import pytest

PYTHON = os.environ.get("POSOLOGY_OTHER_PYTHON", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="POSOLOGY_OTHER_PYTHON names no interpreter with TensorFlow and torch"),
]

USER = """
import json
import keras

from posology import Study
from posology.data import concrete

L, C = keras.layers, keras.callbacks


def main():
    table = concrete().sample(200, random_state=0)
    target = table.pop("strength_mpa")
    hidden = L.Dense(16, "relu", kernel_regularizer="l2")
    model = keras.Sequential([keras.Input((8,)), hidden, L.Dropout(0.1), L.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0), "mse")
    stopping = C.EarlyStopping(patience=5, restore_best_weights=True)
    fit = {"epochs": 30, "batch_size": 16, "callbacks": [stopping, C.ReduceLROnPlateau(patience=3)]}
    few = {"repeats": 1, "folds": 3, "trials": 2, "refits": 1, "levers": False}
    result = Study(model, table, target, arms="l2,dropout", fit=fit, **few).run()
    best = result.best_model()
    print(json.dumps({
        "backend": keras.backend.backend(),
        "code": result.code(),
        "r2": result.to_frame()["r2"].to_dict(),
        "predictions": result.predict(table).tolist(),
        "losses": [float(loss) for loss in best.losses],
    }))


if __name__ == "__main__":
    main()
"""


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERAS", "JAX", "XLA"))}
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "3", **more}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    root = tmp_path_factory.mktemp("backends")
    (root / "user.py").write_text(USER)
    found = {}
    for backend in ("jax", "tensorflow", "torch"):
        done = subprocess.run(
            [PYTHON, "user.py"],
            cwd=root,
            env=environment(KERAS_BACKEND=backend),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found[backend] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_a_study_does_not_depend_on_the_backend_of_the_users_process(told, backend):
    here, there = told["jax"], told[backend]
    assert there["backend"] == backend
    assert there["code"] == here["code"]
    assert there["r2"] == pytest.approx(here["r2"], abs=1e-9)
    np.testing.assert_allclose(there["predictions"], here["predictions"], rtol=1e-5)
    assert there["losses"] == pytest.approx(here["losses"], rel=1e-5)


TENSORFLOW_FILE = """
import tensorflow as tf
from tensorflow.keras import Sequential
from tensorflow.keras.layers import Dense, Dropout, Input
from tensorflow.keras.regularizers import l1

FIT = dict(epochs=5, callbacks=[tf.keras.callbacks.EarlyStopping(patience=2)])


def model_build(x_train):
    model = Sequential([Input((x_train.shape[1],)), Dense(16, "relu", kernel_regularizer=l1(0.01)), Dropout(0.1)])
    model.add(tf.keras.layers.Dense(1))
    model.compile(loss="mse", optimizer=tf.keras.optimizers.Adam(learning_rate=0.01))
    return model
"""


def test_a_file_written_for_tensorflow_keras_is_studied_where_tensorflow_is(tmp_path):
    from posology.data import concrete

    concrete().sample(150, random_state=0).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "net.py").write_text(TENSORFLOW_FILE)
    small = ["--repeats", "1", "--folds", "2", "--trials", "2", "--refits", "1"]
    given = ["--network", "net.py:model_build", "--fit", "net.py:FIT"]
    done = subprocess.run(
        [PYTHON, "-m", "posology", "study", "t.csv", "--target", "strength_mpa", *given, *small],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Prescription: " in done.stdout
