import numpy as np
import pandas as pd
import pytest

from posology.table import make_table

RNG = np.random.default_rng(0)
ROWS = 200
WALK = RNG.normal(size=ROWS).cumsum()


def frame(target, when=None):
    days = pd.date_range("2023-01-01", periods=ROWS, freq="31h")
    sold = (days if when is None else when).strftime("%Y-%m-%d %H:%M")
    return pd.DataFrame({"area": RNG.normal(size=ROWS), "sold": sold, "farm": np.arange(ROWS) // 8, "price": target})


def told(data, **how):
    return [note for note in make_table(data, "price", **how).notes if note.startswith("Neighbours in the order")]


def test_a_walk_in_time_is_told_whatever_the_order_of_rows():
    (note,) = told(frame(WALK))
    lag = np.corrcoef(WALK[1:], WALK[:-1])[0, 1]
    assert float(note.split("correlation ")[1].split(")")[0]) == pytest.approx(lag, abs=0.03)
    assert "'sold'" in note
    assert "Keep periods together: --groups" in note
    assert told(frame(WALK).sample(frac=1, random_state=0)) == [note]


def test_noise_is_not_told_nor_groups_that_the_user_has_named():
    assert told(frame(RNG.normal(size=ROWS))) == []
    assert told(frame(WALK), groups="farm") == []


def test_few_rows_must_be_more_than_alike():
    short = frame(WALK).head(40)
    slightly = short.assign(price=RNG.normal(size=40) + np.repeat([0.6, -0.6], 20))
    assert told(slightly) == []
    assert len(told(short)) == 1


def test_missing_dates_are_left_out():
    data = frame(WALK)
    data.loc[::7, "sold"] = None
    assert len(told(data)) == 1


# the level of Lake Huron in feet, from 1875 on, as R has it
LEVELS = [580.38, 581.86, 580.97, 580.8, 579.79, 580.39, 580.42, 580.82, 581.4, 581.32, 581.44, 581.68, 581.17, 580.53]
LEVELS += [
    580.01,
    579.91,
    579.14,
    579.16,
    579.55,
    579.67,
    578.44,
    578.24,
    579.1,
    579.09,
    579.35,
    578.82,
    579.32,
    579.01,
]


def test_years_that_are_numbers_are_a_time_too():
    rows = len(LEVELS)
    lake = pd.DataFrame({"time": np.arange(1875, 1875 + rows) + 0.5, "rain": RNG.normal(size=rows), "price": LEVELS})
    (note,) = told(lake)
    assert note.startswith("Neighbours in the order of 'time' have like targets (correlation 0.")
    assert told(lake.rename(columns={"time": "width"})) == []
    assert told(lake.sample(frac=1, random_state=0)) == []  # nothing says that these are its rows' times
