"""The paste test: a prescription in the user's file, trained by plain `model.fit`, reaches the stated score.

    POSOLOGY_OTHER_PYTHON=/path/to/python pytest -m slow -s tests/test_paste.py

names an interpreter with keras, jax and tensorflow; without it, only JAX is tried. docs/networks.md keeps the numbers.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

from posology.data import concrete
from posology.resampling import outer_folds
from posology.table import Preparation, make_table

pytestmark = pytest.mark.slow
PYTHON = os.environ.get("POSOLOGY_OTHER_PYTHON", "")
SEEDS, FOLDS = 10, 5

USERS_FILE = '''"""A network that overfits."""

from keras import Sequential
from keras.layers import Dense, Dropout, Input
from keras.optimizers import Adam
from keras.regularizers import l1


def model_build(x_train):
    model = Sequential()
    model.add(Input(shape=(x_train.shape[1],)))
    model.add(Dense(64, activation="relu", kernel_regularizer=l1(0.01)))
    # model.add(Dropout(0.08))
    model.add(Dense(64, activation="relu", kernel_regularizer=l1(0.00)))
    # model.add(Dropout(0.05))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer=Adam(learning_rate=0.003))
    return model
'''

PLAIN = """if True:
    import json, sys
    import numpy as np
    import keras
    from net import model_build

    given, epochs = np.load("folds.npz"), int(sys.argv[1])
    found = []
    for seed in range(int(sys.argv[2])):
        predictions = []
        for fold in range(int(sys.argv[3])):
            keras.utils.set_random_seed(100 * seed + fold)
            model = model_build(given[f"x{fold}"])
            model.fit(given[f"x{fold}"], given[f"y{fold}"], epochs=epochs, batch_size=32, verbose=0)
            predictions.append(model.predict(given[f"held{fold}"], verbose=0)[:, 0].tolist())
            keras.backend.clear_session()
        found.append(predictions)
    assert not [m for m in sys.modules if m.split(".")[0] == "posology"]
    print(json.dumps({"backend": keras.backend.backend(), "predictions": found}))
"""


def diabetes():
    features, target = load_diabetes(return_X_y=True, as_frame=True)
    return features.assign(progression=target)


TABLES = {"concrete": (concrete, "strength_mpa"), "diabetes": (diabetes, "progression")}


@pytest.fixture(scope="module", params=TABLES)
def pasted(request, tmp_path_factory):
    """Study a table with the user's file, apply the change that `export --to code` prints, and prepare the folds."""
    folder = tmp_path_factory.mktemp(request.param)
    make, target = TABLES[request.param]
    make().to_csv(folder / "table.csv", index=False)
    (folder / "net.py").write_text(USERS_FILE)
    small = ["--repeats", "1", "--folds", FOLDS, "--trials", "8", "--epochs", "100"]
    posology("study", "table.csv", "--target", target, "--network", "net.py:model_build", *small, at=folder)
    change = posology("export", "table.posology", "--to", "code", at=folder)
    subprocess.run(["patch", "-p1"], input=change, cwd=folder, text=True, check=True, capture_output=True)
    assert "\n    model.add(Dropout(" in (folder / "net.py").read_text() or "+    model.add(Dropout(" not in change
    verdict = json.loads((folder / "table.posology" / "verdict.json").read_text())
    table = make_table(pd.read_csv(folder / "table.csv"), target)
    held = keep_folds(folder, table)
    return request.param, folder, verdict, table, held


def posology(*arguments, at):
    done = subprocess.run(
        [sys.executable, "-m", "posology", *map(str, arguments)], cwd=at, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def keep_folds(folder, table):
    """Write the prepared rows of the study's own resamples; give the scored rows and the way back to their unit."""
    fold_of, arrays, held = outer_folds(table.n_rows, FOLDS, 1, 0)[0], {}, []
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        preparation = Preparation.fit(table.features.iloc[inside], table.target[inside])
        arrays[f"x{fold}"] = preparation.transform(table.features.iloc[inside])
        arrays[f"y{fold}"] = preparation.target_to_network(table.target[inside])
        arrays[f"held{fold}"] = preparation.transform(table.features.iloc[outside])
        held.append((outside, preparation))
    np.savez(folder / "folds.npz", **arrays)
    return held


@pytest.mark.parametrize("backend", ["jax", *(["tensorflow"] if PYTHON else [])])
def test_the_pasted_prescription_reaches_the_stated_score(pasted, backend):
    name, folder, verdict, table, held = pasted
    prescription = verdict["prescription"]
    stated = next(arm["r2"] for arm in verdict["arms"] if arm["arm"] == prescription["arm"])
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERAS", "JAX", "XLA", "PYTHONPATH"))}
    done = subprocess.run(
        [PYTHON or sys.executable, "-c", PLAIN, *map(str, (prescription["epochs"], SEEDS, FOLDS))],
        cwd=folder,
        env={**kept, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["backend"] == backend
    scores = np.array([r2(table.target, held, predictions) for predictions in said["predictions"]])
    sys.stdout.write(
        f"{name}, {backend}: {prescription['arm']}, {prescription['epochs']} epochs: stated {stated:.4f}, "
        f"pasted {scores.mean():.4f}, sd over {SEEDS} seeds {scores.std(ddof=1):.4f}\n"
    )
    # the stated score is of strengths tuned anew in each resample, on fewer rows than those of the prescription
    assert abs(scores.mean() - stated) < 2 * scores.std(ddof=1)


def r2(target, held, predictions):
    missed = np.zeros(len(target))
    for (rows, preparation), z in zip(held, predictions, strict=True):
        missed[rows] = target[rows] - preparation.target_from_network(np.array(z))
    return 1 - np.mean(missed**2) / np.var(target)
