"""Networks with several inputs, codes and outputs, and the arguments of `model.fit`, by the command."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from .conftest import SMALL, environment

NETWORKS = """
import keras

L = keras.layers

FIT = {
    "epochs": 4,
    "batch_size": 16,
    "validation_split": 0.2,
    "callbacks": [
        keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1),
        keras.callbacks.CSVLogger("log.csv"),
    ],
}


def fit():
    return FIT


WRONG = {"epoch": 4}
NUMBER = 3


def branches(x_train):
    body = keras.Input((x_train["body"].shape[1],), name="body")
    city = keras.Input((1,), name="city", dtype="int32")
    x = L.Concatenate()([L.Dense(4, activation="relu", name="of_body")(body), L.Flatten()(L.Embedding(4, 2)(city))])
    model = keras.Model({"body": body, "city": city}, {"price": L.Dense(1)(x), "hint": L.Dense(1)(x)})
    model.compile("adam", {"price": "mse", "hint": "mae"}, loss_weights={"price": 1.0, "hint": 0.1})
    return model


def blocks(x_train):
    given = keras.Input((x_train.shape[1],))
    x = L.Dense(6, activation="relu", name="stem")(given)
    for name in ("one", "two"):
        x = L.Add()([x, L.Dense(6, name=name)(L.Dense(6, activation="relu")(x))])
    model = keras.Model(given, L.Dense(1)(x))
    model.compile("adam", "mse")
    return model
"""


@pytest.fixture
def houses(here):
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(60, 2)), columns=["height", "weight"])
    table["city"] = rng.choice(["bath", "ely", "york"], 60)
    table["price"] = table["height"] + (table["city"] == "ely") + rng.normal(size=60) / 5
    table.to_csv(here / "houses.csv", index=False)
    (here / "net.py").write_text(NETWORKS)
    return table


@pytest.mark.slow
def test_branches_with_codes_and_two_outputs_are_studied_and_predict(call, here, houses):
    small = [a for a in SMALL if a not in {"--epochs", "3"}]
    given = ["--network", "net.py:branches", "--input", "body=height,weight", "--input", "city=city"]
    said = call("study", "houses.csv", "--target", "price", *given, "--fit", "net.py:FIT", *small, "--json")
    assert said.code == 0, said.err
    assert "Note: The callback CSVLogger is left out: it does not act on the training." in said.err
    got = json.loads(said.out)
    assert "Output 'price' is scored; 'hint' learns the same target beside it." in got["study"]["network_notes"]
    assert [s["layer"] for s in got["study"]["kernels"]] == ["of_body"]
    design = got["settings"]["design"]
    assert (design["epochs"], design["batch_size"], design["patience"], design["validation_split"]) == (4, 16, 2, 0.2)
    assert design["callbacks"]["plateau_factor"] == 0.5
    assert not (here / "log.csv").exists()

    new = houses.drop(columns="price").iloc[::-1].assign(city=["ely", "rome", None, *["bath"] * 57])
    new.to_csv(here / "new.csv", index=False)
    predicted = call("predict", "houses.posology", "new.csv", "--json")
    assert predicted.code == 0, predicted.err
    content = json.loads(predicted.out)
    assert len(content["predictions"]) == 60
    assert np.isfinite(content["predictions"]).all()
    assert content["notes"] == ["Column 'city' has levels that the studied table did not have: 'rome'."]

    again = call("resume", "houses.posology", "--quiet")
    assert again.code == 0, again.err
    assert "Prescription: " in again.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fit", "net.py:FITS"], "The file 'net.py' has no 'FITS'. Did you mean 'FIT'?"),
        (["--fit", "net.py"], "--fit got 'net.py', which names no function. Write FILE.py:NAME, such as net.py:FIT."),
        (["--fit", "other.py:FIT"], "There is no file 'other.py'. Give the path of a Python file: --fit net.py:FIT"),
        (["--fit", "net.py:WRONG"], "fit has an unknown argument 'epoch'. Did you mean 'epochs'?"),
        (["--fit", "net.py:NUMBER"], "The fit arguments are of type int."),
        (["--fit", "net.py:fit", "--epochs", "7"], "epochs is given twice: in fit, and as 7. Give it once."),
        (["--input", "body"], "--input got 'body'. Write NAME=COLUMN,COLUMN"),
        (["--input", "body=height", "--input", "body=weight"], "--input got 'body=weight'."),
        (["--network", "net.py:branches", "--input", "bodi=height"], "has no input 'bodi'. Did you mean 'body'?"),
        (["--network", "net.py:branches"], "x_train is one array; named inputs make it a dictionary"),
        (
            ["--network", "net.py:branches", "--input", "body=height,weigth"],
            "The table has no column 'weigth' for the input 'body'. Did you mean 'weight'?",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, here, houses, options, message):
    said = call("study", "houses.csv", "--target", "price", *options)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert not (here / "houses.posology").exists()


@pytest.mark.slow
def test_residual_branches_are_left_out_and_handed_back(call, here, houses):
    arms = "stochastic_depth;stochastic_depth:rising"
    said = call(
        "study", "houses.csv", "--target", "price", "--network", "net.py:blocks", "--arms", arms, *SMALL, "--json"
    )
    assert said.code == 0, said.err
    got = json.loads(said.out)
    assert [s["layer"] for s in got["study"]["branches"]] == ["one", "two"]
    rates = got["prescription"]["strengths"]["stochastic_depth"]
    assert rates[0] <= rates[1]
    lines = call("export", "houses.posology", "--to", "code").out
    assert f"after two: add keras.layers.Dropout({rates[1]:.3g}, noise_shape=(None, 1))" in lines
    assert call("export", "houses.posology", "--to", "keras").code == 0
    predicted = json.loads(call("predict", "houses.posology", "houses.csv", "--json").out)["predictions"]
    alone = subprocess.run(
        [sys.executable, "load_and_predict.py", "../houses.csv"],
        cwd=here / "houses_keras", capture_output=True, text=True, check=True, env=environment(KERAS_BACKEND="jax"),
    )  # fmt: skip
    assert [float(line) for line in alone.stdout.split()[1:]] == pytest.approx(predicted, abs=1e-4 * houses.price.std())


@pytest.mark.slow
def test_the_strong_network_is_studied_resumed_and_handed_back(call, here, houses):
    said = call("study", "houses.csv", "--target", "price", "--network", "strong", *SMALL, "--json")
    assert said.code == 0, said.err
    got = json.loads(said.out)
    assert got["settings"]["source"]["kind"] == "strong"
    assert [s["layer"] for s in got["study"]["kernels"]] == ["hidden_1", "hidden_2"]
    assert [s["layer"] for s in got["study"]["dropouts"]] == ["dropout_1", "dropout_2"]
    again = call("resume", "houses.posology", "--json")
    assert json.loads(again.out)["verdict"] == got["verdict"]

    predicted = json.loads(call("predict", "houses.posology", "houses.csv", "--json").out)["predictions"]
    assert call("export", "houses.posology", "--to", "keras").code == 0
    alone = subprocess.run(
        [sys.executable, "load_and_predict.py", "../houses.csv"],
        cwd=here / "houses_keras", capture_output=True, text=True, check=True, env=environment(KERAS_BACKEND="jax"),
    )  # fmt: skip
    assert [float(line) for line in alone.stdout.split()[1:]] == pytest.approx(predicted, abs=1e-4 * houses.price.std())
    assert "the strong network is posology's own" in call("export", "houses.posology", "--to", "code").out


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (("demo",), "question"),
        (("demo", "--network", "strong"), "strong"),
        (("study", "houses.csv", "--target", "price"), "strong"),
        (("study", "houses.csv", "--target", "price", "--network", "question"), "question"),
    ],
)
def test_the_network_of_who_names_none(call, houses, monkeypatch, asked, kind):
    studied = []
    monkeypatch.setattr("posology.cli.studies.carry_out", lambda _table, settings, *_, **__: studied.append(settings))
    assert call(*asked).code == 0
    assert [settings.source.kind for settings in studied] == [kind]
