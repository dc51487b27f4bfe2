"""A study of classes by the command, from a CSV file of text to predictions; and what is refused."""

import contextlib
import io
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from posology.cli import main
from posology.inference import CLASS_SCORES
from posology.prediction import Predicted
from posology.record import Record
from posology.resampling import outer_folds

from .conftest import SMALL
from .test_export import predicted as run_exported

GRAPES = ("barolo", "grignolino", "barbera")


def wine():
    data = load_wine(as_frame=True)
    rows = data.data.iloc[:, :5].assign(grape=[GRAPES[code] for code in data.target])
    return rows.sample(frac=1, random_state=0).reset_index(drop=True)


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """Study a table of text by the command, once; the folder, the table and what was printed."""
    root = tmp_path_factory.mktemp("classes")
    wine().to_csv(root / "wine.csv", index=False)
    out, err = io.StringIO(), io.StringIO()
    arguments = ["study", root / "wine.csv", "--target", "grape", "--out", root / "study", "--workers", 1, *SMALL]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main([str(a) for a in arguments])
    assert ended.value.code == 0, err.getvalue()
    return root / "study", root / "wine.csv", out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def found(studied, tmp_path_factory):
    """Predict the rows of the table by the command."""
    path = tmp_path_factory.mktemp("predicted") / "predicted.csv"
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(studied[0]), str(studied[1]), "--out", str(path)])
    assert ended.value.code == 0
    return pd.read_csv(path)


def test_the_decision_is_told(studied):
    assert (
        "Note: The target 'grape' has text: 3 classes, 'barbera' (27.0%), 'barolo' (33.1%), 'grignolino' (39.9%)."
        in studied[3]
    )


def test_what_is_printed_names_the_measure(studied):
    out = " ".join(studied[2].split())
    assert "log-loss skill" in out
    assert "R2" not in out
    assert "Log-loss skill is on held-out rows that tuned nothing: 1 x 2 resamples" in out
    assert "Gap: train minus test log-loss skill" in out
    for head in ("Brier skill", "balanced accuracy", "AUC"):
        assert head in out


def test_scores_are_those_of_the_kept_predictions(studied):
    folder, path, *_ = studied
    verdict = json.loads((folder / "verdict.json").read_text())
    classes = sorted(GRAPES)
    assert [one["class"] for one in verdict["study"]["classes"]] == classes
    assert sum(one["rows"] for one in verdict["study"]["classes"]) == 178
    codes = pd.read_csv(path)["grape"].map(classes.index).to_numpy()
    fold = outer_folds(178, 2, 1, 0, codes)[0]
    packs = [Record(folder).read_pack(f"r0f{f}-refit-0")["prediction"] for f in (0, 1)]
    snapshots = packs[0].shape[1]
    p = np.empty((4, snapshots, 178, 3))
    for f in (0, 1):
        p[:, :, fold == f] = packs[f]
    shares = np.bincount(codes) / 178
    arms = {row["arm"]: row for row in verdict["arms"]}
    for name, of_arm in zip(("none", "weights", "dropout", "weights+dropout"), p, strict=True):
        row = arms[name]
        given = np.maximum(of_arm[:, np.arange(178), codes], shares[codes] / 1000)
        assert row["score"] == pytest.approx(1 + np.log(given).mean() / -(shares @ np.log(shares)))
        assert list(row["measures"]) == sorted(CLASS_SCORES)
        assert row["measures"]["log_loss"] == row["score"]
        accuracy = [balanced_accuracy_score(codes, one.argmax(axis=1)) for one in of_arm]
        assert row["measures"]["balanced_accuracy"] == pytest.approx(np.mean(accuracy))
        areas = [[_area(codes[fold == f], one[fold == f]) for f in (0, 1)] for one in of_arm]
        assert row["measures"]["auc"] == pytest.approx(np.average(areas, axis=1, weights=np.bincount(fold)).mean())


def _area(codes, p):
    return roc_auc_score(codes, p / p.sum(axis=1, keepdims=True), multi_class="ovo", average="macro")


def test_a_finished_study_is_resumed_without_training(studied, call):
    before = (studied[0] / "verdict.json").read_bytes()
    said = call("resume", studied[0], "--workers", 1, "--json", "--quiet")
    assert said.code == 0, said.err
    assert (studied[0] / "verdict.json").read_bytes() == before
    assert json.loads(said.out)["arms"] == json.loads(before)["arms"]


def test_lost_names_of_classes_are_told_and_made_again(studied, call, here):
    folder = here / "half"
    shutil.copytree(studied[0], folder)
    (folder / "classes.json").unlink()
    for said in (call("predict", folder, studied[1]), call("export", folder, "--to", "keras", "--out", "net")):
        assert (said.code, said.out) == (2, "")
        assert "has no classes.json, which names its classes. Write it again: posology resume" in said.err
    before = (studied[0] / "classes.json").read_bytes()
    assert call("resume", folder, "--workers", 1).code == 0
    assert (folder / "classes.json").read_bytes() == before


def test_predictions_are_classes_and_their_probabilities(found):
    names = [f"probability_{name}" for name in sorted(GRAPES)]
    assert list(found) == ["predicted_grape", *names]
    np.testing.assert_allclose(found[names].sum(axis=1), 1, atol=1e-5)
    assert (found[names].idxmax(axis=1).str.removeprefix("probability_") == found["predicted_grape"]).all()


def test_predictions_as_json():
    values = np.array([[0.25, 0.75], [1.0, 0.0]])
    text = Predicted("sort", values, (), ("oat", "rye")).to_json()
    assert text.count("\n") == 1
    content = json.loads(text)
    assert content == {
        "target": "sort",
        "predictions": ["rye", "oat"],
        "notes": [],
        "classes": ["oat", "rye"],
        "probabilities": values.tolist(),
    }


@pytest.mark.parametrize("options", [(), pytest.param(("--embed-preprocessing",), marks=pytest.mark.slow)])
def test_what_is_exported_predicts_the_same_without_posology(studied, found, call, here, options):
    said = call("export", studied[0], "--to", "keras", "--out", here / "net", *options)
    assert said.code == 0, said.err
    assert "classes.json" in said.out
    exported = run_exported(here / "net", studied[1], column=None)
    assert list(exported) == list(found)
    assert (exported["predicted_grape"] == found["predicted_grape"]).all()
    np.testing.assert_allclose(exported.iloc[:, 1:], found.iloc[:, 1:], atol=1e-5)
    text = (here / "net" / "README.txt").read_text()
    assert "classes.json" in text
    assert "standard deviation of the target" not in text


def test_the_questions_network_is_shown_with_the_head_of_the_classes(studied, call):
    said = call("inspect", "question", "--table", studied[1], "--target", "grape", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["lines"][-1] == "  dense_2: Dense(3, activation='softmax')"
    assert "mean-shift" not in said.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--target", "grape", "--score", "acu"), "--score got 'acu'. Did you mean 'auc'? Use one of: r2, mae,"),
        (("--target", "grape", "--score", "r2"), "--score r2 is for numbers, and the target 'grape' has 3 classes."),
        (("--target", "alcohol", "--score", "auc"), "--score auc is for classes, and the target 'alcohol' is a number"),
        (("--target", "alcohol", "--task", "classification"), "which name no classes. Use --task regression"),
        (("--target", "grape", "--task", "regression"), "has text such as"),
        (("--target", "grape", "--task", "classes"), "The task is 'classes'."),
        (("--target", "grape", "--folds", "60"), "'barbera (48 rows)', 'barolo (59 rows)' have fewer rows than there"),
    ],
)
def test_what_is_refused(studied, call, here, options, message):
    said = call("study", studied[1], "--out", here / "study", *options)
    assert said.code == 2
    assert message in said.err
    assert not (here / "study").exists()


def test_a_network_of_another_head_is_refused(studied, call, here):
    (here / "net.py").write_text(
        "import keras\n\ndef model_build():\n"
        "    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])\n"
        "    model.compile(loss='mse', optimizer='adam')\n    return model\n"
    )
    said = call("study", studied[1], "--target", "grape", "--network", "net.py:model_build", "--out", here / "study")
    assert said.code == 2
    assert "the target has 3 classes. End it with Dense(3, activation='softmax')" in said.err
