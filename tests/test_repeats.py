"""Repeats in order, looked at, on losses made of formulas."""

from itertools import permutations

import numpy as np
import pytest

from posology.plan import PLAIN_QUESTION, Design
from posology.repeats import Repeats
from posology.scoring import Scores
from posology.settings import Settings
from tests.inference.planted import study


def course(means, repeats=4, folds=2, *, all_repeats=False, **noise):
    """Give repeats whose scores are planted; `found` holds only names."""
    losses, which = study(np.random.default_rng(0), means, repeats=repeats, folds=folds, **noise)

    def score(found, done):
        assert {where for where in found if where[0] < done} == {(r, f) for r in range(done) for f in range(folds)}
        return Scores(losses[:, :done], which[:done], 0, 1, np.zeros(4), np.zeros(4), 0)

    said = []
    design = Design(PLAIN_QUESTION, repeats=repeats, folds=folds)
    return Repeats(Settings(design, all_repeats=all_repeats), score, said.append), said


EASY = {"means": [0.6, 0.6, 0.5, 0.6], "row_sd": 0.02}
NOISY = {"means": [0.5] * 4, "row_sd": 0.001, "fit_sd": 0.03, "cell_sd": 0.3}
HOPELESS = {"means": [0.5] * 4, "row_sd": 0.5, "fit_sd": 0.001}


def go(repeats, order):
    for place, where in enumerate(order):
        if not repeats.add(where, ({}, {})):
            return place + 1
    return len(order)


EVERY = [(r, f) for r in range(4) for f in range(2)]


def test_it_stops_when_decided_and_says_so():
    repeats, said = course(**EASY)
    assert go(repeats, EVERY) == 4
    assert repeats.looks().sentence == "stopped after 2 of 4 repeats: decided"
    assert len(said) == 1
    assert said[0].startswith("After 1 of at most 4 repeats, differences below ")


def test_it_stops_when_hopeless():
    repeats, _ = course(**HOPELESS)
    assert go(repeats, EVERY) == 4
    assert repeats.looks().ending.value == "hopeless"


def test_it_goes_on_while_repeats_can_help_and_ends_with_the_last():
    repeats, _ = course(**NOISY)
    assert go(repeats, EVERY) == 8
    looks = repeats.looks()
    assert (looks.ending.value, [one.repeat for one in looks.looks]) == ("all repeats", [2, 3, 4])


def test_all_repeats():
    repeats, said = course(**EASY, all_repeats=True)
    assert go(repeats, EVERY) == 8
    assert (repeats.looks().looks, repeats.looks().done, len(said)) == ((), 4, 1)


@pytest.mark.parametrize("order", [*permutations(EVERY[:6])][::60])
def test_what_ran_ahead_counts_for_nothing(order):
    expected, _ = course(**EASY)
    go(expected, EVERY)
    repeats, _ = course(**EASY)
    go(repeats, [*order, *EVERY[6:]])
    assert repeats.looks() == expected.looks()
    assert list(repeats.found()) == EVERY[:4]
    assert repeats.found() == expected.found()


def test_a_budget_that_ends_within_a_repeat_leaves_whole_ones():
    repeats, _ = course(**NOISY)
    go(repeats, [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (1, 1), (3, 1)])
    assert (repeats.looks().done, repeats.looks().ending.value) == (3, "budget")
    repeats, said = course(**NOISY)
    go(repeats, [(0, 0), (1, 0), (1, 1)])
    assert (repeats.looks().done, dict(repeats.found()), said) == (0, {}, [])


def test_one_repeat_has_no_look():
    repeats, said = course(**{**EASY, "repeats": 1})
    assert go(repeats, EVERY[:2]) == 2
    assert (repeats.looks().sentence, repeats.looks().first, said) == ("one repeat", None, [])
