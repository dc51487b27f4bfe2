"""A budget that is too small for one repeat is told as soon as it shows, and once."""

import pytest

from posology.budget import Budget


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("gone", "left", "told"),
    [
        (20, 200, True),  # 220 of 120
        (20, 150, False),  # 170: the first networks compile, it may still do
        (70, 60, True),  # 130, and half is gone
        (70, 40, False),
        (20, None, False),  # nothing measured yet
    ],
)
def test_it_is_told_when_it_is_clear(gone, left, told):
    clock = Clock()
    budget = Budget(120.0, first=10, clock=clock)
    clock.now += gone
    assert bool(budget.warning(left, folds=5)) is told


def test_it_is_told_once_and_with_the_time():
    budget = Budget(120.0, first=10, clock=Clock())
    said = budget.warning(600.0, folds=5)
    assert "one repeat of 5 resamples" in said
    assert "takes about 10 min in all" in said
    assert "--budget is 2 min 0 s" in said
    assert budget.warning(600.0, folds=5) == ""


def test_without_a_budget_nothing_is_told_and_nothing_ends():
    clock = Clock()
    budget = Budget(None, first=10, clock=clock)
    clock.now += 1e9
    assert budget.lasts()
    assert budget.warning(1e9, folds=5) == ""


def test_it_ends_with_its_time():
    clock = Clock()
    budget = Budget(60.0, first=10, clock=clock)
    clock.now = 59.0
    assert budget.lasts()
    clock.now = 60.0
    assert not budget.lasts()
