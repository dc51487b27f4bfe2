"""Measure rows a second against `keras.Model.fit`, scikit-learn's MLPRegressor, and KerasTuner and Optuna loops.

Everything trains the question's network (two layers of 128, L1 and L2, Dropout 0.2, Adam) on the same 2,048 rows of 16
columns, on the same cores, in one run; posology with one worker a core, the others as they come, start-up and first
compilation not counted. The tuners do the same trials as `posology`: 12 settings of 10 epochs, one fit each.

    python benchmarks/versus_fit.py --python VENV/bin/python    # of an environment with tensorflow, torch, optuna, ...
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import date

from packs import COLUMNS, ROWS, rows_a_second

HEAD = """
import json, sys, time
import numpy as np
spec = json.loads(sys.argv[1])
rng = np.random.default_rng(0)
x = rng.normal(size=(spec["rows"], spec["columns"])).astype("float32")
y = (np.tanh(x[:, 0]) + rng.normal(size=len(x))).astype("float32")
batch, budget = spec["batch"], spec["seconds"]
"""

BUILD = """
import keras
def build(l1=1e-4, l2=1e-4, rate=0.2):
    L, R = keras.layers, keras.regularizers.L1L2
    model = keras.Sequential([keras.Input((x.shape[1],)), L.BatchNormalization(),
        L.Dense(128, activation="relu", kernel_regularizer=R(l1, l2)), L.Dropout(rate),
        L.Dense(128, activation="relu", kernel_regularizer=R(l1, l2)), L.Dropout(rate), L.Dense(1)])
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.01))
    return model
"""

FIT = (
    HEAD
    + BUILD
    + """
model = build()
model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
done, began = 0, time.perf_counter()
while time.perf_counter() - began < budget:
    model.fit(x, y, batch_size=batch, epochs=spec["epochs"], verbose=0)
    done += spec["epochs"] * len(x)
print(json.dumps(done / (time.perf_counter() - began)))
"""
)

SKLEARN = (
    HEAD
    + """
import warnings
warnings.simplefilter("ignore")
from sklearn.neural_network import MLPRegressor
done, began = 0, time.perf_counter()
while time.perf_counter() - began < budget:
    model = MLPRegressor(hidden_layer_sizes=(128, 128), batch_size=batch, max_iter=10, learning_rate_init=0.01)
    model.fit(x, y)
    done += 10 * len(x)
print(json.dumps(done / (time.perf_counter() - began)))
"""
)

OPTUNA = (
    HEAD
    + BUILD
    + """
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
build().fit(x, y, batch_size=batch, epochs=1, verbose=0)
def objective(trial):
    model = build(trial.suggest_float("l1", 1e-6, 1e-2, log=True), trial.suggest_float("l2", 1e-6, 1e-2, log=True),
                  trial.suggest_float("rate", 0, 0.6))
    return model.fit(x, y, batch_size=batch, epochs=10, verbose=0).history["loss"][-1]
began = time.perf_counter()
optuna.create_study().optimize(objective, n_trials=spec["trials"])
print(json.dumps(spec["trials"] * 10 * len(x) / (time.perf_counter() - began)))
"""
)

TUNER = (
    HEAD
    + BUILD
    + """
import tempfile
import keras_tuner
build().fit(x, y, batch_size=batch, epochs=1, verbose=0)
def model_of(hp):
    return build(hp.Float("l1", 1e-6, 1e-2, sampling="log"), hp.Float("l2", 1e-6, 1e-2, sampling="log"),
                 hp.Float("rate", 0, 0.6))
tuner = keras_tuner.RandomSearch(model_of, objective="loss", max_trials=spec["trials"], directory=tempfile.mkdtemp())
began = time.perf_counter()
tuner.search(x, y, batch_size=batch, epochs=10, verbose=0)
print(json.dumps(spec["trials"] * 10 * len(x) / (time.perf_counter() - began)))
"""
)

PEERS = [
    ("keras fit, TensorFlow", FIT, "tensorflow", 45),
    ("keras fit, JAX", FIT, "jax", {32: 10, 128: 7}),
    ("keras fit, torch", FIT, "torch", 45),
    ("scikit-learn MLPRegressor", SKLEARN, "tensorflow", 10),
    ("Optuna and keras fit, TensorFlow", OPTUNA, "tensorflow", 10),
    ("KerasTuner RandomSearch, TensorFlow", TUNER, "tensorflow", 10),
]


def peer(text: str, backend: str, python: str, batch: int) -> float:
    """Give a peer's rows/s, measured in a process of its own."""
    spec = {"rows": ROWS, "columns": COLUMNS, "batch": batch, "seconds": 6, "epochs": 2, "trials": 6}
    env = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([python, "-c", text, json.dumps(spec)], capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        sys.exit(f"The {backend} loop failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128])
    parser.add_argument("--only", default="", help="peers whose name has this in it")
    asked = parser.parse_args()
    cores = os.cpu_count()
    print(f"{date.today()}, {platform.machine()}, {cores} cores; {platform.python_version()}")
    print("| peer | batch | its rows/s | posology's rows/s | ratio | target |")
    print("|---|---|---|---|---|---|")
    for batch in asked.batch:
        for name, text, backend, target in (p for p in PEERS if asked.only in p[0]):
            before = rows_a_second(batch, cores, 4)
            theirs = peer(text, backend, asked.python, batch)
            ours = (before + rows_a_second(batch, cores, 4)) / 2
            want = target[batch] if isinstance(target, dict) else target
            print(f"| {name} | {batch} | {theirs:,.0f} | {ours:,.0f} | {ours / theirs:.1f}x | {want}x |", flush=True)


if __name__ == "__main__":
    main()
