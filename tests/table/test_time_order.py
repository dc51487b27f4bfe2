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
