"""Several labels a row through the command: one study of real rows, then all that is made of it."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

from posology.execution.predicting import predict_frame
from posology.execution.rivals import predict_rival
from posology.report.findings import Findings
from posology.table import make_table
from tests.report.test_writing import VALIDATOR

from .conftest import SMALL, network_of_two, predicted_by_files, study_of_two

LABELS = ["strong", "dark"]
NETWORK = network_of_two("keras.losses.BinaryCrossentropy(from_logits=True)")


@pytest.fixture(scope="module")
def frame():
    """Wines, some of them strong, some dark, from what else is known of them."""
    table = load_wine(as_frame=True).data
    has = {"strong": table["alcohol"] > 13, "dark": table["color_intensity"] > 6}
    kept = table[["malic_acid", "ash", "magnesium", "proline", "hue"]]
    return kept.assign(**{name: label.astype(int) for name, label in has.items()})


@pytest.fixture(scope="module")
def root(tmp_path_factory, frame):
    """The folder of a finished study, with its table and its network."""
    root = tmp_path_factory.mktemp("labels")
    how = ["--target", "strong,dark", "--task", "classification", "--arms", "none; dropout; mixup"]
    said = study_of_two(root, frame, LABELS, NETWORK, *how)
    shares = ", ".join(f"'{name}' ({frame[name].mean():.1%})" for name in LABELS)
    assert f"Note: 2 labels, {shares} of the rows, are predicted by one network" in said
    return root


@pytest.fixture
def there(root, monkeypatch):
    """Work in the study's place."""
    monkeypatch.chdir(root)
    return root / "table.posology"


def test_the_verdict_is_about_both(there, root, frame):
    verdict, findings = json.loads((there / "verdict.json").read_text()), Findings.read(there)
    VALIDATOR.validate(verdict)
    rows = [{"label": name, "rows": int(frame[name].sum()), "share": frame[name].mean()} for name in LABELS]
    assert verdict["study"]["labels"] == rows
    assert findings.measure.words == findings.gap_unit == "mean log-loss skill"
    for row in verdict["arms"]:
        assert row["score"] == row["measures"]["log_loss"]
        assert {f"log_loss of {name}" for name in LABELS} < set(row["measures"])
        shown = [row["measures"][f"log_loss of {name}"] for name in LABELS]
        assert min(shown) < row["score"] < max(shown)
    assert {"trees", "ridge"} <= {lever["name"] for lever in verdict["levers"]["each"]}
    assert "logistic regression" in (root / "said.txt").read_text()
    assert "log-loss skill of dark" in (there / "report.html").read_text()


def test_it_is_continued_without_training(call, there):
    before = (there / "verdict.json").read_bytes()
    done = call("resume", there, "--workers", 1)
    assert done.code == 0, done.err
    assert (there / "verdict.json").read_bytes() == before


def test_new_rows_get_each_label_and_its_probability(call, there):
    predicted = pd.read_csv(io.StringIO(call("predict", there, "new.csv").out))
    assert list(predicted) == ["predicted_strong", "predicted_dark", "probability_strong", "probability_dark"]
    probabilities = predicted[["probability_strong", "probability_dark"]].to_numpy()
    assert np.abs(probabilities.sum(axis=1) - 1).max() > 1e-3  # they do not exclude each other
    np.testing.assert_array_equal(predicted[["predicted_strong", "predicted_dark"]], probabilities > 0.5)
    found = json.loads(call("predict", there, "new.csv", "--json").out)
    assert found["targets"] == LABELS
    np.testing.assert_allclose(found["probabilities"], probabilities)
    assert found["predictions"] == (probabilities > 0.5).astype(int).tolist()


@pytest.mark.parametrize("more", [[], pytest.param(["--embed-preprocessing"], marks=pytest.mark.slow)])
def test_a_folder_predicts_without_posology(more, call, there, tmp_path):
    predicted = predicted_by_files(call, there, there.parent / "new.csv", tmp_path / "out", *more)
    assert list(predicted) == ["predicted_strong", "predicted_dark", "probability_strong", "probability_dark"]
    expected, _ = predict_frame(there, pd.read_csv("new.csv"))
    np.testing.assert_allclose(predicted.iloc[:, 2:], expected, rtol=1e-5)
    assert "names of the labels, in the order of the probabilities" in (tmp_path / "out" / "README.txt").read_text()


@pytest.mark.slow
def test_a_bundle_predicts_both(call, there, tmp_path):
    assert call("export", there, "--to", "bundle", "--out", tmp_path / "one.bundle").code == 0
    assert call("predict", tmp_path / "one.bundle", "new.csv").out == call("predict", there, "new.csv").out


def test_rivals_are_fitted_to_each_label(frame):
    table = make_table(frame, LABELS, task="classification")
    inside, outside = np.arange(0, 178, 2), np.arange(1, 178, 2)
    for name in ("trees", "ridge"):
        found = predict_rival(name, table, inside, outside, 0)
        alone = make_table(frame, "dark", ["strong"], "classification")
        np.testing.assert_array_equal(found[:, 1], predict_rival(name, alone, inside, outside, 0)[:, 1])
    x = (table.features - table.features.iloc[inside].mean()) / table.features.iloc[inside].std()
    plain = LogisticRegression().fit(x.iloc[inside], frame["strong"].iloc[inside]).predict_proba(x.iloc[outside])[:, 1]
    assert np.corrcoef(plain, found[:, 0])[0, 1] > 0.95


REFUSED = {
    "class weights": (["--class-weight", "balanced"], "class_weight is for classes that exclude one another"),
    "label smoothing": (
        ["--arms", "label_smoothing"],
        "'label_smoothing' is for a target that is classes, and 'a, b' is",
    ),
    "target noise": (
        ["--arms", "target_noise"],
        "'target_noise' is for a target that is a number, and 'a, b' is labels",
    ),
    "a score of numbers": (["--score", "mae"], "--score mae is for numbers, and the target 'a, b' is labels."),
    "a rare label": (["--target", "rare"], "The target 'rare' has 2 classes, of which '1 (1 row)' has fewer rows"),
    # three rows with two labels each, which two folds cannot both have
    "a fold without it": (["--target", "p,q,r"], "A fold has no row of '1' of the label '"),
    "numbers among labels": (["--target", "x"], "The target 'x' has numbers such as"),
    "three values": (["--target", "three"], "of which 'a', 'b', 'three' are classes. Several targets are all numbers;"),
    "all the same": (["--target", "one"], "The target 'one' is '1' in all 60 rows where it is known"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_studied_is_refused(name, call, here):
    more, says = REFUSED[name]
    rng, first = np.random.default_rng(0), np.arange(60)
    numbers = pd.DataFrame({"x": rng.normal(size=60), "y": rng.normal(size=60), "a": rng.integers(0, 2, 60)})
    others = {"b": 1 - numbers["a"].to_numpy()[::-1], "rare": (first == 0) * 1, "one": 1}
    others |= {name: ((first < 3) & (first != lacks)) * 1 for lacks, name in enumerate("pqr")}
    numbers.assign(**others, three=rng.integers(0, 3, 60)).to_csv("t.csv", index=False)
    asked = ["--target", "a,b", "--task", "classification", *more, "--workers", 1, "--seed", 2]
    said = call("study", "t.csv", *asked, *SMALL)
    assert (said.code, says in said.err) == (2, True), said.err
    assert not (here / "t.posology").exists()


def test_truth_values_are_labels_without_a_word(frame):
    truth = frame.astype(dict.fromkeys(LABELS, bool))
    table = make_table(truth, LABELS)
    assert (table.labels, table.classes, table.task) == (tuple(LABELS), ("0", "1"), "classification")
    np.testing.assert_array_equal(table.strata, frame[LABELS])
    np.testing.assert_array_equal(table.target, frame[LABELS])
    assert make_table(frame, LABELS).labels == ()  # 0 and 1 are numbers, until they are said to be names
