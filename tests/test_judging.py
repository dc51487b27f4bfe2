"""Scores of weighted rows are scikit-learn's with sample_weight."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from posology.errors import InputError
from posology.inference import CLASS_SCORES, influence
from posology.judging import judge_of
from posology.table import table_from_arrays

RNG = np.random.default_rng(0)
ROWS = 120
X = pd.DataFrame({"x": RNG.normal(size=ROWS)})
WEIGHTS = RNG.uniform(0.2, 3.0, ROWS)


def scored(table, prediction, score=None):
    """Score one repeat whose folds are the odd and the even rows."""
    judge, losses = judge_of(table, score), np.zeros((1, ROWS))
    for fold in (0, 1):
        rows = np.arange(ROWS) % 2 == fold
        losses[0, rows] = judge.row_losses(prediction[rows], rows)[0]
    return 1 - influence(losses, judge.weights).mean()


def test_r2_is_weighted():
    y = RNG.normal(size=ROWS)
    prediction = np.clip(y + RNG.normal(size=ROWS) / 3, y.min(), y.max())
    table = table_from_arrays(X, y, weights=WEIGHTS)
    expected = metrics.r2_score(y, prediction, sample_weight=WEIGHTS)
    assert scored(table, prediction) == pytest.approx(expected)
    assert expected != pytest.approx(metrics.r2_score(y, prediction), abs=1e-3)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("score", CLASS_SCORES)
def test_scores_of_classes_are_weighted(score, classes):
    codes = RNG.integers(0, classes, ROWS)
    p = RNG.dirichlet(np.ones(classes), ROWS) + 0.5 * np.eye(classes)[codes]
    p = np.round(p / p.sum(axis=1, keepdims=True), 2)
    p /= p.sum(axis=1, keepdims=True)
    table = table_from_arrays(X, np.array(["a", "b", "c"])[codes], weights=WEIGHTS)
    assert scored(table, p, score) == pytest.approx(_expected(score, codes, p, classes), abs=1e-9)


def _expected(score, codes, p, classes):
    shares = np.bincount(codes, WEIGHTS) / WEIGHTS.sum()
    if score == "log_loss":
        return 1 - metrics.log_loss(codes, p, sample_weight=WEIGHTS) / -np.sum(shares * np.log(shares))
    if score == "brier":
        squares = ((p - np.eye(classes)[codes]) ** 2).sum(axis=1)
        return 1 - np.average(squares, weights=WEIGHTS) / (1 - np.sum(shares**2))
    if score == "balanced_accuracy":
        return metrics.balanced_accuracy_score(codes, p.argmax(axis=1), sample_weight=WEIGHTS)
    # Hand and Till's area has no weights in scikit-learn: the mean of its pairwise areas, fold by fold
    return np.average(
        [_area(codes[f::2], p[f::2], WEIGHTS[f::2], classes) for f in (0, 1)],
        weights=[WEIGHTS[f::2].sum() for f in (0, 1)],
    )


def _area(codes, p, weights, classes):
    pairs = [(c, d) for c in range(classes) for d in range(classes) if c != d]
    areas = []
    for c, d in pairs:
        rows = np.isin(codes, (c, d))
        areas.append(metrics.roc_auc_score(codes[rows] == c, p[rows, c], sample_weight=weights[rows]))
    return np.mean(areas)


@pytest.fixture
def several():
    """Two targets on other scales, weighted, and their predictions."""
    y = np.column_stack([RNG.normal(size=ROWS), 100 + 50 * RNG.normal(size=ROWS)])
    table = table_from_arrays(X, pd.DataFrame(y, columns=["price", "rent"]), weights=WEIGHTS)
    return table, y + RNG.normal(size=y.shape) * [0.3, 30]


def test_several_targets_are_scored_by_the_mean_of_their_r2(several):
    table, prediction = several
    prediction = np.clip(prediction, table.target.min(axis=0), table.target.max(axis=0))
    expected = metrics.r2_score(table.target, prediction, sample_weight=WEIGHTS, multioutput="uniform_average")
    assert scored(table, prediction) == pytest.approx(expected)
    judge, rows = judge_of(table, None), np.ones(ROWS, bool)
    rows[0] = False
    assert [other.measure.words for other in judge.beside()] == ["mean R2", "R2 of price", "R2 of rent"]
    each = metrics.r2_score(table.target, prediction, sample_weight=WEIGHTS, multioutput="raw_values")
    for other, r2 in zip(judge.beside()[1:], each, strict=True):
        losses = np.array([other.row_losses(prediction[[i]], np.arange(ROWS) == i)[0][0] for i in range(ROWS)])
        assert 1 - np.average(losses, weights=WEIGHTS) == pytest.approx(r2)


def test_several_quantiles_are_scored_by_the_mean_of_their_skills(several):
    table, prediction = several
    alone = [table_from_arrays(X, y, weights=WEIGHTS) for y in table.target.T]
    skills = [scored(one, p, "pinball:0.9") for one, p in zip(alone, prediction.T, strict=True)]
    assert scored(table, prediction, "pinball:0.9") == pytest.approx(np.mean(skills))
    names = [other.measure.name for other in judge_of(table, "pinball:0.9").beside()]
    assert names == ["r2", "pinball:0.9", "pinball:0.9 of price", "pinball:0.9 of rent"]


def test_each_target_is_capped_by_itself(several):
    table, prediction = several
    prediction = prediction.copy()
    prediction[0] = [np.nan, table.target[0, 1]]
    prediction[1] = np.nan
    losses, capped = judge_of(table, None).row_losses(prediction[:2], np.arange(ROWS) < 2)
    np.testing.assert_allclose(losses, [5.0, 10.0])
    assert capped == 2  # 3 losses of single targets, of 2 a row


def test_scores_of_classes_are_refused_of_several_targets(several):
    with pytest.raises(InputError, match="--score auc is for classes, and the target 'price, rent' is numbers"):
        judge_of(several[0], "auc")


@pytest.fixture
def labels():
    """Three labels, one of them rare, weighted, and their probabilities."""
    y = RNG.random((ROWS, 3)) < [0.5, 0.3, 0.1]
    p = np.clip(0.2 + 0.5 * y + RNG.uniform(-0.15, 0.15, y.shape), 0.01, 0.99)
    return table_from_arrays(X, pd.DataFrame(y, columns=["rain", "wind", "hail"]), weights=WEIGHTS), y.astype(int), p


def test_labels_are_scored_by_the_skill_of_their_mean_loss(labels):
    table, y, p = labels
    shares = np.average(y, axis=0, weights=WEIGHTS)
    losses = [metrics.log_loss(y[:, k], p[:, k], sample_weight=WEIGHTS) for k in range(3)]
    naive = [metrics.log_loss(y[:, k], np.full(ROWS, share), sample_weight=WEIGHTS) for k, share in enumerate(shares)]
    assert scored(table, p) == pytest.approx(1 - np.mean(losses) / np.mean(naive))
    assert judge_of(table, None).train_score(np.mean(losses)) == pytest.approx(scored(table, p))
    squares = [
        np.average((p - y) ** 2, axis=0, weights=WEIGHTS),
        np.average((shares - y) ** 2, axis=0, weights=WEIGHTS),
    ]
    assert scored(table, p, "brier") == pytest.approx(1 - np.mean(squares[0]) / np.mean(squares[1]))


@pytest.mark.parametrize("score", ["balanced_accuracy", "auc"])
def test_other_scores_of_labels_are_means_over_them(labels, score):
    table, _, p = labels
    alone = [scored(one, np.column_stack([1 - q, q]), score) for one, q in zip(table.of_each(), p.T, strict=True)]
    assert scored(table, p, score) == pytest.approx(np.mean(alone))
    names = [other.measure.name for other in judge_of(table, score).beside()]
    assert names == [*CLASS_SCORES, *(f"{score} of {name}" for name in table.labels)]


def test_scores_of_numbers_are_refused_of_labels(labels):
    with pytest.raises(InputError, match="--score r2 is for numbers, and the target 'rain, wind, hail' is labels"):
        judge_of(labels[0], "r2")
