"""Seconds and held-out scores of the estimators beside scikit-learn's own, on tables that ship with both.

    python benchmarks/estimators.py [--standard]

Three folds of each table, the same for all; scores are R2 or accuracy. The first fit of a process also waits for
workers to load Keras and JAX, and the first on a machine for programs to compile: both are timed apart. Others get
their defaults, after a scaler where they want one.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from posology import PosologyClassifier, PosologyRegressor
from posology.data import concrete
from posology.execution.staff import KEPT


def tables():
    frame = concrete()
    yield "concrete strength", frame.drop(columns="strength_mpa").to_numpy(), frame["strength_mpa"].to_numpy(), False
    yield "diabetes", *load_diabetes(return_X_y=True), False
    yield "breast cancer", *load_breast_cancer(return_X_y=True), True
    yield "wine", *load_wine(return_X_y=True), True


def rivals(classes, standard):
    ours = PosologyClassifier if classes else PosologyRegressor
    efforts = ["quick", *(["standard"] if standard else [])]
    yield from ((f"{ours.__name__}, {effort}", ours(effort=effort, random_state=0)) for effort in efforts)
    trees = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    yield trees.__name__, trees(random_state=0)
    mlp = MLPClassifier if classes else MLPRegressor
    yield mlp.__name__, make_pipeline(StandardScaler(), mlp(random_state=0))
    line = LogisticRegression(max_iter=1000) if classes else RidgeCV(np.logspace(-3, 5, 17))
    yield type(line).__name__, make_pipeline(StandardScaler(), line)


def first_fits(x, y):
    for what in ("a fit, workers to be started", "the same, workers kept"):
        began = time.perf_counter()
        model = PosologyRegressor(random_state=0).fit(x, y)
        print(f"{what}: {time.perf_counter() - began:.1f} s")
    for rows in (1, len(x), 10 * len(x)):
        times = []
        for _ in range(5):
            began = time.perf_counter()
            model.predict(np.resize(x, (rows, x.shape[1])))
            times.append(time.perf_counter() - began)
        print(f"predicting {rows:,} rows: {1000 * np.median(times):.0f} ms")
    KEPT.dismiss()
    began = time.perf_counter()
    model.predict(x[:1])
    print(f"predicting 1 row, worker to be started: {time.perf_counter() - began:.1f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--standard", action="store_true")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    first_fits(*load_diabetes(return_X_y=True))
    for name, x, y, classes in tables():
        folds = (StratifiedKFold if classes else KFold)(3, shuffle=True, random_state=0)
        for words, model in rivals(classes, asked.standard):
            scores, seconds = [], []
            for inside, outside in folds.split(x, y):
                began = time.perf_counter()
                model.fit(x[inside], y[inside])
                seconds.append(time.perf_counter() - began)
                scores.append(model.score(x[outside], y[outside]))
            print(f"| {name} | {words} | {np.mean(scores):.3f} | {np.mean(seconds):.1f} |", flush=True)


if __name__ == "__main__":
    main()
