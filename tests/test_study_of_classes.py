"""Classes studied in Python: a network of logits, scored by the area under the curve; ten classes in a worker."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.metrics import log_loss

from posology import InputError, Study
from posology.execution.job import Job
from posology.execution.trainer import Trainer
from posology.judging import judge_of
from posology.network.source import NetworkSource
from posology.plan import REFIT, Design, Member, Pack
from posology.table import table_from_arrays


def build(x_train):
    hidden = keras.layers.Dense(4, activation="relu", kernel_regularizer="l2")
    last = keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((x_train.shape[1],)), hidden, keras.layers.Dropout(0.1), last])
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), optimizer=keras.optimizers.Adam(0.01))
    return model


@pytest.fixture(scope="module")
def cancer():
    data = load_breast_cancer(as_frame=True)
    rows = data.data.iloc[::3, :6].reset_index(drop=True)
    return rows, data.target.iloc[::3].reset_index(drop=True).astype(bool).rename("benign")


@pytest.fixture(scope="module")
def result(cancer):
    small = {"repeats": 1, "folds": 2, "trials": 2, "refits": 1, "epochs": 4, "workers": 1}
    return Study(build, *cancer, score="auc", **small).run()


def test_the_verdict_is_about_the_area(result):
    assert result.analysis.measure.words == "AUC"
    for row in result.arms:
        assert row.score == row.measures["auc"]
        assert 0.5 < row.score <= 1
    frame = result.to_frame()
    assert list(frame["score"]) == sorted(frame["score"], reverse=True)
    assert result.to_dict()["settings"]["score"] == "auc"
    assert "R2" not in str(result.verdict)


def test_the_network_predicts_classes_and_probabilities(result, cancer):
    assert result.classes == ("False", "True")
    probabilities = result.predict_proba(cancer[0])
    assert list(probabilities) == ["False", "True"]
    outputs = result.best_model(embed_preprocessing=True).predict(
        {name: cancer[0][[name]].to_numpy("float32") for name in cancer[0]}, verbose=0
    )
    np.testing.assert_allclose(outputs, probabilities, atol=1e-5)
    predicted = result.predict(cancer[0])
    assert predicted.dtype == bool  # as y was
    assert (predicted == (probabilities["True"] > 0.5)).all()


def test_a_frame_of_the_arms_holds_a_number_a_cell(result):
    frame = result.to_frame()
    assert all(np.ndim(cell) == 0 and not isinstance(cell, str | dict) for cell in frame.to_numpy().ravel())
    assert frame.loc["dropout", "strength_dropout"] == np.mean(
        next(r for r in result.arms if r.arm == ("dropout",)).strengths["dropout"]
    )
    assert np.isnan(frame.loc["none", "strength_dropout"])
    assert {"auc", "log_loss", "search_gain_lower"} <= set(frame)


def test_strengths_are_given_in_the_units_of_a_classifier(result):
    units = result.units()
    if (used := units["keras_l2"] > 0).any():
        assert (units["sklearn_alpha"][used] == 2 * 32 * units["keras_l2"][used]).all()


def test_classes_that_are_groups_are_refused(cancer):
    rows, benign = cancer
    groups = np.where(benign, 0, 1 + np.arange(len(rows)) % 12)
    with pytest.raises(InputError, match="a fold without rows of 'False', 'True' of the target 'benign'"):
        Study(build, rows, benign, groups=groups, folds=2)


def test_numbers_have_no_probabilities(result):
    of_numbers = replace(result, facts={"target": "y"})
    with pytest.raises(InputError, match=r"The target 'y' is a number: it has no classes\. Use predict\."):
        of_numbers.predict_proba([[1.0]])


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """One refit of the question's network on 200 digits, in this process."""
    folder = tmp_path_factory.mktemp("digits")
    x, y = load_digits(return_X_y=True)
    table = table_from_arrays(x[:200, 20:44], y[:200], task="classification")
    table.save(folder / "table.feather")
    design = Design(((), ("dropout",)), repeats=1, folds=4, epochs=5)
    file, scratch = str(folder / "table.feather"), str(folder / "scratch")
    job = Job(file, NetworkSource("question"), 200, design, ("dropout",), scratch)
    members = tuple(Member((), 0, seed, {}, 5, 99) for seed in range(2))
    trainer = Trainer(job)
    return table, job, trainer.run(Pack("p", 0, 1, REFIT, members))


def test_ten_classes_in_a_worker(digits):
    table, job, found = digits
    _, scored = job.rows_of(Pack("p", 0, 1, REFIT, ()), table.strata)
    assert (found.prediction.shape[0], *found.prediction.shape[2:]) == (2, 50, 10)
    assert (np.bincount(table.strata[scored], minlength=10) >= 4).all()
    np.testing.assert_allclose(found.prediction.sum(axis=-1), 1, atol=1e-5)
    accuracy = (found.prediction.argmax(axis=-1) == table.strata[scored]).mean()
    assert accuracy > 0.5
    assert (found.train_error < np.log(10) / 2).all()


def test_a_fold_is_judged_by_its_own_rows(digits):
    table, job, found = digits
    _, scored = job.rows_of(Pack("p", 0, 1, REFIT, ()), table.strata)
    mask = np.zeros(200, bool)
    mask[scored] = True
    judge = judge_of(table, None)
    losses, capped = judge.row_losses(found.prediction[0, 0], mask)
    p = found.prediction[0, 0].astype(float)
    entropy = log_loss(table.strata, np.tile(np.bincount(table.strata) / 200, (200, 1)))
    if capped == 0:
        wanted = log_loss(table.strata[scored], p / p.sum(axis=1, keepdims=True), labels=range(10)) / entropy
        assert losses.mean() == pytest.approx(wanted, rel=1e-6)
    assert judge.train_score(0.0) == 1
    assert judge.train_score(entropy) == pytest.approx(0)
