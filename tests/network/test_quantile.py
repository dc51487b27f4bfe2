"""What posology's own networks learn where the score is a quantile's."""

import json

import keras
import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from posology.network.losses import losses_of
from posology.network.quantile import Pinball
from posology.network.source import NetworkSource, open_source

ROWS = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")


@pytest.mark.parametrize("level", [0.05, 0.5, 0.9])
def test_the_loss_is_that_of_scikit_learn(level):
    rng = np.random.default_rng(1)
    target, prediction = rng.normal(size=(2, 50, 2)).astype("float32")
    ours = float(Pinball(level)(target, prediction))
    assert ours == pytest.approx(mean_pinball_loss(target, prediction, alpha=level), rel=1e-6)


def test_it_is_weighted_as_keras_weights_rows():
    target, prediction = np.ones((2, 1), "float32"), np.array([[0.0], [3.0]], "float32")
    assert float(Pinball(0.9)(target, prediction, sample_weight=np.array([2.0, 0.0]))) == pytest.approx(0.9)


def test_it_comes_back_from_its_configuration():
    kept = json.loads(json.dumps(keras.losses.serialize(Pinball(0.9))))
    assert keras.losses.deserialize(kept).level == 0.9


@pytest.mark.parametrize("kind", ["strong", "question"])
@pytest.mark.parametrize(
    ("score", "learned"),
    [(None, "mean_squared_error"), ("r2", "mean_squared_error"), ("mae", "mean_absolute_error"), ("pinball:0.9", 0.9)],
)
def test_own_networks_learn_what_they_are_scored_by(kind, score, learned):
    model = open_source(NetworkSource(kind), score=score)(ROWS)
    (one,) = losses_of(model)
    assert getattr(one.loss, "level", one.loss.name) == learned
    assert isinstance(model.optimizer, keras.optimizers.Adam)


@pytest.mark.parametrize("score", ["log_loss", "brier", "auc"])
def test_scores_of_classes_change_nothing(score):
    assert open_source(NetworkSource("strong"), classes=3, score=score)(ROWS).loss == "sparse_categorical_crossentropy"
