"""Measure a whole nested study against the plain Keras loop that a user would write.

Both do the same thing on the same table (concrete strength), the question's network, batch 32, early stopping with
patience 20: the loop trains a small slice of the study's networks with `model.fit`, one after another, and is
projected to all of them; posology runs its study whole. Both are measured in one run on the same cores; losses are
compared too, so that it is seen to be the same work.

    pip install ".[bench]" && python benchmarks/toy_versus_keras.py [--repeats 1] [--slice 8]
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import date

SLICE = """
import json, os, sys, time
import numpy as np
import keras
spec = json.load(sys.stdin)
x, y, xv, yv = (np.array(spec[k], "float32") for k in ("x", "y", "xv", "yv"))

def build(l1, l2, rate):
    L, R = keras.layers, keras.regularizers.L1L2
    model = keras.Sequential([keras.Input((x.shape[1],)), L.BatchNormalization(),
        L.Dense(128, activation="relu", kernel_regularizer=R(l1, l2)), L.Dropout(rate),
        L.Dense(128, activation="relu", kernel_regularizer=R(l1, l2)), L.Dropout(rate), L.Dense(1)])
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.01), metrics=["mse"])
    return model

def fit(setting):
    stop = keras.callbacks.EarlyStopping(monitor="val_mse", mode="min", patience=20)
    began = time.perf_counter()
    history = build(*setting).fit(x, y, validation_data=(xv, yv), epochs=200, batch_size=32,
                                  callbacks=[stop], verbose=0)
    return time.perf_counter() - began, len(history.history["loss"]), min(history.history["val_mse"])

fit((0.0, 0.0, 0.0))  # a warm-up, as the first network of a process pays for start-up
out = [fit(s) for s in spec["settings"]]
print(json.dumps({"seconds": [o[0] for o in out], "epochs": [o[1] for o in out], "losses": [o[2] for o in out],
                  "backend": keras.backend.backend(), "keras": keras.__version__}))
"""


def settings(count: int) -> list[tuple[float, float, float]]:
    """Take settings of all four arms, spread as the study's own are."""
    from posology.plan import PLAIN_QUESTION, Space, default_ranges
    from posology.plan.trials import sobol_settings

    space = Space(default_ranges(PLAIN_QUESTION), {"l1": 1, "l2": 1, "dropout": 1})
    arms = [PLAIN_QUESTION[i % 4] for i in range(count)]
    found = [sobol_settings(space, arm, 16, 0)[i] for i, arm in enumerate(arms)]
    return [tuple(s.get(name, (0.0,))[0] for name in ("l1", "l2", "dropout")) for s in found]


def slice_rows() -> dict[str, list]:
    """Give the prepared rows of the study's first inner split."""
    import numpy as np

    from posology.data import concrete
    from posology.resampling import inner_split, outer_folds
    from posology.table import Preparation, make_table

    table = make_table(concrete(), "strength_mpa")
    inside = np.flatnonzero(outer_folds(table.n_rows, 5, 1, 0)[0] != 0)
    fit, held = inner_split(inside, 0, 1, 0, 0, 0)
    preparation = Preparation.fit(table.features.iloc[fit], table.target[fit])
    x, y = (preparation.transform(table.features.iloc[rows]) for rows in (fit, held)), table.target
    x_fit, x_held = x
    return {
        "x": x_fit.tolist(),
        "y": preparation.target_to_network(y[fit]).tolist(),
        "xv": x_held.tolist(),
        "yv": preparation.target_to_network(y[held]).tolist(),
    }


def keras_loop(backend: str, python: str, count: int) -> dict:
    """Train the slice with `model.fit` on a backend, in a process of its own."""
    spec = {**slice_rows(), "settings": settings(count)}
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [python, "-c", SLICE],
        input=json.dumps(spec),
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode:
        sys.exit(f"The {backend} loop failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def whole_study(repeats: int) -> tuple[float, int]:
    """Run posology's study; give seconds, everything included, and networks."""
    from posology.data import concrete
    from posology.study import Study
    from posology.table import make_table

    table = make_table(concrete(), "strength_mpa")
    began = time.perf_counter()
    features = table.features
    result = Study("question", features, table.target, repeats=repeats).run()
    return time.perf_counter() - began, result.networks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=2, help="repeats of the study")
    parser.add_argument("--slice", type=int, default=8, help="networks of the plain loop")
    parser.add_argument("--backend", default="tensorflow")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the backend")
    asked = parser.parse_args()
    loop = keras_loop(asked.backend, asked.python, asked.slice)
    seconds, networks = whole_study(asked.repeats)
    each = sum(loop["seconds"]) / len(loop["seconds"])
    projected = each * networks
    cores, python = os.cpu_count(), platform.python_version()
    print(f"{date.today()}, {platform.machine()}, {cores} cores, Python {python}")
    print(f"command: python benchmarks/toy_versus_keras.py --repeats {asked.repeats} --slice {asked.slice}")
    epochs = sum(loop["epochs"]) / len(loop["epochs"])
    print(f"plain Keras {loop['keras']} loop on {loop['backend']}: {len(loop['seconds'])} networks, {each:.2f} s each,")
    print(f"  {epochs:.0f} epochs each, best losses {min(loop['losses']):.3f} to {max(loop['losses']):.3f}")
    print(f"projected to the study's {networks} networks: {projected:.0f} s")
    print(f"posology, the whole study with start-up, compilation and verdict: {seconds:.0f} s")
    print(f"ratio: {projected / seconds:.1f}x")


if __name__ == "__main__":
    main()
