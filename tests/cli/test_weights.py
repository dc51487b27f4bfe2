"""Weights of rows and of classes by the command: what is told, what is kept, what they change."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine

from .conftest import SMALL

RNG = np.random.default_rng(0)
SHORT = [*SMALL, "--workers", "1", "--json"]


def wine():
    data = load_wine(as_frame=True)
    return data.data.iloc[:, 1:5].assign(grape=np.array(["barolo", "grignolino", "barbera"])[data.target])


def study(call, here, frame, name, *options):
    frame.to_csv(here / f"{name}.csv", index=False)
    said = call("study", f"{name}.csv", "--target", frame.columns[-1], *SHORT, *options)
    assert said.code == 0, said.err
    return json.loads(said.out), said.err


@pytest.mark.slow
def test_rows_of_weight_0_are_as_if_they_were_not_there(call, here):
    counts = RNG.integers(0, 4, len(wine()))
    frame = wine().drop(columns="grape").assign(counts=counts, alcohol=load_wine().data[:, 0])
    every, told = study(call, here, frame, "every", "--weights", "counts")
    assert "Note: Rows are weighted by 'counts', from 0.4" in told
    kept, _ = study(call, here, frame[counts > 0].assign(counts=counts[counts > 0] * 8), "kept", "--weights", "counts")
    # eight times the weights are the same to the bit; ten times would round
    assert every["arms"] == kept["arms"]
    assert every["study"]["weights"]["column"] == "counts"
    assert every["study"]["weights"]["effective_rows"] == pytest.approx(counts.sum() ** 2 / (counts**2).sum())
    plain, _ = study(call, here, frame[counts > 0].drop(columns="counts"), "plain")
    assert plain["study"]["weights"] is None
    assert plain["arms"] != kept["arms"]
    # the folder knows its weights
    again = call("resume", "every.posology", "--json", "--workers", "1")
    assert json.loads(again.out)["arms"] == every["arms"]


@pytest.mark.slow
def test_balanced_classes_change_the_training_and_not_the_score(call, here):
    plain, _ = study(call, here, wine(), "plain", "--score", "balanced_accuracy")
    balanced, _ = study(call, here, wine(), "even", "--score", "balanced_accuracy", "--class-weight", "balanced")
    assert balanced["settings"]["design"]["class_weight"] == "balanced"
    assert balanced["study"]["classes"] == plain["study"]["classes"]
    assert balanced["arms"] != plain["arms"]


def test_weights_that_cannot_be_are_refused(call, here):
    pd.DataFrame({"x": range(30), "w": -1, "y": range(30)}).to_csv(here / "t.csv", index=False)
    said = call("study", "t.csv", "--target", "y", "--weights", "w")
    assert said.code == 2
    assert "The weights 'w' are -1 in 30 rows." in said.err
    said = call("study", "t.csv", "--target", "y", "--weights", "v")
    assert "There is no column of weights, 'v'." in said.err
    said = call("study", "t.csv", "--target", "y", "--class-weight", "rye")
    assert said.code == 2
    assert "--class-weight got 'rye'. Write balanced, or CLASS=WEIGHT,CLASS=WEIGHT." in said.err
