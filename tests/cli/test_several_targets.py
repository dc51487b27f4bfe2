"""Several targets through the command: one study of real rows, then all that is made of it."""

import io
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import RidgeCV
from sklearn.multioutput import MultiOutputRegressor

from posology.cli.study_options import kinds
from posology.execution.rivals import predict_rival
from posology.report.findings import Findings
from posology.study_file import read
from posology.table import Preparation, make_table
from tests.report.test_writing import VALIDATOR

from .conftest import SMALL, network_of_two, predicted_by_files, study_of_two

TARGETS = ["progression, in a year", "glucose"]
NETWORK = network_of_two("'mse'")


@pytest.fixture(scope="module")
def frame():
    """Two measurements of one patient that a network can predict together; of one of them cells are missing."""
    table = load_diabetes(as_frame=True, scaled=False).frame.iloc[:120]
    table = table.rename(columns={"target": TARGETS[0], "s6": TARGETS[1]})
    table.loc[[5, 7], "glucose"] = np.nan
    return table


@pytest.fixture(scope="module")
def root(tmp_path_factory, frame):
    """The folder of a finished study, with its table and its network."""
    root = tmp_path_factory.mktemp("several")
    asked = [option for name in TARGETS for option in ("--target", name)]
    how = ["--arms", "none; dropout; mixup; target_noise"]
    said = study_of_two(root, frame, TARGETS, NETWORK, *asked, *how)
    assert "2 rows without a value of one or more of the targets" in said
    return root


@pytest.fixture
def there(root, monkeypatch):
    """Work in the study's place."""
    monkeypatch.chdir(root)
    return root / "table.posology"


def test_the_verdict_is_about_the_mean_of_both(there, root):
    said, verdict = (root / "said.txt").read_text(), json.loads((there / "verdict.json").read_text())
    assert "mean R2  R2 of progression, in a year  R2 of glucose" in said
    VALIDATOR.validate(verdict)
    assert verdict["study"]["targets"] == TARGETS
    assert verdict["study"]["target"] == "progression, in a year, glucose"
    for row in verdict["arms"]:
        measures = row["measures"]
        assert list(measures) == ["r2", "r2 of glucose", "r2 of progression, in a year"]  # sorted, as all keys
        assert row["r2"] == pytest.approx(np.mean([measures[f"r2 of {name}"] for name in TARGETS]))
    assert {"trees", "ridge"} <= {lever["name"] for lever in verdict["levers"]["each"]}
    assert verdict["study"]["notes"][0] == (
        "2 targets, 'progression, in a year', 'glucose', are predicted by one network; its score is the mean of theirs."
    )


def test_the_report_names_both(there):
    findings = Findings.read(there)
    assert findings.measure.words == findings.gap_unit == "mean R2"
    page = (there / "report.html").read_text()
    assert "Mean R2 is on held-out rows" in page
    assert "R2 of glucose" in page


def test_its_study_file_asks_for_both(there):
    assert read(there / "study.toml", kinds())["target"] == TARGETS


def test_it_is_continued_without_training(call, there):
    before = (there / "verdict.json").read_bytes()
    done = call("resume", there, "--workers", 1)
    assert done.code == 0, done.err
    assert (there / "verdict.json").read_bytes() == before


def test_new_rows_get_a_column_for_each(call, there):
    done = call("predict", there, "new.csv")
    predicted = pd.read_csv(there.parent / "new.csv").assign(n=0)
    lines = done.out.splitlines()
    assert lines[0] == '"predicted_progression, in a year",predicted_glucose'
    assert len(lines) == 1 + len(predicted)
    found = json.loads(call("predict", there, "table.csv", "--json").out)
    assert (found["targets"], np.shape(found["predictions"])) == (TARGETS, (120, 2))
    np.testing.assert_allclose(found["predictions"][0], [float(cell) for cell in lines[1].split(",")])
    assert "Ignored" not in " ".join(found["notes"])
    assert np.std(found["predictions"], axis=0).min() > 0.1


@pytest.mark.parametrize("more", [[], pytest.param(["--embed-preprocessing"], marks=pytest.mark.slow)])
def test_a_folder_predicts_without_posology(more, call, there, tmp_path):
    predicted = predicted_by_files(call, there, there.parent / "new.csv", tmp_path / "out", *more)
    assert list(predicted) == [f"predicted_{target}" for target in TARGETS]
    expected = pd.read_csv(io.StringIO(call("predict", there, "new.csv").out)).to_numpy()
    np.testing.assert_allclose(predicted.to_numpy(), expected, rtol=1e-5)
    text = (tmp_path / "out" / "README.txt").read_text()
    assert "targets.json         names of the targets, in the order of the model's outputs" in text
    assert "of a study of 'progression, in a year', 'glucose', trained on all its 118 rows." in text


@pytest.mark.slow
def test_a_bundle_predicts_both(call, there, tmp_path):
    assert call("export", there, "--to", "bundle", "--out", tmp_path / "one.bundle").code == 0
    assert call("predict", tmp_path / "one.bundle", "new.csv").out == call("predict", there, "new.csv").out


@pytest.mark.slow
def test_onnx_predicts_both(call, there, tmp_path):
    pytest.importorskip("jax2onnx")
    said = call("export", there, "--to", "onnx", "--out", tmp_path / "onnx")
    assert said.code == 0, said.err  # which runs it with onnxruntime, and compares


def test_code_and_units_are_given(call, there, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(there, folder)
    verdict = json.loads((folder / "verdict.json").read_text())
    verdict["prescription"]["strengths"]["l2"] = [0.01] * len(verdict["study"]["kernels"])
    (folder / "verdict.json").write_text(json.dumps(verdict))
    (folder / "run.json").unlink()  # it has the seal of the old one
    said = call("export", folder, "--to", "code")
    assert said.code == 0, said.err
    assert f"= torch weight_decay=0.02 = sklearn alpha={2 * 32 * 0.01:.3g}\n" in said.out
    assert "# sklearn: MLPRegressor(alpha=), in batches of 32 rows." in said.out
    assert "--- a/net.py" in said.out


def test_rivals_are_scikit_learns_for_several_targets(frame):
    table = make_table(frame.dropna(), TARGETS)
    inside, outside = np.arange(80), np.arange(80, table.n_rows)
    trees = predict_rival("trees", table, inside, outside, 0)
    assert trees.shape == (len(outside), 2)
    alone = make_table(frame.dropna(), "glucose", [TARGETS[0]])
    np.testing.assert_array_equal(trees[:, 1], predict_rival("trees", alone, inside, outside, 0))
    prepared = Preparation.fit(table.features.iloc[inside], table.target[inside])
    x, new = (prepared.transform(table.features.iloc[rows]).astype(float) for rows in (inside, outside))
    own = MultiOutputRegressor(RidgeCV(np.logspace(-3, 5, 17))).fit(x, table.target[inside])
    np.testing.assert_allclose(predict_rival("ridge", table, inside, outside, 0), own.predict(new))
    assert len({float(one.alpha_) for one in own.estimators_}) == 2


REFUSED = {
    "one output": (["--target", "a,b"], "2 targets need 2 numbers a row in one output. End it with Dense(2)."),
    "classes": (["--target", "a,c"], "'a', 'c' are 2 targets, of which 'c' is classes. Several targets are all"),
    "a score of classes": (["--target", "a,b", "--score", "brier"], "--score brier is for classes"),
    "label smoothing": (["--target", "a,b", "--arms", "label_smoothing"], "'label_smoothing' is for a target that is"),
    "class weights": (["--target", "a,b", "--class-weight", "balanced"], "class_weight"),
    "constant": (["--target", "a,d"], "The target 'd' is 1 in all 40 rows"),
    "unknown": (["--target", "a", "--target", "e"], "There is no target column 'e'."),
    "dropped": (["--target", "a,b", "--drop", "b"], "'b' is a target and also among the columns to leave out."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_studied_is_refused(name, call, here):
    asked, says = REFUSED[name]
    numbers = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=["x", "a", "b"])
    numbers.assign(c=["u", "v"] * 20, d=1.0).to_csv("t.csv", index=False)
    (here / "net.py").write_text(NETWORK.replace("Dense(2)", "Dense(1)"))
    said = call("study", "t.csv", *asked, "--network", "net.py:model_build", "--workers", 1, *SMALL)
    assert (said.code, says in said.err) == (2, True), said.err
    assert not (here / "t.posology").exists()


def test_a_study_file_and_inspect_take_several(call, here, table):
    assert call("init", "houses.csv", "--target", "price", "--target", "age").code == 0
    assert 'target = ["price", "age"]' in (here / "study.toml").read_text()
    assert read(here / "study.toml", kinds())["target"] == ["price", "age"]
    said = call("init", "houses.csv", "--target", "price,size", "--output", "b.toml")
    assert said.err == "posology: 'houses.csv' has no column 'size'.\n"
    seen = json.loads(call("inspect", "strong", "--table", "houses.csv", "--target", "price,age", "--json").out)
    assert seen["rows"].endswith("of 2 columns")
    (here / "study.toml").write_text('table = "houses.csv"\ntarget = [1]\n')
    assert "target is [1]; it must be a string, or a list" in call("study", "study.toml").err


def test_calibrate_takes_one(call, here, table):
    said = call("calibrate", "--table", "houses.csv", "--target", "price,age", "--studies", "2")
    assert said.code == 2
    assert "are 2 targets; --table calibrates one. Name one, and leave the others out: --target price" in said.err
