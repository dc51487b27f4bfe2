"""What is told of categories whose levels are too rare for a column each."""

import numpy as np
import pandas as pd
import pytest

from posology.data import concrete
from posology.errors import LeakWarning
from posology.table import Preparation, make_table

# the yields of peas on six blocks of four plots (R's npk)
BLOCKS = [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [6] * 4
YIELDS = [49.5, 62.8, 46.8, 57.0, 59.8, 58.5, 55.5, 56.0, 62.8, 55.8, 69.5, 55.0]
YIELDS += [62.0, 48.8, 45.5, 44.2, 52.0, 51.5, 49.8, 48.8, 57.2, 59.0, 53.2, 56.0]

REMEDY = "Join levels, or write numbers for them, such as columns of 0 and 1, which are read however rare."


def test_a_category_that_tells_a_network_nothing_is_told():
    peas = pd.DataFrame({"block": [f"block {n}" for n in BLOCKS], "y": YIELDS})
    table = make_table(peas.assign(nitrogen=[0, 1] * 12), "y")
    assert table.notes == (
        "Column 'block' has no level in 10 rows or more, so its 6 share one column, which tells a network nothing. "
        + REMEDY,
    )
    prepared = Preparation.fit(table.features, table.target).transform(table.features)
    assert np.ptp(prepared, axis=0).tolist() == [2.0, 0.0]


def told(rows, missing=0, **more):
    site = np.array(np.repeat([f"s{n}" for n in range(len(rows))], rows).tolist() + [None] * missing, object)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"site": rng.permutation(site), "price": rng.normal(size=len(site))}).assign(**more)
    return [note for note in make_table(frame, "price").notes if "level" in note]


def test_several_are_told_in_one_sentence():
    (note,) = told([4] * 6, street=[f"r{n % 5}" for n in range(24)])
    assert note == (
        "2 columns have no level in 10 rows or more, so each becomes one column, which tells a network nothing: "
        f"'site', 'street'. {REMEDY}"
    )


@pytest.mark.parametrize(
    ("rows", "missing", "said"),
    [
        ([4] * 6, 12, "6 levels: all are too rare for a column each, so they share one (67% of the cells)."),
        ([30, 9, 8], 0, "3 levels: 1 gets a column, and the others, too rare for one, share one (36% of the cells)."),
        ([30, 12, 9, 9], 9, "4 levels: 2 get a column each, and the others, too rare for one, share one (39% of the"),
        ([12] * 50, 0, "50 levels: 39 get a column each, and the others share one (22% of the cells)."),
    ],
)
def test_levels_that_share_a_column_are_told(rows, missing, said):
    (note,) = told(rows, missing)
    assert note.startswith(f"Column 'site' has {said}")


@pytest.mark.parametrize("rows", [[40, 30, 3, 2], [12] * 40, [30]])
def test_few_that_do_are_not(rows):
    assert told(rows) == []


def test_a_table_of_numbers_has_none():
    assert not [note for note in make_table(concrete(), "strength_mpa").notes if "level" in note]


def test_names_of_rows_are_told_as_such():
    with pytest.warns(LeakWarning, match="Column 'site' looks like a row number or a name of the row"):
        assert told([1] * 30) == []
