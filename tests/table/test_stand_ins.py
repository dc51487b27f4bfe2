"""What is told of numbers that may stand for missing, and of levels in two spellings: seldom, and where it is so."""

import numpy as np
import pandas as pd
import pytest

from posology.data import concrete
from posology.table import make_table

AGES = [31, 64, 45, 29, 50, 38, 57, 42]
Y = [2.5, 1.0, 4.0, 3.5, 0.5, 2.0, 1.5, 3.0, 2.2, 1.7]


def told(cells, target=Y, **more):
    table = make_table(pd.DataFrame({"a": cells, "y": target}), "y", **more)
    return [note for note in table.notes if "far from its other" in note or "by case or spaces" in note]


@pytest.mark.parametrize("mark", [-999, -1000, 9999, 0.0])
def test_a_number_far_from_all_others(mark):
    (note,) = told([*(age + 200 * (mark == 0) for age in AGES), mark, mark])
    low, high = (229, 264) if mark == 0 else (29, 64)
    assert note == (
        f"Column 'a' is {mark:g} in 2 rows, far from its other numbers, {low} to {high}. If that means missing, empty "
        "these cells."
    )


@pytest.mark.parametrize(
    "cells",
    [
        [*AGES, -999, 30],  # once only: it may be what it is
        [*AGES, 99, 99],
        [*AGES, 8000.5, 8000.5],
        [0, 0, 0, 0, 0, 0, 0, 0, 1000, 1000],
        np.exp(np.arange(10.0)),
        [6.25, 12.5, 25, 50, 100, 200, 200, 200, 6.25, 25],  # doses, each twice the one before
        [np.nan] * 9 + [3.0],
        pd.date_range("2024-01-01", periods=10),
        [True, False] * 5,
    ],
)
def test_what_is_none(cells):
    assert told(cells) == []


def test_the_target_too():
    (note,) = told([*AGES, 30, 33], target=[*Y[:7], -99, -99, -99])
    assert note.startswith("The target 'y' is -99 in 3 rows, far from its other numbers, 0.5 to 4.")


def test_levels_in_two_spellings():
    assert told(["Cat", "cat", "dog", "DOG ", "owl"] * 2) == [
        "Column 'a' has levels that differ by case or spaces alone, such as 'Cat', 'cat'; they are not joined."
    ]
    (note,) = told([*AGES, 30, 33], target=["yes", "no"] * 4 + ["No", "yes"])
    assert note == (
        "The target 'y' has classes that differ by case or spaces alone, such as 'No', 'no'; they are not joined."
    )


def test_a_clean_table_has_neither():
    notes = make_table(concrete(), "strength_mpa").notes
    assert not [note for note in notes if "far from" in note or "spaces alone" in note]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["1.5 kg", "2 kg", "0.7 kg", "3,2 kg"], "has numbers with a unit, such as '1.5 kg', taken as categories."),
        (["12k", "3.5k", "700", "8k"], "has numbers with a unit, such as '12k', taken"),
        (["70m²", "55m²", "120m²", "61m²"], "has numbers with a unit, such as '70m²', taken"),
        (["2020-02-30", "2020-01-01", "2020-03-01"], "has dates, but also text such as '2020-02-30'; it is taken as"),
        (["2020-01-05", "05/01/2020"], "has dates, but also text such as '05/01/2020'; it is taken as categories."),
        ([*(f"2020-01-{day:02d}" for day in range(1, 13)), "unknown"], "but also text such as 'unknown'; it is taken"),
        (
            ["Jan 1 2000", "Feb 1 2000", "Mar 1 2000"],
            "has text such as 'Jan 1 2000', taken as categories. If these are",
        ),
        (["3-Jan-99", "14-Sep-99", "2-May-00"], "has text such as '3-Jan-99', taken as categories. If these are dates"),
        (["May 12 plates", "March", "Dec 3 cups"], ""),
        (["1st", "2nd", "3rd", "4th"], ""),
        (["12a", "12b", "7"], ""),
        (["a1", "a2", "a3"], ""),
        (["M1", "F2", "x"], ""),
    ],
)
def test_text_that_is_almost_numbers_or_dates(cells, says):
    rows = (cells * 30)[:60]
    notes = make_table(pd.DataFrame({"a": rows, "y": np.arange(60) % 7}), "y").notes
    assert (
        any(says in note for note in notes) if says else not [note for note in notes if note.startswith("Column 'a'")]
    )
