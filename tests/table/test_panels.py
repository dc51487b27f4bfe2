"""A column that numbers blocks of rows is told, as long as no groups are named."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

from posology.table import make_table

RNG = np.random.default_rng(0)


def told(column, **how):
    rows = len(column)
    frame = pd.DataFrame({"size": RNG.normal(size=rows), "who is it": column, "price": RNG.normal(size=rows)})
    return [note for note in make_table(frame, "price", **how).notes if "follow one another" in note]


@pytest.mark.parametrize("column", [np.repeat(np.arange(25), 4), np.repeat([f"p{i}" for i in range(12)], 5)])
def test_blocks_of_rows_are_told(column):
    (note,) = told(column)
    assert note.startswith(
        f"Column 'who is it' has {len(set(column))} values, each in {len(column) // len(set(column))}"
    )
    assert "--groups 'who is it' keeps them" in note


@pytest.mark.parametrize(
    "column",
    [
        np.repeat(np.arange(6), 10),
        RNG.permutation(np.repeat(np.arange(20), 3)),
        np.repeat(np.arange(20), [2, 4] * 10),
        np.repeat(np.arange(20.0), 3) * np.where(np.arange(60) == 7, np.nan, 1),
        np.tile(np.repeat(np.arange(10), 2), 3),
    ],
    ids=["few", "shuffled", "uneven", "missing", "again"],
)
def test_other_columns_are_not(column):
    assert told(column) == []


def test_columns_that_number_the_same_blocks_are_told_once():
    firm = np.repeat(np.arange(20), 3)
    frame = pd.DataFrame({"firm": firm, "capital": firm**2 + 0.5, "price": RNG.normal(size=60)})
    (note,) = [note for note in make_table(frame, "price").notes if "follow one another" in note]
    assert note.startswith("Column 'firm' has 20 values, each in 3 rows")


def test_nor_what_the_user_has_named():
    assert told(np.repeat(np.arange(20), 3), groups="who is it") == []


def test_nor_a_public_table():
    frame = load_diabetes(as_frame=True).frame
    assert not [note for note in make_table(frame, "target").notes if "follow one another" in note]
