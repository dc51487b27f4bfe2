"""Rates, their intervals and what counts as wrong, by hand and against statsmodels."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from posology.calibration.generators import SUITE
from posology.calibration.outcome import Outcome, Studied, gathered, simulate
from posology.calibration.power import power
from posology.calibration.statements import planted_statements, statements
from posology.calibration.targets import Target, targets, wilson
from posology.calibration.truth import bounds_missed, covered, truths, wrong

PLAIN = SUITE["E1"]


@pytest.mark.parametrize(("hits", "trials"), [(0, 20), (3, 50), (999, 1000), (1, 1)])
def test_wilson_is_statsmodels(hits, trials):
    oracle = proportion_confint(hits, trials, method="wilson")
    np.testing.assert_allclose(wilson(hits / trials, trials), oracle, atol=1e-12)


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one trial"):
        wilson(0.5, 0)


@pytest.mark.parametrize(
    ("lower", "upper", "most", "inside"),
    [(0.01, 0.04, True, "yes"), (0.01, 0.06, True, "open"), (0.06, 0.08, True, "no"),
     (0.96, 0.99, False, "yes"), (0.94, 0.96, False, "open"), (0.80, 0.90, False, "no")],
)  # fmt: skip
def test_inside_is_the_whole_interval(lower, upper, most, inside):
    bound = 0.05 if most else 0.95
    assert Target("T", "g", "w", (lower + upper) / 2, 9, lower, upper, bound, most).inside == inside


def planted(kind="combine", within=(3,), truth=(-0.5, -0.5, -0.5, -0.4), **other):
    said = {m: {"kind": kind, "within": list(within)} for m in ("naive t", "Nadeau-Bengio", "TWR")}
    facts = {
        "generator": "E1", "index": 0, "theta": [-0.5, -0.5, -0.5, -0.4], "se": (0.01 * (1 - np.eye(4))).tolist(),
        "least": np.zeros((4, 4)).tolist(),
        "df": 24, "lower": [-0.12, -0.12, -0.12, 0.0], "upper": [0.0, 0.0, 0.0, 0.12],
        "shrunken": [-0.48] * 4, "gain": [0.08, 0.12], "combination_better": 0.99, "within_margin": 0.001,
        "said": said, "flagged": False, "variance": 2.0, "truth": list(truth), "planted": [0.0] * 4, "resplit": [],
    }  # fmt: skip
    return Outcome(**{**facts, **other})


def judged(outcome, asked=PLAIN):
    studied = Studied(asked, [outcome])
    truth = truths(studied)
    return bool(wrong(studied, truth)[0]), bool(bounds_missed([outcome], truth.population)[0])


def test_combining_is_wrong_unless_it_truly_wins():
    assert judged(planted()) == (False, False)
    assert judged(planted(truth=(-0.5, -0.4, -0.5, -0.4)))[0]  # an exact tie: combining is not needed


def test_an_arm_said_to_be_close_must_be():
    assert judged(planted("equivalent", [0], truth=(-0.405, -0.5, -0.5, -0.4)))[0] is False
    assert judged(planted("equivalent", [0], truth=(-0.411, -0.5, -0.5, -0.4)))[0] is True
    assert judged(planted("equivalent", [1, 2], truth=(-0.5, -0.4, -0.42, -0.4)))[0] is True
    assert judged(planted("not enough evidence", [], truth=(-0.5, -0.1, -0.42, -0.4)))[0] is False


def test_a_bound_is_missed_on_either_side():
    assert judged(planted(truth=(-0.53, -0.5, -0.5, -0.4)))[1]  # .13 behind, said to be .12 at most
    assert judged(planted(truth=(-0.5, -0.39, -0.5, -0.4)))[1]  # ahead, said to be behind


def test_truth_is_in_units_of_each_table():
    outcomes = [planted(variance=1.0), replace(planted(variance=3.0), index=1)]
    found = truths(Studied(PLAIN, outcomes)).population
    np.testing.assert_allclose(found[:, 0], [-0.5 * 2.0, -0.5 * 2.0 / 3])  # mean of .5 x 1 and .5 x 3 is 1
    assert np.isnan(truths(Studied(PLAIN, outcomes)).resplit).all()
    better = [replace(o, planted=[0, 0, 0, 0.1]) for o in outcomes]
    np.testing.assert_allclose(truths(Studied(PLAIN, better)).population[:, 3], [-0.8 + 0.1, -0.8 / 3 + 0.1])


def test_ties_by_symmetry_have_one_truth():
    asked = SUITE["N3"]
    found = truths(Studied(asked, [planted(truth=(-0.6, -0.62, -0.5, -0.4))])).population
    np.testing.assert_allclose(found, [[-0.61, -0.61, -0.45, -0.45]])


def test_coverage_by_hand():
    truth = np.array([[-0.5, -0.5, -0.5, -0.42]])
    hits = covered([planted()], truth, 1.5)  # theirs: pairs with the last arm are .02 off, 1.5 SE is .015
    np.testing.assert_array_equal(hits, [[1, 1, 0, 1, 0, 0]])
    least = np.zeros((4, 4))
    least[2, 3] = least[3, 2] = 0.021  # a pair that rarely differs: nothing finer is stated of it
    hits = covered([planted(least=least.tolist())], truth, 1.5)
    np.testing.assert_array_equal(hits, [[1, 1, 0, 1, 0, 1]])


def test_outcomes_are_gathered_with_their_source():
    found = gathered([planted(generator="C1 at 2 margins"), planted(generator="E1")], SUITE.values())
    assert list(found) == ["E1", "C1 at 2 margins"]
    assert found["C1 at 2 margins"].asked is SUITE["E1"]


@pytest.fixture(scope="module")
def outcomes():
    small = replace(PLAIN, rows=100, repeats=2, folds=3)
    return [o for index in (1, 2) for o in simulate(small, index)]


def test_a_simulation_is_a_function_of_its_number(outcomes):
    small = replace(PLAIN, rows=100, repeats=2, folds=3)
    assert list(simulate(small, 2)) == outcomes[len(outcomes) // 2 :]
    assert next(iter(simulate(small, 2, seed=1))) != outcomes[len(outcomes) // 2]


def test_a_planted_gain_moves_the_combination_and_nothing_else(outcomes):
    plain, better = outcomes[0], next(o for o in outcomes if o.generator == "C1 at 2 margins")
    np.testing.assert_allclose(np.subtract(better.theta, plain.theta), [0, 0, 0, 0.02], atol=1e-12)
    np.testing.assert_allclose(np.subtract(better.planted, plain.planted), [0, 0, 0, 0.02], atol=1e-12)
    assert better.truth == plain.truth
    np.testing.assert_allclose(better.se, plain.se, atol=1e-12)


def test_every_target_is_judged(outcomes):
    rows = {"N0": 100, "N1": 100, "N2": 100, "N3": 100, "E2": 300}
    small = [replace(SUITE[name], rows=n, repeats=2, folds=2) for name, n in rows.items()]
    every = [*outcomes, *(o for g in small for index in (1, 2) for o in simulate(g, index))]
    studies = gathered(every, [PLAIN, *small])
    found = targets(studies)
    assert {t.name for t in found} == {"T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8"}
    assert all(t.lower <= t.rate <= t.upper for t in found)
    assert len(power(studies)) == 3 * len(studies)


def test_a_sign_that_is_not_known_is_no_fact():
    """Two studies whose true gains are +.1 and -.1 leave the mean open; +.1 twice do not."""
    known = [planted(truth=(-0.5, -0.5, -0.5, -0.4), combination_better=0.99)] * 2
    open_ones = [known[0], planted(truth=(-0.5, -0.4, -0.4, -0.5), combination_better=0.99)]
    said = [len(statements({"E1": Studied(PLAIN, outcomes)})[0]) for outcomes in (known, open_ones)]
    assert said == [8, 0]


def test_what_no_study_states_is_not_judged():
    silent = [planted(truth=(-0.5, -0.5, -0.5, -0.4), combination_better=None, within_margin=None)] * 2
    assert len(statements({"E1": Studied(PLAIN, silent)})[0]) == 0


@pytest.mark.parametrize(("factor", "errs"), [(1.0, False), (4.0, True)])
def test_planted_gains_tell_a_right_spread_from_one_that_is_too_small(factor, errs):
    """Scores scatter by .03 of which 1/factor is admitted; C2's own gain is one number, and cannot tell."""
    rng = np.random.default_rng(0)
    admitted = (np.eye(4) * (0.03 / factor) ** 2).tolist()
    outcomes = [
        replace(planted(theta=(-0.5 + 0.03 * rng.standard_normal(4)).tolist(), spread=admitted), index=index)
        for index in range(400)
    ]
    outcomes = [replace(o, truth=[-0.5] * 4, combination_better=None, within_margin=None) for o in outcomes]
    said, true = planted_statements({"E1": Studied(PLAIN, outcomes)})
    middle = (said > 0.6) & (said < 0.9)
    assert len(said) == 1600
    assert (abs(said[middle].mean() - true[middle].mean()) > 0.05) == errs


def test_no_gain_is_planted_where_nothing_is_stated():
    assert len(planted_statements({"E1": Studied(PLAIN, [planted(), planted()])})[0]) == 0
