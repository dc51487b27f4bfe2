import json
from itertools import permutations

import numpy as np
import pytest

from posology.inference import Kind, Look, Looks, analyze, look, looks_of
from posology.inference.resolution import FirstSight
from posology.inference.stopping import Outcome
from tests.inference.planted import EIGHT, PLAIN, study

OPEN = Look(2, Kind.OPEN, (), Outcome.GO_ON, 0.4)
DECIDED = Look(3, Kind.USE_ALONE, ("dropout",), Outcome.DECIDED, None)
HOPELESS = Look(2, Kind.OPEN, (), Outcome.HOPELESS, 0.01)


def looked(means, **noise):
    losses, folds = study(np.random.default_rng(0), means, repeats=3, **noise)
    return look(losses, folds, PLAIN, margin=0.01)


def test_decided_hopeless_and_open():
    found = looked([0.6, 0.6, 0.5, 0.6], row_sd=0.02)
    assert (found.kind, found.arm, found.outcome) == (Kind.USE_ALONE, ("dropout",), Outcome.DECIDED)
    assert looked([0.5] * 4, row_sd=0.3, fit_sd=0.001).outcome is Outcome.HOPELESS
    assert looked([0.5] * 4, row_sd=0.001, fit_sd=0.03, cell_sd=0.3).outcome is Outcome.GO_ON


def test_a_look_is_the_verdict_of_the_analysis():
    rng = np.random.default_rng(5)
    for _ in range(4):
        losses, folds = study(rng, rng.uniform(0.49, 0.52, 4), repeats=2, row_sd=0.02)
        found, one = analyze(losses, folds, PLAIN), look(losses, folds, PLAIN, margin=0.01)
        assert (one.kind, one.arm, one.chance) == (found.verdict.kind, found.verdict.arm, found.chance)


def test_which_combination_is_best_must_be_certain_too():
    """Two combinations far above the rest, that differ by more than the margin on few rows only."""
    means = [0.6, 0.6, 0.6, 0.6, 0.6, 0.20, 0.21, 0.6]
    losses, folds = study(np.random.default_rng(0), means, repeats=3, row_sd=0.4, fit_sd=0.02)
    assert analyze(losses, folds, EIGHT).verdict.open_combination
    one = look(losses, folds, EIGHT, margin=0.01)
    assert (one.kind, one.outcome is Outcome.DECIDED) == (Kind.COMBINE, False)


def test_permuting_arms_changes_nothing():
    losses, folds = study(np.random.default_rng(3), [0.52, 0.51, 0.5, 0.505], repeats=2)
    expected = look(losses, folds, PLAIN, margin=0.01)
    for order in permutations(range(4)):
        assert look(losses[list(order)], folds, [PLAIN[i] for i in order], margin=0.01) == expected


def test_stopping_early_takes_more_than_the_last_look():
    """Of studies near the line there are such that the last look decides and an earlier one does not; none other."""
    rng, found = np.random.default_rng(2), []
    for _ in range(6):
        losses, folds = study(rng, [0.6, 0.6, 0.5, 0.501], repeats=2, row_sd=0.03, fit_sd=0.003)
        early, last = (look(losses, folds, PLAIN, margin=0.01, last=last) for last in (False, True))
        assert (early.kind, early.arm, early.chance) == (last.kind, last.arm, last.chance)
        found.append((early.outcome, last.outcome))
        if early.outcome is not last.outcome:
            assert early.reason == "decided with 95% confidence; to stop early takes 97.5%"
    assert (Outcome.GO_ON, Outcome.DECIDED) in found
    assert (Outcome.DECIDED, Outcome.GO_ON) not in found


def test_one_repeat_is_no_look():
    losses, folds = study(np.random.default_rng(0), [0.5, 0.4], repeats=1)
    with pytest.raises(ValueError, match="two complete repeats"):
        look(losses, folds, PLAIN[:2], margin=0.01)


@pytest.mark.parametrize("repeats", range(1, 60))
def test_seven_looks_at_most_the_last_at_the_end(repeats):
    at = looks_of(repeats)
    assert len(at) <= 7
    assert list(at) == sorted(set(at))
    if repeats > 1:
        assert (at[0], at[-1]) == (2, repeats)


@pytest.mark.parametrize(
    ("looks", "ended", "sentence"),
    [
        (Looks(5, 3, (OPEN, DECIDED)), "decided", "stopped after 3 of 5 repeats: decided"),
        (Looks(5, 2, (HOPELESS,)), "hopeless", "stopped after 2 of 5 repeats: more repeats would not decide it"),
        (Looks(5, 2, (OPEN,)), "budget", "the budget ended after 2 of 5 repeats"),
        (Looks(5, 1), "budget", "the budget ended after 1 of 5 repeats"),
        (Looks(3, 3, (OPEN, DECIDED)), "all repeats", "all repeats"),
        (Looks(1, 1), "all repeats", "one repeat"),
    ],
)
def test_how_it_ended(looks, ended, sentence):
    assert (looks.ending.value, looks.sentence) == (ended, sentence)


def test_as_json():
    found = json.loads(json.dumps(Looks(5, 3, (OPEN, DECIDED), FirstSight(0.03, 0.01, 0.02)).to_dict()))
    assert found["looks"] == [
        {
            "repeat": 2,
            "kind": "not enough evidence",
            "arm": "none",
            "outcome": "go on",
            "chance_of_settling": 0.4,
            "reason": "open: more repeats may decide it",
        },
        {
            "repeat": 3,
            "kind": "use alone",
            "arm": "dropout",
            "outcome": "decided",
            "chance_of_settling": None,
            "reason": "decided",
        },
    ]
    assert (found["repeats_at_most"], found["repeats"], found["ended"]) == (5, 3, "decided")
    assert found["after_first_repeat"] == {"now": 0.03, "least": 0.01, "most": 0.02}


def test_an_open_look_says_what_repeats_could_do():
    assert [Look(2, Kind.OPEN, (), Outcome.GO_ON, chance).reason for chance in (0.05, 0.24, 0.25, 0.9)] == [
        *["open: more repeats can hardly decide it"] * 2,
        *["open: more repeats may decide it"] * 2,
    ]
