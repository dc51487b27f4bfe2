import numpy as np
import pytest
from sklearn import metrics

from posology.inference import CLASS_LOSSES, CLASS_SCORES, analyze, class_measure, class_shares, estimate
from posology.inference.class_losses import CAP, auc_losses, balanced_losses, brier_losses, log_losses

CLASSES = [2, 3, 5]


def predicted(classes, rows=400, seed=0, ties=False):
    """Draw unequal classes and probabilities that know something of them."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(classes, rows, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    logits = rng.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[codes]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return codes, np.round(probabilities, 1) if ties else probabilities, class_shares(codes, classes)


@pytest.mark.parametrize("classes", CLASSES)
def test_log_loss_skill_is_that_of_scikit_learn(classes):
    codes, p, shares = predicted(classes)
    losses, capped = log_losses(codes, p, shares)
    naive = metrics.log_loss(codes, np.tile(shares, (len(codes), 1)))
    assert losses.mean() == pytest.approx(metrics.log_loss(codes, p) / naive, rel=1e-12)
    assert capped == 0


@pytest.mark.parametrize("classes", CLASSES)
def test_brier_skill_is_that_of_scikit_learn(classes):
    codes, p, shares = predicted(classes)
    wanted = np.mean([metrics.mean_squared_error(codes == k, p[:, k]) for k in range(classes)])
    naive = np.mean([metrics.mean_squared_error(codes == k, np.full(len(codes), shares[k])) for k in range(classes)])
    assert brier_losses(codes, p, shares)[0].mean() == pytest.approx(wanted / naive, rel=1e-12)
    if classes == 2:
        half = metrics.brier_score_loss(codes, p[:, 1])
        assert brier_losses(codes, p, shares)[0].mean() == pytest.approx(2 * half / (1 - np.sum(shares**2)))


@pytest.mark.parametrize("classes", CLASSES)
def test_balanced_accuracy_is_that_of_scikit_learn(classes):
    codes, p, shares = predicted(classes)
    losses, _ = balanced_losses(codes, p, shares)
    assert 1 - losses.mean() == pytest.approx(metrics.balanced_accuracy_score(codes, p.argmax(axis=1)), rel=1e-12)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("classes", CLASSES)
def test_the_mean_of_influence_values_is_the_area(classes, ties):
    codes, p, shares = predicted(classes, ties=ties)
    if classes == 2:
        p[:, 0] = 1 - p[:, 1]
        wanted = metrics.roc_auc_score(codes, p[:, 1])
    else:
        # scikit-learn wants rows that sum to 1, which rounded ones do not
        pairs = [(c, d) for c in range(classes) for d in range(classes) if c != d]
        both = [np.isin(codes, pair) for pair in pairs]
        areas = [metrics.roc_auc_score(codes[b] == c, p[b, c]) for (c, _), b in zip(pairs, both, strict=True)]
        wanted = np.mean(areas)
        if not ties:
            assert wanted == pytest.approx(metrics.roc_auc_score(codes, p, multi_class="ovo", average="macro"))
    assert 1 - auc_losses(codes, p, shares)[0].mean() == pytest.approx(wanted, rel=1e-12)


def test_the_variance_of_the_area_is_delongs():
    codes, p, shares = predicted(2, rows=90)
    psi = (p[codes == 1, 1][:, None] > p[codes == 0, 1][None, :]).astype(float)
    of_positives, of_negatives = psi.mean(axis=1), psi.mean(axis=0)
    wanted = of_positives.var() / len(of_positives) + of_negatives.var() / len(of_negatives)
    losses, _ = auc_losses(codes, p, shares)
    assert losses.var() / len(losses) == pytest.approx(wanted, rel=1e-12)
    # and so of the row term of the verdict's covariance, but for its n/(n-1)
    found = estimate(np.stack([losses, np.zeros(90)])[:, None, :], np.arange(90)[None] % 2)
    assert found.row[0, 0] == pytest.approx(wanted * 90 / 89, rel=1e-12)


def test_two_areas_compared_as_delong_compares_them():
    codes, p, shares = predicted(2, rows=120)
    _, other, _ = predicted(2, rows=120, seed=1)
    difference = auc_losses(codes, other, shares)[0] - auc_losses(codes, p, shares)[0]
    parts = []
    for given in (p, other):
        psi = (given[codes == 1, 1][:, None] > given[codes == 0, 1][None, :]).astype(float)
        parts.append((psi.mean(axis=1), psi.mean(axis=0)))
    wanted = sum((a - b).var() / len(a) for a, b in zip(*parts, strict=True))
    assert difference.var() / len(difference) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("name", CLASS_SCORES)
def test_who_knows_nothing_has_the_score_of_chance(name, classes):
    codes, _, shares = predicted(classes)
    losses, capped = CLASS_LOSSES[name](codes, np.tile(shares, (len(codes), 1)), shares)
    assert 1 - losses.mean() == pytest.approx(class_measure(name, classes).chance, abs=1e-12)
    assert capped == 0


@pytest.mark.parametrize("name", CLASS_SCORES)
def test_who_knows_all_has_one(name):
    codes, _, shares = predicted(3)
    losses, capped = CLASS_LOSSES[name](codes, np.eye(3)[codes], shares)
    np.testing.assert_allclose(losses, 0, atol=1e-12)
    assert capped == 0


def test_a_blown_up_probability_is_capped_and_counted():
    codes, shares = np.array([0, 1]), np.array([0.01, 0.99])
    p = np.array([[1e-30, 1.0], [1.0, 0.0]])
    losses, capped = log_losses(codes, p, shares)
    entropy = -np.sum(shares * np.log(shares))
    np.testing.assert_allclose(losses, -np.log(shares / CAP) / entropy)
    assert capped == 2


@pytest.mark.parametrize("name", CLASS_SCORES)
def test_what_is_not_finite_gets_the_worst(name):
    codes, p, shares = predicted(3)
    p[:] = np.nan
    losses, capped = CLASS_LOSSES[name](codes, p, shares)
    worst = np.zeros_like(p)
    worst[np.arange(len(codes)), (codes + 1) % 3] = 1
    np.testing.assert_allclose(
        losses, np.ones(len(codes)) if name == "auc" else CLASS_LOSSES[name](codes, worst, shares)[0]
    )
    assert capped == len(codes)


def test_no_area_without_rows_of_a_class():
    with pytest.raises(ValueError, match="a class has none of the 2 rows"):
        auc_losses(np.array([0, 0]), np.ones((2, 2)) / 2, np.array([0.5, 0.5]))


def test_an_analysis_names_its_measure():
    codes, p, shares = predicted(2)
    flat = np.full_like(p, 0.5)
    losses = np.stack([balanced_losses(codes, q, shares)[0] for q in (flat, flat)])[:, None, :]
    folds = np.arange(len(codes))[None] % 2
    found = analyze(losses, folds, [(), ("dropout",)], measure=class_measure("balanced_accuracy", 2))
    assert "no arm predicts better than guessing" in found.flags
    assert found.to_dict()["arms"]["none"]["score"] == pytest.approx(0.5)
