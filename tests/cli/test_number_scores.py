"""Scores of numbers beside R2: the median and other quantiles, for networks that are trained to predict them."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

from posology.judging import judge_of
from posology.record import Record
from posology.resampling import outer_folds
from posology.table import make_table

from .conftest import SMALL, WITH_LEVERS

NETWORK = """
import keras


def upper(y, predicted):
    return keras.ops.mean(keras.ops.maximum(0.9 * (y - predicted), -0.1 * (y - predicted)), axis=-1)


def build(loss):
    layers = [keras.Input((10,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dropout(0.1)]
    model = keras.Sequential([*layers, keras.layers.Dense(1)])
    model.compile(loss=loss, optimizer=keras.optimizers.Adam(0.01))
    return model


def quantile():
    return build(upper)


def median():
    return build("mae")


def robust():
    return build(keras.losses.Huber())
"""


@pytest.fixture
def table(here):
    frame = load_diabetes(as_frame=True).frame.iloc[:150]
    frame.to_csv(here / "table.csv", index=False)
    (here / "net.py").write_text(NETWORK)
    return frame


def study(call, name, *options):
    said = call(
        "study", "table.csv", "--target", "target", "--network", f"net.py:{name}", "--workers", "1", "--json", *options
    )
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_a_network_of_a_quantile_is_scored_as_one(call, here, table):
    found = study(call, "quantile", "--score", "pinball:0.9", *WITH_LEVERS)
    assert not [note for note in found["study"]["network_notes"] if "--score" in note]
    names = [lever["name"] for lever in found["levers"]["each"]]
    assert "trees" in names
    assert "ridge" not in names
    for arm in found["arms"]:
        assert list(arm["measures"]) == ["r2", "pinball:0.9"]
        assert arm["measures"]["pinball:0.9"] == pytest.approx(arm["score"])
    made = make_table(pd.read_csv("table.csv"), "target")
    judge, kept = judge_of(made, "pinball:0.9"), Record(here / "table.posology").read_pack("lever-trees-r0f0")
    rows = outer_folds(150, 2, 1, 0)[0] == 0
    # a model of the 0.9 quantile is above most of what it predicts
    assert np.mean(kept["prediction"] > made.target[rows]) > 0.75
    assert judge.row_losses(kept["prediction"], rows)[0].mean() < 1


@pytest.mark.slow
def test_what_a_network_learns_and_what_it_is_scored_for_are_told_apart(call, table):
    notes = {name: study(call, name, *SMALL, "--out", name)["study"]["network_notes"] for name in ("median", "robust")}
    assert notes["median"][-1] == (
        "The network's loss is mean_absolute_error, and its score is R2, which is about means: --score mae scores what "
        "it learns, a median."
    )
    assert not [note for note in notes["robust"] if "--score" in note]
    found = study(call, "quantile", *SMALL, "--out", "quantile")
    assert found["study"]["network_notes"][-1] == (
        "The network's loss is upper, and its score is R2, which is about means: --score pinball:LEVEL is for a "
        "quantile."
    )


def test_the_skill_of_the_median_in_words(call, table):
    said = call(
        "study",
        "table.csv",
        "--target",
        "target",
        "--network",
        "net.py:median",
        "--score",
        "mae",
        "--workers",
        "1",
        *SMALL,
    )
    assert said.code == 0
    out = " ".join(said.out.split())
    assert "MAE skill is on held-out rows that tuned nothing" in out
    assert "Gap: train minus test R2" in out
    assert " arm R2 MAE skill " in out


@pytest.mark.parametrize("score", ["pinball:1.5", "pinball", "rmse"])
def test_a_score_that_there_is_not(call, table, score):
    said = call("study", "table.csv", "--target", "target", "--score", score)
    assert said.code == 2
    assert f"--score got '{score}'." in said.err
    assert "such as pinball:0.9." in said.err
