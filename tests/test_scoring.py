"""From predictions to losses: what is averaged, and when."""

import re

import numpy as np
import pytest

from posology.inference import row_losses
from posology.judges import NumberJudge
from posology.plan import Refitted
from posology.scoring import doubled_warnings, score

RNG = np.random.default_rng(0)
Y = RNG.normal(size=12)
FOLDS = np.array([[0, 1] * 6])
SEEDS, SNAPSHOTS = 4, 3


def refitted(fold):
    rows = int((FOLDS[0] == fold).sum())
    prediction = RNG.normal(size=(SEEDS, SNAPSHOTS, rows))
    nothing = (np.zeros((SEEDS, 1, 2), "float32"), np.zeros((SEEDS, 0)), np.zeros((SEEDS, 0, 0), "float32"))
    return Refitted((), {}, 7, prediction, np.full(SEEDS, 0.25, "float32"), *nothing)


FOUND = {(0, fold): ({}, {(): refitted(fold)}) for fold in (0, 1)}


def plainly(ensemble):
    """Average the losses of averages of `ensemble` networks, one after another."""
    out = np.zeros(len(Y))
    for fold in (0, 1):
        rows = FOLDS[0] == fold
        given, outside = FOUND[0, fold][1][()].prediction, Y[~rows]
        losses = []
        for snapshot in range(SNAPSHOTS):
            for group in range(SEEDS // ensemble):
                mean = sum(given[group * ensemble + i, snapshot] for i in range(ensemble)) / ensemble
                losses.append(row_losses(Y[rows], mean, outside.min(), outside.max(), Y.mean(), Y.var())[0])
        out[rows] = np.mean(losses, axis=0)
    return out


@pytest.mark.parametrize("ensemble", [1, 2, 4])
def test_predictions_of_an_ensemble_are_averaged_then_losses(ensemble):
    found = score(FOUND, [()], [0], FOLDS, NumberJudge(Y), ensemble)
    np.testing.assert_allclose(found.losses[0, 0], plainly(ensemble))
    assert found.scored == SEEDS // ensemble * SNAPSHOTS * len(Y)


def test_the_gap_is_that_of_one_network():
    gaps = [score(FOUND, [()], [0], FOLDS, NumberJudge(Y), e).gap[0] for e in (1, 2)]
    assert gaps[0] == gaps[1] == pytest.approx(0.75 - (1 - plainly(1).mean()))


@pytest.mark.parametrize(
    ("arms", "cabinet", "optimizer", "said"),
    [
        ([(), ("l2",), ("weight_decay",)], (), "Adam", None),
        ([("weights", "weight_decay")], (), "SGD", "weights+weight_decay shrinks .* only their sum is known"),
        ([("l2", "weight_decay:decay")], (), "Adam", "Adam scales the step of L2 for every weight"),
        ([()], ("l2", "weight_decay", "swa"), "Adam", "A mix of l2 and weight_decay shrinks"),
    ],
)
def test_l2_beside_weight_decay_is_told(arms, cabinet, optimizer, said):
    found = doubled_warnings(arms, cabinet, optimizer)
    assert [one["code"] for one in found] == ([] if said is None else ["shrunk twice"])
    assert said is None or re.search(said.replace("+", r"\+"), found[0]["text"])
