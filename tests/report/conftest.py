"""Five small studies of real tables: what a report must be able to show, each as its result."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine

from posology import Study
from posology.report.findings import Findings

HOSTILE = "<script>alert('t')</script>"
CLASSES = ["</style><b>&amp;", '$x_1$ "quoted"', "| pipe `tick`"]
TABLES = Path(__file__).parents[1] / "table" / "data"


def network(x_train, outputs=1, activation=None, loss="mse"):
    layers = [
        keras.layers.Dense(4, activation="relu", name="dense"),
        keras.layers.Dropout(0.1, name="dropout"),
        keras.layers.Dense(outputs, activation=activation, name="last"),
    ]
    model = keras.Sequential([keras.Input((x_train.shape[1],)), *layers])
    model.compile(loss=loss, optimizer=keras.optimizers.Adam(0.01))
    return model


def classifier(x_train):
    return network(x_train, 3, "softmax", "sparse_categorical_crossentropy")


def median(x_train):
    return network(x_train, loss="mae")


_DONE = {}
"""Here and not in the fixture, which is one of tests/terminal too."""


@pytest.fixture(scope="session")
def studies(tmp_path_factory):
    """Run each study when it is first asked for."""

    def result(name):
        if name not in _DONE:
            _DONE[name] = _STUDIES[name](tmp_path_factory.mktemp("report") / f"{name}.posology")
        return _DONE[name]

    return result


@pytest.fixture(params=["plain", "hostile", "odd", "single", "weighted", "mixed"])
def result(request, studies):
    return studies(request.param)


@pytest.fixture
def findings(result):
    return Findings.of(result)


def _plain(folder):
    table = pd.read_csv(TABLES / "insurance.csv").head(200)
    small = {"repeats": 2, "folds": 2, "trials": 4, "refits": 2, "epochs": 6, "inner_splits": 2}
    return Study(network, table.drop(columns="charges"), table["charges"], **small, folder=folder, workers=1).run()


def _hostile(folder):
    wine = load_wine(as_frame=True)
    names = [f"{HOSTILE} {i}" for i in range(3)]
    table = wine.data.iloc[:, :3].set_axis(names, axis="columns")
    target = pd.Series(np.array(CLASSES, object)[wine.target], name=HOSTILE)
    small = {"repeats": 1, "folds": 2, "trials": 2, "refits": 1, "epochs": 4, "inner_splits": 1}
    return Study(classifier, table, target, arms="l1,l2,dropout", levers=False, **small, folder=folder, workers=1).run()


def _odd(folder):
    """No none, no early stopping, an average of networks, groups."""
    rows = load_diabetes(as_frame=True)
    groups = np.arange(len(rows.data)) // 4
    small = {"repeats": 1, "folds": 2, "trials": 2, "refits": 2, "epochs": 5, "inner_splits": 2}
    how = {"arms": "l2; l2+dropout", "patience": None, "ensemble": 2, "groups": groups}
    return Study(network, rows.data, rows.target, **how, **small, folder=folder, workers=1).run()


def _single(folder):
    rows = load_diabetes(as_frame=True)
    small = {"repeats": 1, "folds": 2, "trials": 2, "refits": 1, "epochs": 3, "inner_splits": 1, "levers": False}
    return Study(network, rows.data, rows.target, arms="none; l2", **small, folder=folder, workers=1).run()


def _weighted(folder):
    """Rows that count differently, the score of a median, regularizers beside L1, L2 and dropout, a schedule."""
    rows = load_diabetes(as_frame=True)
    weights = rows.data["age"].to_numpy() - rows.data["age"].min() + 0.1
    small = {"repeats": 1, "folds": 2, "trials": 2, "refits": 1, "epochs": 3, "inner_splits": 1, "levers": False}
    how = {"arms": "none; mixup; max_norm:decay; mixup+max_norm:decay", "score": "mae", "sample_weight": weights}
    return Study(median, rows.data, rows.target, **how, **small, folder=folder, workers=1).run()


def _mixed(folder):
    """A cocktail."""
    rows = load_diabetes(as_frame=True)
    small = {"repeats": 2, "folds": 2, "trials": 1, "refits": 2, "epochs": 8, "inner_splits": 1, "levers": False}
    how = {"arms": "cocktail: dropout, mixup, swa"}
    return Study(network, rows.data, rows.target, **how, **small, folder=folder, workers=1).run()


_STUDIES = {
    "plain": _plain,
    "hostile": _hostile,
    "odd": _odd,
    "single": _single,
    "weighted": _weighted,
    "mixed": _mixed,
}
