"""A study by the command, as a user's shell sees it: what it prints, what it leaves, what it does not do again."""

import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from posology.execution.predicting import predict_frame

from .conftest import SMALL, TARGET, command, environment, files, frame, plain_frame


def test_json_is_one_object_and_nothing_else(finished):
    got = json.loads(finished.out, parse_constant=pytest.fail)
    assert sorted(got) == sorted(
        [
            "schema",
            "posology",
            "verdict",
            "arms",
            "prescription",
            "substitution",
            "behaviour",
            "cocktail",
            "levers",
            "analysis",
            "study",
            "settings",
            "run",
        ]
    )
    assert got["schema"] == 1
    assert got["verdict"]["kind"] in {"combine", "use alone", "equivalent", "not enough evidence"}
    assert {a["arm"] for a in got["arms"]} == {"none", "weights", "dropout", "weights+dropout"}
    assert {"arm", "r2", "gain_over_none", "gain_lower", "gain_upper", "gap", "epochs", "strengths"} <= set(
        got["arms"][0]
    )
    assert got["study"]["target"] == TARGET
    assert got["study"]["resamples"] == 2
    assert got["run"]["folder"] == str(finished.folder)
    assert {k: v for k, v in got.items() if k != "run"} == finished.verdict()


def test_progress_and_notes_go_to_standard_error(finished):
    assert "starting the workers" in finished.err
    lines = r"^(tuning|scoring) [^:]+: \d+ of at most \d+ networks(, about .* left)?$"
    assert re.search(lines, finished.err, re.MULTILINE)
    assert "must not reach standard output" not in finished.err


def test_the_folder_holds_what_is_said_of_it(finished):
    kept = [f for f in files(finished.folder) if not f.startswith(("packs", ".lock"))]
    assert kept == [
        ".study.json.copy",
        "evidence.json",
        "layout.json",
        "model.keras",
        "preparation.json",
        "preparation.skops",
        "report.html",
        "run.json",
        "study.json",
        "study.sqlite",
        "study.toml",
        "verdict.json",
    ]
    assert not [f for f in files(finished.folder) if "part" in f]


def test_a_finished_study_run_again_trains_nothing_and_says_its_result(call, finished):
    before = {f: (finished.folder / f).stat().st_mtime_ns for f in files(finished.folder) if "packs" in f}
    model = (finished.folder / "model.keras").read_bytes()
    verdict = (finished.folder / "verdict.json").read_bytes()
    said = call("resume", finished.folder, "--workers", 1, "--quiet")
    assert said.code == 0, said.err
    assert {f: (finished.folder / f).stat().st_mtime_ns for f in files(finished.folder) if "packs" in f} == before
    assert (finished.folder / "model.keras").read_bytes() == model
    assert (finished.folder / "verdict.json").read_bytes() == verdict
    assert "training" not in said.err
    for part in (
        finished.verdict()["verdict"]["sentences"][0],
        "gain over none [95%]",
        "weights+dropout",
        "Early stopping, itself a regularizer, is on in every arm",
        "Prescription: ",
        "By hand: prepare the columns",
        "posology predict ",
        "model.keras",
    ):
        assert part in said.out


def test_predictions_equal_those_of_the_kept_model_and_preparation(call, finished, here):
    new = frame(70).drop(columns=TARGET).tail(12).reset_index(drop=True)
    new.loc[0, "<b>кириллица</b> :smile:"] = "never seen"
    new.to_csv(here / "new.csv", index=False)
    said = call("predict", finished.folder, "new.csv")
    assert said.code == 0, said.err
    assert "levels that the studied table did not have: 'never seen'" in said.err
    (here / "p.csv").write_text(said.out)
    got = pd.read_csv(here / "p.csv")
    assert list(got) == [f"predicted_{TARGET}"]
    expected, _ = predict_frame(finished.folder, new)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(got.iloc[:, 0], expected, rtol=1e-5)


def test_predictions_go_to_a_file(call, finished, here):
    said = call("predict", finished.folder, finished.table, "--out", "p.json", "--json")
    assert (said.code, said.out) == (0, "")
    got = json.loads((here / "p.json").read_text())
    assert got["target"] == TARGET
    assert len(got["predictions"]) == len(frame())


def test_a_table_that_lacks_a_column(call, finished, here):
    frame().drop(columns=["plain", TARGET]).assign(plian=1.0).to_csv(here / "new.csv", index=False)
    said = call("predict", finished.folder, "new.csv", "--out", "p.csv")
    assert (said.code, said.out) == (2, "")
    assert "plain" in said.err
    assert files(here) == ["new.csv"]


def test_the_model_loads_without_posology(finished):
    code = """if True:
        import importlib.abc, sys, warnings
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)

        class Block(importlib.abc.MetaPathFinder):
            def find_spec(self, name, *_):
                if name.split(".")[0] == "posology":
                    raise ModuleNotFoundError(name)

        sys.meta_path.insert(0, Block())
        import keras, numpy
        model = keras.models.load_model(sys.argv[1])
        assert model.compiled
        print(model.predict(numpy.zeros((2, model.inputs[0].shape[1])), verbose=0).shape)
        assert not [m for m in sys.modules if m.split(".")[0] == "posology"]
    """
    done = subprocess.run(
        [sys.executable, "-c", code, str(finished.folder / "model.keras")],
        capture_output=True,
        text=True,
        check=False,
        env=environment(KERAS_BACKEND="jax", JAX_PLATFORMS="cpu"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "(2, 1)"


@pytest.mark.parametrize("kind", ["tsv", "csv.gz", "parquet", "feather"])
def test_the_same_table_in_another_format_is_the_same_study(call, monkeypatch, finished, here, kind):
    reached = []
    monkeypatch.setattr("posology.cli.studies.carry_out", lambda *arguments, **_: reached.append(arguments[0]))
    table, path = pd.read_csv(finished.table), here / f"t.{kind}"
    if kind in ("parquet", "feather"):
        getattr(table, f"to_{kind}")(path)
    else:
        table.to_csv(path, index=False, sep="\t" if kind == "tsv" else ",")
    said = call("resume", finished.folder, "--table", path)
    assert said.code == 0, said.err
    assert reached[0].fingerprint() == finished.verdict()["study"]["fingerprint"]


NETWORKS = """
import keras
from posology.optimizers import AdaBound


class Own(keras.layers.Layer):
    def call(self, x):
        return x * 0.5


def adapted(x_train):
    norm = keras.layers.Normalization()
    norm.adapt(x_train)
    hidden = keras.layers.Dense(4, activation="relu")
    model = keras.Sequential([keras.Input((x_train.shape[1],)), norm, Own(), hidden, keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer=AdaBound(learning_rate=1e-3))
    return model


def narrow():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model


def forgetful(x_train):
    model = keras.Sequential([keras.Input((x_train.shape[1],)), keras.layers.Dense(1)])


def wild(x_train, rate=1e30):
    model = keras.Sequential([keras.Input((x_train.shape[1],)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(rate))
    return model


def tame(x_train):
    return wild(x_train, 0.01)
"""


@pytest.fixture
def networks(here):
    (here / "nets.py").write_text(NETWORKS)
    return here / "nets.py"


@pytest.mark.slow
def test_adabound_on_adapted_rows_without_early_stopping_per_layer(call, table, networks, here):
    said = call(
        "study", table, "--target", "price", "--network", "nets.py:adapted", *SMALL, "--no-early-stopping",
        "--per-layer", "--arms", "l1,dropout", "--workers", 1, "--json", "--quiet",
    )  # fmt: skip
    assert said.code == 0, said.err
    got = json.loads(said.out)
    assert got["study"]["optimizer"] == "AdaBound"
    assert got["settings"]["per_layer"] is True
    assert got["settings"]["design"]["patience"] is None
    assert {arm["epochs"] for arm in got["arms"]} == {3.0}
    assert got["run"]["folder"] == "houses.posology"
    with zipfile.ZipFile(here / "houses.posology" / "model.keras") as kept:  # AdaBound is not known without posology
        assert not json.loads(kept.read("config.json"))["compile_config"]
    said = call("predict", "houses.posology", table)
    assert said.code == 0, said.err
    assert len(said.out.splitlines()) == 1 + len(plain_frame())


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("narrow", "gave a model for inputs of shape (2,), but the prepared table has 3 columns"),
        ("forgetful", "nets.py:forgetful gave nothing: it returns None. End it with 'return model'."),
        ("adaptde", "The network file 'nets.py' has no function 'adaptde'. Did you mean 'adapted'?"),
    ],
)
def test_a_network_that_cannot_be_studied_leaves_nothing(call, table, networks, here, function, message):
    before = files(here)
    said = call("study", table, "--target", "price", "--network", f"nets.py:{function}", "--workers", 1)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert [f for f in files(here) if "__pycache__" not in f] == before


def test_networks_that_diverge_give_a_verdict_of_finite_numbers(call, table, networks):
    said = call(
        "study", table, "--target", "price", "--network", "nets.py:tame", *SMALL, "--arms", "none; l2", "--workers", 1,
        "--range", "l2=1e15:1e20", "--json", "--quiet",
    )  # fmt: skip
    assert said.code == 0, said.err
    got = json.loads(said.out, parse_constant=pytest.fail)
    assert got["study"]["failed_networks"] == 2
    assert {f["stage"] for f in got["study"]["failures"]} >= {"refit"}
    assert {f["arm"] for f in got["study"]["failures"]} == {"l2"}


def test_networks_that_all_diverge_give_none(call, table, networks, here):
    arguments = ("--network", "nets.py:wild", *SMALL, "--arms", "none; l1", "--workers", 1, "--quiet")
    said = call("study", table, "--target", "price", *arguments, "--out", "study")
    assert said.code == 2
    assert "Every network that was to be scored diverged (4 of them): there is nothing to compare." in said.err
    assert "Lower the learning rate" in said.err
    assert not (here / "study" / "verdict.json").exists()


def test_dry_run_says_the_price_and_writes_nothing(call, table, here):
    before = files(here)
    arguments = ("study", table, "--target", "price", "--dry-run", *SMALL, "--workers", 1)
    said = call(*arguments)
    assert said.code == 0, said.err
    for part in (
        "Arms: none, weights, dropout, weights+dropout",
        "Networks: ",
        "Time: about",
        "MB. Nothing was written.",
    ):
        assert part in said.out
    assert files(here) == before


def test_dry_run_says_that_a_budget_holds_no_repeat(call, table):
    said = call("study", table, "--target", "price", "--dry-run", *SMALL, "--workers", 1, "--budget", "1s", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["repeats_in_budget"] == 0
    assert 0 < found["repeat_seconds"] * found["repeats"] < found["seconds"]


def test_a_budget_that_is_too_small(call, finished, here):
    study = replace(finished, folder=here / "my study")
    said = call(*study.arguments(), "--workers", 1, "--budget", "0.1s", "--json")
    assert said.code == 3
    assert json.loads(said.out)["exit_code"] == 3
    assert "The budget ended before one repeat of 2 resamples was finished. What was trained is kept" in said.err
    assert f"posology resume '{study.folder}'" in said.err
    assert (study.folder / "study.json").is_file()
    assert not (study.folder / "verdict.json").exists()


def test_without_a_reader_of_standard_output(finished):
    done = subprocess.Popen(command("study", "--help"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    done.stdout.close()
    assert b"Traceback" not in done.stderr.read()
    done.stderr.close()
    done.wait()


def test_groups_stay_whole_and_are_no_feature(call, here):
    table = plain_frame().assign(farm=np.repeat([f"f{i}" for i in range(10)], [13, 7, 5, 4, 3, 3, 2, 1, 1, 1]))
    table.sample(frac=1, random_state=0).to_csv(here / "farms.csv", index=False)
    sizes = ("--repeats", 2, "--folds", 2, "--trials", 1, "--inner-splits", 1, "--refits", 1, "--epochs", 1)
    asked = ("study", here / "farms.csv", "--target", "price", "--groups", "farm", *sizes, "--arms", "none; dropout")
    said = call(*asked, "--out", here / "study", "--workers", 1, "--json")
    assert said.code == 0, said.err
    got = json.loads(said.out)
    assert got["study"]["groups"] == {"column": "farm", "count": 10}
    assert got["study"]["columns"] == 3
    assert "Note: The rows come in 10 groups by 'farm', of 1 to 13 rows: each stays whole" in said.err
    verdict = (here / "study" / "verdict.json").read_bytes()
    (here / "study" / "verdict.json").unlink()
    assert call("resume", here / "study", "--workers", 1).code == 0
    assert (here / "study" / "verdict.json").read_bytes() == verdict
    said = call(*asked[:4], "--groups", "farm", "--folds", 6)
    assert (said.code, "'farm' has 10 groups; 6 folds need at least 12" in said.err) == (2, True)
