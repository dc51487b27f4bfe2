"""The estimators beyond scikit-learn's own checks: weights, frames, pickles, pipelines, honest verdicts."""

import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score, cross_validate
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from posology import InputError, LeakWarning, PosologyClassifier, PosologyRegressor, StudyResult
from posology.data import concrete
from posology.execution.staff import KEPT

FEW = {"epochs": 8, "random_state": 0, "n_jobs": 1}
MORE = {**FEW, "epochs": 40}
"""For classes of 60 rows, which take two steps an epoch, at a slower rate."""
X, Y = load_diabetes(return_X_y=True)
SMALL = slice(0, 60)
LABELS = np.column_stack([Y > 100, Y > 200]).astype(int)


@pytest.fixture(scope="module")
def small():
    return PosologyRegressor(**FEW).fit(X[SMALL], Y[SMALL])


@pytest.fixture(scope="module")
def studied():
    """Fit a regressor on a real table that is large enough for a comparison."""
    rows = concrete().sample(150, random_state=0)
    return PosologyRegressor(random_state=0).fit(rows.iloc[:, :-1], rows["strength_mpa"]), rows


def test_a_study_is_behind_it(studied):
    model, rows = studied
    assert isinstance(model.result_, StudyResult)
    assert str(model.verdict_).startswith(("Not enough evidence", "Use", "Combine", "Practically equivalent"))
    opened = model.verdict_.kind == "not enough evidence"
    assert ("effort='standard'" in model.verdict_.sentences[-1]) == opened
    assert model.prescription_.arm == model.result_.prescription.arm
    assert list(model.feature_names_in_) == list(rows.columns[:-1])
    assert model.n_features_in_ == 8
    assert model.score(rows.iloc[:, :-1], rows["strength_mpa"]) > 0.5
    best = model.best_model()
    assert best.count_params() == 5 * model.result_.facts["parameters"]  # the average of five


def test_the_study_has_a_report(studied, tmp_path):
    model, _ = studied
    text = model.report(tmp_path / "report.md").read_text()
    assert model.verdict_.sentences[0] in text


def test_there_is_no_report_of_nothing(small, tmp_path):
    with pytest.raises(InputError, match=r"There is no report, because nothing was compared\. Not enough evidence: 60"):
        small.report(tmp_path / "report.html")
    assert not list(tmp_path.iterdir())


def test_few_rows_are_not_compared_and_the_verdict_says_so(small):
    assert str(small.verdict_) == (
        "Not enough evidence: 60 rows are too few for a comparison, which needs 100. Used dropout 0.2 as default, "
        "untuned."
    )
    assert small.verdict_.to_dict()["kind"] == "not enough evidence"
    assert small.result_ is None
    assert small.prescription_.strengths == {"dropout": [0.2, 0.2]}
    assert [line for line in small.prescription_.lines if "0.2" in line]


def test_arms_without_dropout_have_no_default():
    model = PosologyRegressor(arms="l1,l2", **FEW).fit(X[SMALL], Y[SMALL])
    assert "Used no regularizer as default" in str(model.verdict_)


def test_pickled_it_predicts_the_same(small):
    again = pickle.loads(pickle.dumps(small))
    np.testing.assert_array_equal(again.predict(X), small.predict(X))
    assert str(again.verdict_) == str(small.verdict_)
    with pytest.raises(NotFittedError):
        clone(small).predict(X)


def test_another_process_predicts_the_same_without_keras_of_its_own(small, tmp_path):
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(small))
    np.save(tmp_path / "x.npy", X)
    script = (
        "import pickle, sys, numpy as np; model = pickle.load(open('model.pickle', 'rb'));"
        "np.save('y.npy', model.predict(np.load('x.npy'))); assert not {'keras', 'jax'} & set(sys.modules)"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("KERAS_BACKEND", "JAX_PLATFORMS")}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), small.predict(X))


def test_rows_do_not_depend_on_the_rows_beside_them(small):
    whole = small.predict(X)
    np.testing.assert_array_equal(small.predict(X[::-1]), whole[::-1])
    np.testing.assert_array_equal(np.concatenate([small.predict(X[i : i + 1]) for i in range(5)]), whole[:5])
    assert small.predict(np.concatenate([X, X])).shape == (884,)


def test_many_threads_may_predict(small):
    expected, found = small.predict(X), {}

    def work(place):
        found[place] = small.predict(X)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((part == expected).all() for part in found.values())
    assert len(found) == 3


def test_a_weight_of_2_is_the_row_twice_in_any_order():
    counts = np.random.default_rng(0).integers(0, 4, 60)
    weighted = PosologyRegressor(**FEW).fit(X[SMALL], Y[SMALL], sample_weight=counts)
    twice = np.random.default_rng(1).permutation(np.repeat(np.arange(60), counts))
    repeated = PosologyRegressor(**FEW).fit(X[twice], Y[twice])
    np.testing.assert_array_equal(repeated.predict(X), weighted.predict(X))
    plain = PosologyRegressor(**FEW).fit(X[SMALL], Y[SMALL])
    assert np.abs(plain.predict(X) - weighted.predict(X)).max() > 1


def test_weights_of_classes_are_by_label():
    noise, labels = np.random.default_rng(0).normal(size=(60, 2)), np.repeat(["barbera", "barolo", "grignolino"], 20)
    plain, heavy = (PosologyClassifier(class_weight=w, **MORE).fit(noise, labels) for w in (None, {"barbera": 50.0}))
    assert list(plain.classes_) == ["barbera", "barolo", "grignolino"]
    assert heavy.predict_proba(noise)[:, 0].mean() > plain.predict_proba(noise)[:, 0].mean() + 0.2
    numbers = PosologyClassifier(class_weight={0: 1.0, 1: 2.0}, **FEW).fit(noise, np.arange(60) % 2.0)
    assert list(numbers.classes_) == [0.0, 1.0]
    with pytest.raises(InputError, match="class_weight names 'rye', which is no class of 'target'"):
        PosologyClassifier(class_weight={"rye": 2}, **FEW).fit(noise, labels)


def frame():
    return pd.DataFrame(X[SMALL], columns=[f"c{i}" for i in range(10)]).assign(
        site=pd.Categorical(np.array(["north", "south", None])[np.arange(60) % 3]),
        c0=np.where(X[SMALL, 0] > 0, np.nan, 1),
    )


def test_frames_of_pandas_and_polars_with_text_and_missing_cells_are_the_same():
    ours = PosologyRegressor(**FEW).fit(frame(), Y[SMALL])
    polars = pl.from_pandas(frame().astype({"site": object}))
    theirs = PosologyRegressor(**FEW).fit(polars, pl.Series("y", Y[SMALL]))
    np.testing.assert_array_equal(theirs.predict(polars), ours.predict(frame()))
    assert list(theirs.feature_names_in_) == list(ours.feature_names_in_) == list(frame())
    with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
        ours.predict(frame()[list(frame())[::-1]])


def test_columns_of_words_in_frames_of_pandas_and_polars():
    works = pd.read_csv(Path(__file__).parents[1] / "table" / "data" / "tate.csv").head(90)
    frame, year = works.drop(columns="year"), works["year"]
    model = PosologyRegressor(epochs=2, ensemble=1, random_state=0).fit(frame, year)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(pl.from_pandas(frame)), model.predict(frame))
    other = frame.assign(medium="Bronze")
    assert np.abs(model.predict(other) - model.predict(frame)).max() > 0.01


def test_in_a_pipeline_and_around_one():
    scaled = ColumnTransformer([("numbers", StandardScaler(), [0, 2])], remainder="passthrough")
    model = make_pipeline(scaled, PosologyRegressor(**FEW)).fit(X[SMALL], Y[SMALL])
    assert model.predict(X).shape == (442,)


@pytest.mark.slow
def test_grid_search_in_processes():
    search = GridSearchCV(PosologyRegressor(**FEW), {"batch_size": [8, 32]}, cv=2, n_jobs=2)
    search.fit(X[SMALL], Y[SMALL])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    alone = clone(search.best_estimator_).fit(X[SMALL], Y[SMALL])
    np.testing.assert_array_equal(alone.predict(X), search.predict(X))


def test_weights_and_groups_are_routed():
    groups = np.arange(60) // 4
    with config_context(enable_metadata_routing=True):
        model = PosologyRegressor(**FEW).set_fit_request(sample_weight=True, groups=True)
        model = model.set_score_request(sample_weight=True)
        found = cross_validate(
            model,
            X[SMALL],
            Y[SMALL],
            params={"sample_weight": np.arange(60) % 3 + 1.0, "groups": groups},
            cv=GroupKFold(2),
            return_estimator=True,
            error_score="raise",
        )
    assert np.isfinite(found["test_score"]).all()


@pytest.mark.slow
def test_groups_reach_the_study():
    rows, y = load_breast_cancer(return_X_y=True)
    few = PosologyClassifier(**FEW).fit(rows[:150], y[:150], groups=np.arange(150) // 38)
    assert "4 groups are too few for 3 folds, which need 6" in str(few.verdict_)
    model = PosologyClassifier(**FEW).fit(rows[:150], y[:150], groups=np.arange(150) // 5)
    assert model.result_.facts["groups"] == {"column": "groups", "count": 30}


def test_a_folder_keeps_the_study(tmp_path):
    rows, y = load_wine(return_X_y=True)
    model = PosologyClassifier(folder=tmp_path / "wine", **FEW).fit(rows, y)
    assert (tmp_path / "wine" / "verdict.json").is_file()
    assert list(model.result_.predict(rows[:3])) == [str(label) for label in model.predict(rows[:3])]
    again = PosologyClassifier(folder=tmp_path / "wine", **FEW).fit(rows, y)  # all packs are there
    np.testing.assert_array_equal(again.predict_proba(rows), model.predict_proba(rows))


def test_a_folder_that_was_not_kept_is_missed_by_name():
    rows, y = load_wine(return_X_y=True)
    model = PosologyClassifier(**FEW).fit(rows, y)
    with pytest.raises(InputError, match=r"is gone\. An estimator keeps it where it is given one"):
        model.result_.predict(rows)


def test_a_network_of_the_users_file(tmp_path):
    (tmp_path / "net.py").write_text(
        "import keras\n"
        "@keras.saving.register_keras_serializable('mine')\n"
        "class Half(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return x / 2\n"
        "def model_build(x_train):\n"
        "    layers = [keras.Input((x_train.shape[1],)), keras.layers.Dense(3, activation='relu'), Half(),\n"
        "              keras.layers.Dense(1)]\n"
        "    model = keras.Sequential(layers)\n"
        "    model.compile(loss='huber', optimizer='adam')\n"
        "    return model\n"
    )
    model = PosologyRegressor(f"{tmp_path / 'net.py'}:model_build", **FEW).fit(X[SMALL], Y[SMALL])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    assert model.prescription_.strengths == {"dropout": [0.2]}


def test_a_function_builds_the_network():
    import keras

    def build(x_train):
        model = keras.Sequential([keras.Input((x_train.shape[1],)), keras.layers.Dense(1)])
        model.compile(loss="mse", optimizer="adam")
        return model

    model = PosologyRegressor(build, arms="none,l2", **FEW).fit(X[SMALL], Y[SMALL])
    assert model.best_model().count_params() == 5 * 11


def test_a_random_state_of_none_is_another_network_each_time():
    one, other = (PosologyRegressor(epochs=2).fit(X[SMALL], Y[SMALL]).predict(X) for _ in range(2))
    assert np.abs(one - other).max() > 1e-3
    again = [
        PosologyRegressor(epochs=2, random_state=np.random.RandomState(3)).fit(X[SMALL], Y[SMALL]).predict(X)
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*again)


@pytest.mark.parametrize(
    ("model", "y", "message"),
    [
        (PosologyRegressor(effort="quik"), Y, "effort is 'quik'. Did you mean 'quick'? Use one of: quick, standard."),
        (PosologyRegressor(epochs=0), Y, "epochs is 0; it must be at least 1."),
        (PosologyRegressor(arms="l3"), Y, "--arms has an unknown regularizer 'l3'"),
        (PosologyRegressor(n_jobs=0), Y, "workers is 0; it must be at least 1."),
        (PosologyRegressor(), np.column_stack([Y, 0 * Y]), "The target 'y1' is 0 in all 442 rows"),
        (PosologyRegressor(), Y * 0, "The target 'target' is 0 in all 442 rows"),
        (PosologyClassifier(), Y > 1e9, "y has just one class, or none, whose weight is not zero: False."),
        (PosologyClassifier(measure="r2"), Y > 100, "--score r2 is for numbers"),
        (PosologyClassifier(), np.column_stack([Y > 100, Y // 150]), "MultiOutputClassifier(PosologyClassifier())"),
        (PosologyClassifier(class_weight="balanced"), LABELS, "class_weight is for classes that exclude one another"),
        (PosologyClassifier(), np.column_stack([LABELS, Y < 0]), "The target 'y2' is '0' in all 442 rows"),
    ],
)
def test_what_is_refused(model, y, message):
    with pytest.raises(InputError) as caught:
        model.fit(X, y)
    assert message in str(caught.value)


GLUCOSE = 1000 * X[:, 9] + 90


def test_several_targets_are_predicted_by_one_network():
    both = pd.DataFrame({"progression": Y, "glucose": GLUCOSE}).iloc[SMALL]
    features = X[:, :9]
    model = PosologyRegressor(**FEW).fit(features[SMALL], both)
    predicted = model.predict(features)
    assert predicted.shape == (442, 2)
    assert model.best_model().output_shape == (None, 2)
    r2 = r2_score(both, predicted[SMALL], multioutput="uniform_average")
    assert model.score(features[SMALL], both) == pytest.approx(r2)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(features), predicted)


@pytest.mark.parametrize("of", [np.asarray, sparse.csr_array])
def test_labels_are_predicted_by_one_network(of):
    model = PosologyClassifier(**MORE).fit(X[SMALL], of(LABELS[SMALL]))
    probabilities, predicted = model.predict_proba(X), model.predict(X)
    assert probabilities.shape == predicted.shape == (442, 2)
    assert np.abs(probabilities.sum(axis=1) - 1).max() > 0.1  # they do not exclude each other
    np.testing.assert_array_equal(predicted, (probabilities > 0.5).astype(int))
    assert model.score(X[SMALL], LABELS[SMALL]) == (predicted[SMALL] == LABELS[SMALL]).all(axis=1).mean()
    assert [list(one) for one in model.classes_] == [[0, 1], [0, 1]]
    assert roc_auc_score(LABELS[SMALL], probabilities[SMALL]) > 0.7


def test_labels_that_are_too_rare_are_learned_untuned():
    labels = np.column_stack([Y[:120] > 100, np.arange(120) < 2]).astype(int)
    model = PosologyClassifier(**FEW, ensemble=1).fit(X[:120], labels)
    assert "the class '1' of the label 'y1' has 2 rows, fewer than there are folds, 3" in str(model.verdict_)
    assert model.predict_proba(X[:5]).shape == (5, 2)


def test_a_study_of_several_targets_names_them(tmp_path):
    both = pd.DataFrame({"progression": Y, "glucose": GLUCOSE}).iloc[:120]
    how = {"network": "question", "ensemble": 1, "arms": "none; dropout", "folder": tmp_path / "study"}
    model = PosologyRegressor(**FEW, **how).fit(X[:120, :9], both)
    assert model.result_.targets == ("progression", "glucose")
    assert list(model.result_.arms[0].measures) == ["r2", "r2 of progression", "r2 of glucose"]
    np.testing.assert_array_equal(model.result_.predict(X[:5, :9]), model.predict(X[:5, :9]))
    with pytest.raises(
        InputError, match=r"The target 'progression, glucose' is numbers: it has no classes\. Use predict"
    ):
        model.result_.predict_proba(X[:5, :9])


@pytest.mark.filterwarnings("ignore::posology.LeakWarning")
def test_one_estimator_for_each_target_and_label():
    weights = np.arange(60) % 3 + 0.5
    several = MultiOutputRegressor(PosologyRegressor(**FEW)).fit(
        X[SMALL], np.column_stack([Y, X[:, 2]])[SMALL], weights
    )
    alone = PosologyRegressor(**FEW).fit(X[SMALL], Y[SMALL], weights)
    np.testing.assert_array_equal(several.predict(X)[:, 0], alone.predict(X))
    labels = np.column_stack([Y > 100, Y > 200])[SMALL].astype(int)
    multilabel = MultiOutputClassifier(PosologyClassifier(**FEW)).fit(X[SMALL], labels)
    assert [p.shape for p in multilabel.predict_proba(X)] == [(442, 2)] * 2


def test_a_quantile_is_studied_and_predicted(tmp_path):
    (tmp_path / "net.py").write_text(
        "import keras\n"
        "def upper(y, predicted):\n"
        "    return keras.ops.mean(keras.ops.maximum(0.9 * (y - predicted), -0.1 * (y - predicted)), axis=-1)\n"
        "def model_build(x_train):\n"
        "    layers = [keras.Input((10,)), keras.layers.Dense(8, activation='relu'), keras.layers.Dropout(0.1),\n"
        "              keras.layers.Dense(1)]\n"
        "    model = keras.Sequential(layers)\n"
        "    model.compile(loss=upper, optimizer=keras.optimizers.Adam(0.02))\n"
        "    return model\n"
    )
    net = f"{tmp_path / 'net.py'}:model_build"
    model = PosologyRegressor(net, measure="pinball:0.9", epochs=30, random_state=0).fit(X[:300], Y[:300])
    assert "pinball skill at 0.9" in str(model.verdict_)
    assert np.mean(Y[300:] < model.predict(X[300:])) > 0.7


def test_a_leak_is_warned_of():
    with pytest.warns(LeakWarning):
        PosologyRegressor(**FEW).fit(np.column_stack([X[SMALL], Y[SMALL] * 2]), Y[SMALL])


def test_cross_validation_is_of_whole_fits():
    scores = cross_val_score(PosologyRegressor(**FEW), X[:90], Y[:90], cv=2)
    assert scores.shape == (2,)


def test_workers_wait_and_can_be_dismissed(small):
    small.predict(X)
    idle = list(KEPT._idle)
    assert idle
    assert all(worker.lives for worker in idle)
    KEPT.dismiss()
    assert not any(worker.lives for worker in idle)
    small.predict(X[:2])  # a new one is hired


def test_importing_posology_stays_light():
    script = (
        "import sys, posology; from posology import *; assert PosologyRegressor;"
        "assert not {'keras', 'jax', 'matplotlib', 'torch', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", "import sys, posology; assert 'sklearn' not in sys.modules"], check=True)
    subprocess.run([sys.executable, "-c", script], check=True)
