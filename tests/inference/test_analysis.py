import json
from itertools import permutations

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from posology.inference import Kind, analyze, estimate, stress_flags
from posology.inference.covariance import floor_se
from tests.inference.planted import EIGHT, PLAIN, study


def test_what_analysis_collects():
    losses, folds = study(np.random.default_rng(0), [0.6, 0.55, 0.5, 0.4], row_sd=0.03)
    found = analyze(losses, folds, PLAIN)
    np.testing.assert_allclose(found.score, 1 - losses.mean(axis=(1, 2)))
    assert (found.verdict.kind, found.verdict.arm) == (Kind.COMBINE, ("weights", "dropout"))
    assert found.gains[("dropout",)].value == pytest.approx(found.score[2] - found.score[0])
    interaction = found.score[3] - found.score[1] - found.score[2] + found.score[0]
    assert found.interactions["dropout", "weights"].value == pytest.approx(interaction)
    assert found.overlaps["dropout", "weights"].value is not None
    assert found.rivalry is not None
    assert found.probabilities.combination_better > 0.99
    assert found.shrunken.argmax() == 3
    assert found.flags == ()


def test_the_resolution_is_that_of_the_two_best_looking_arms():
    losses, folds = study(np.random.default_rng(1), [0.6, 0.40, 0.5, 0.41])
    found = analyze(losses, folds, PLAIN)
    factor = found.best.q.max() + 0.84
    assert found.detectable == pytest.approx(factor * estimate(losses, folds).pair_se()[1, 3])
    assert found.floor == pytest.approx(factor * floor_se(losses, 1, 3))
    assert analyze(losses[:, :1], folds[:1], PLAIN).floor is None


def test_identical_winners_do_not_make_the_resolution_zero():
    losses, folds = study(np.random.default_rng(1), [0.6, 0.40, 0.5, 0.41])
    losses[3] = losses[1]
    found = analyze(losses, folds, PLAIN)
    assert found.detectable > 0
    assert found.best.could_be_best.tolist() == [False, True, False, True]
    assert (found.verdict.kind, found.verdict.arm) == (Kind.USE_ALONE, ("weights",))


def test_all_arms_identical():
    losses, folds = study(np.random.default_rng(1), [0.6])
    found = analyze(np.repeat(losses, 4, axis=0), folds, PLAIN)
    assert (found.verdict.kind, found.verdict.rule) == (Kind.EQUIVALENT, 1)
    assert found.best.could_be_best.all()
    assert found.rivalry.same
    assert found.probabilities is None, "of the same network nothing is the better"
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize(
    "arms",
    [PLAIN[:2], PLAIN[1:3], PLAIN[1:], PLAIN[:3], [(), ("weights", "dropout")], EIGHT[4:], EIGHT],
    ids=["one factor", "two singles", "no none", "no combination", "no singles", "combinations", "eight"],
)
def test_every_family_gives_json(arms, repeats):
    rng = np.random.default_rng(2)
    losses, folds = study(rng, rng.uniform(0.4, 0.6, len(arms)), repeats=repeats, rows=100)
    found = analyze(losses, folds, arms)
    again = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert set(again["arms"]) == {"+".join(a) or "none" for a in arms}
    assert (found.rivalry is None) == (found.probabilities is None)
    assert bool(found.gains) == (() in arms)


def text(found):
    return json.dumps(found.to_dict(), allow_nan=False)


def test_permuting_arms_with_their_names_changes_no_byte():
    losses, folds = study(np.random.default_rng(3), [0.52, 0.51, 0.5, 0.505])
    expected = text(analyze(losses, folds, PLAIN))
    for order in permutations(range(4)):
        found = analyze(losses[list(order)], folds, [PLAIN[i] for i in order])
        assert text(found) == expected
        np.testing.assert_array_equal(found.score, analyze(losses, folds, PLAIN).score[list(order)])
        assert found.arms == tuple(PLAIN[i] for i in order)


def test_permuting_eight_arms_and_their_memory_changes_no_byte():
    rng = np.random.default_rng(4)
    losses, folds = study(rng, rng.uniform(0.5, 0.52, 8), rows=150)
    order = rng.permutation(8)
    permuted = np.asfortranarray(losses[order])
    assert text(analyze(permuted, folds, [EIGHT[i] for i in order])) == text(analyze(losses, folds, EIGHT))


def test_parts_follow_the_order_given():
    losses, folds = study(np.random.default_rng(5), [0.6, 0.55, 0.5, 0.4])
    found = analyze(losses[::-1], folds, PLAIN[::-1])
    straight = analyze(losses, folds, PLAIN)
    for part in ("lower", "upper", "could_be_best", "q", "reach"):
        np.testing.assert_array_equal(getattr(found.best, part), getattr(straight.best, part)[::-1])
    np.testing.assert_array_equal(found.estimate.sigma, straight.estimate.sigma[::-1, ::-1])
    np.testing.assert_array_equal(found.estimate.row, straight.estimate.row[::-1, ::-1])
    np.testing.assert_array_equal(found.shrunken, straight.shrunken[::-1])


def test_other_names_leave_the_verdict():
    losses, folds = study(np.random.default_rng(3), [0.6, 0.55, 0.5, 0.5])
    named = analyze(losses, folds, PLAIN)
    other = analyze(losses, folds, [(), ("z",), ("a",), ("z", "a")])
    assert other.verdict.rule == named.verdict.rule
    np.testing.assert_allclose(other.best.lower, named.best.lower, atol=0.06 * 0.01)


def test_below_the_mean_nothing_is_combined():
    """R2 of -0.1 at best, the combination far ahead."""
    losses, folds = study(np.random.default_rng(6), [1.6, 1.55, 1.5, 1.1])
    found = analyze(losses, folds, PLAIN)
    assert (found.verdict.kind, found.verdict.arm) == (Kind.OPEN, ("weights", "dropout"))
    assert found.at_half_margin.kind is found.at_double_margin.kind is Kind.OPEN
    assert found.flags == ("no arm predicts better than the mean of the target",)
    assert found.probabilities is None, "a flagged study says nothing of the population"
    better = analyze(losses - 0.3, folds, PLAIN)
    assert (better.verdict.kind, better.flags) == (Kind.COMBINE, ())
    assert better.probabilities is not None


def test_margins_of_half_and_double():
    losses, folds = study(np.random.default_rng(7), [0.6, 0.512, 0.5, 0.5], row_sd=0.001, fit_sd=1e-4, cell_sd=1e-3)
    found = analyze(losses, folds, PLAIN, margin=0.01)
    assert (found.at_half_margin.margin, found.at_double_margin.margin) == (0.005, 0.02)
    assert (found.verdict.kind, found.verdict.arm) == (Kind.USE_ALONE, ("dropout",))
    assert found.at_double_margin.rule == 2


def test_flags():
    assert stress_flags(160, 80, 0.4, 0.01) == ()
    assert stress_flags(159, 80, 0.4, 0.0) == ("159 training rows for 80 columns: fewer than two rows a column",)
    assert stress_flags(160, None, 0.0, 0.011) == (
        "no arm predicts better than the mean of the target",
        "1.1% of the row losses were capped: predictions are wild",
    )


def test_the_flag_counts_the_rows_that_networks_train_on():
    """100 rows in 5 folds train on 80: 45 columns are more than half of that, though less than half of 100."""
    losses, folds = study(np.random.default_rng(8), [0.6, 0.5], rows=100)
    assert analyze(losses, folds, PLAIN[:2], columns=40).flags == ()
    assert "80 training rows for 45 columns" in analyze(losses, folds, PLAIN[:2], columns=45).flags[0]


def test_wrong_input_is_refused():
    losses, folds = study(np.random.default_rng(9), [0.6, 0.5])
    with pytest.raises(ValueError, match="as many different names"):
        analyze(losses, folds, PLAIN)
    with pytest.raises(ValueError, match="as many different names"):
        analyze(losses, folds, [("l1", "l2"), ("l2", "l1")])
    with pytest.raises(ValueError, match="nothing to compare"):
        analyze(losses[:1], folds, [()])
    with pytest.raises((ValueError, TypeCheckError), match="folds"):  # the latter where shapes are checked
        analyze(losses, folds[:2], PLAIN[:2])


@pytest.mark.parametrize("margin", [0.0, -0.01, float("nan"), float("inf")])
def test_a_margin_that_means_nothing_is_refused(margin):
    losses, folds = study(np.random.default_rng(9), [0.6, 0.5])
    with pytest.raises(ValueError, match="above zero"):
        analyze(losses, folds, PLAIN[:2], margin=margin)


def test_a_factor_with_itself_is_no_combination():
    losses, folds = study(np.random.default_rng(9), [0.6, 0.5])
    with pytest.raises(ValueError, match="twice"):
        analyze(losses, folds, [(), ("l1", "l1")])


def test_single_precision_is_computed_in_double():
    losses, folds = study(np.random.default_rng(3), [0.52, 0.51, 0.5, 0.505])
    single = losses.astype(np.float32)
    assert text(analyze(single, folds, PLAIN)) == text(analyze(single.astype(float), folds, PLAIN))


@pytest.mark.parametrize("level", [0.0, 0.5, 10.0])
def test_losses_without_any_variation(level):
    losses, folds = study(np.random.default_rng(9), [0.6])
    found = analyze(np.full((4, *losses.shape[1:]), level), folds, PLAIN)
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.verdict.rule == 1
    assert (found.detectable, found.floor) == (0, 0)


def combined_share(means, studies, margin=0.01):
    rng = np.random.default_rng(10)
    kinds = [
        analyze(*study(rng, means, rows=200, row_sd=0.02, fit_sd=0.01, cell_sd=0.02), PLAIN, margin=margin).verdict.kind
        for _ in range(studies)
    ]
    return kinds.count(Kind.COMBINE)


def test_false_combine_on_a_planted_tie():
    """N3: the combination ties with the best single, the others are 0.1 worse. At most 5% and binomial slack."""
    assert combined_share([0.6, 0.6, 0.5, 0.5], 200) <= 19  # P(more | 5%) = 0.3%


def test_one_arm_four_times_is_never_combined():
    """N0: the arms differ by their tuning noise alone."""
    assert combined_share([0.6] * 4, 100) == 0


@pytest.mark.slow
def test_stopping_at_the_first_combine_stays_within_five_percent(monkeypatch):
    """T9: a look after each of 2 to 6 repeats at a planted tie."""
    monkeypatch.setattr("posology.inference.best.DRAWS", 2_000)
    rng = np.random.default_rng(12)
    false = 0
    for _ in range(50):
        losses, folds = study(rng, [0.6, 0.6, 0.5, 0.5], rows=200, repeats=6, row_sd=0.02, fit_sd=0.01)
        looks = (analyze(losses[:, :r], folds[:r], PLAIN).verdict.kind for r in range(2, 7))
        false += Kind.COMBINE in looks
    assert false <= 7  # P(more | 5%) = 0.3%


def ridge_losses(rng, penalties, rows, columns, size):
    """Out-of-fold losses of ridge regressions, one arm a penalty, in closed form."""
    x = rng.normal(size=(rows, columns))
    y = x @ rng.normal(0, size, columns) + rng.normal(size=rows)
    folds = np.stack([rng.permutation(rows) % 5 for _ in range(3)])
    losses = np.zeros((len(penalties), 3, rows))
    for r, which in enumerate(folds):
        for f in range(5):
            train, test = which != f, which == f
            gram, right = x[train].T @ x[train], x[train].T @ y[train]
            for a, penalty in enumerate(penalties):
                weights = np.linalg.solve(gram + penalty * np.eye(columns), right)
                losses[a, r, test] = (y[test] - x[test] @ weights) ** 2 / y.var()
    return losses, folds


def test_dropout_that_is_ridge_adds_nothing_to_ridge():
    """E1: the same total ridge in three arms (dropout is a ridge there), up to tuning; equivalent."""
    found = analyze(*ridge_losses(np.random.default_rng(13), [1e-6, 25.0, 30.0, 27.0], 1000, 30, 0.2), PLAIN)
    assert found.verdict.kind is Kind.EQUIVALENT
    assert abs(found.rivalry.difference.value) < 0.001


def test_an_overfitting_network_shares_one_cure():
    """E1, 300 columns on 480 rows: either ridge cures none; the second adds nothing: overlap 1, interaction below 0."""
    found = analyze(*ridge_losses(np.random.default_rng(14), [1e-6, 400.0, 420.0, 410.0], 600, 300, 0.05), PLAIN)
    assert found.verdict.rule == 2
    assert found.overlaps["dropout", "weights"].value == pytest.approx(1, abs=0.1)
    assert found.interactions["dropout", "weights"].upper < 0


def test_a_gain_of_four_margins_is_found():
    assert combined_share([0.6, 0.6, 0.5, 0.46], 40) >= 32


def test_a_loss_of_four_margins_is_not_a_gain():
    assert combined_share([0.6, 0.6, 0.5, 0.54], 40) == 0
