from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posology.data import concrete
from posology.table import make_table, read_frame

DATA = Path(__file__).parent / "data"
TARGETS = {
    "abalone": "rings",
    "communities": "crimes",
    "concrete": "strength_mpa",
    "insurance": "charges",
    "skillcraft": "LeagueIndex",
}
DROPPED = {"skillcraft": ("GameID",)}


@pytest.fixture
def data_folder():
    return DATA


@pytest.fixture(params=sorted(TARGETS))
def real_table(request):
    """A public table, as make_table gives it."""
    name = request.param
    frame = concrete() if name == "concrete" else read_frame(DATA / f"{name}.csv")
    return make_table(frame, TARGETS[name], DROPPED.get(name, ()))


@pytest.fixture
def mixed_frame():
    """60 rows with every kind of column, missing cells among them; the target is "price"."""
    rng = np.random.default_rng(7)
    start = pd.Timestamp("2024-02-27 06:30")
    frame = pd.DataFrame(
        {
            "area": rng.normal(100, 20, 60).round(1),
            "rooms": rng.integers(1, 6, 60),
            "garden": rng.random(60) < 0.5,
            "site": rng.choice(["north", "south", "west"], 60, p=[0.5, 0.4, 0.1]),
            "sold": [(start + pd.Timedelta(hours=31 * row)).isoformat() for row in rng.permutation(60)],
            "price": rng.normal(300, 50, 60),
        }
    )
    frame.loc[[3, 30], "area"] = np.nan
    frame.loc[[4, 31], "site"] = None
    frame.loc[[5, 32], "sold"] = None
    return frame


@pytest.fixture
def mixed_table(mixed_frame):
    return make_table(mixed_frame, "price")
