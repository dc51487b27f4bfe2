"""As what each column was read: of every kind, shortened, with names that are odd."""

import pandas as pd
import pytest

from posology.table import make_table
from posology.table.columns_read import NAMED, columns_read, in_words, note_on_columns


@pytest.fixture
def features():
    frame = pd.DataFrame(
        {
            "area": [50.0, None, 70.5, 81.0],
            "garden": [True, False, True, True],
            "town": ["Bonn", "Ulm", None, "Trier"],
            "sold": pd.to_datetime(["2024-01-02 10:30", None, "2024-02-29 12:00", "2024-03-01 09:15"]),
            "built:days": [1.0, 2.0, 3.0, 4.0],
            "rent": [1.0, 2.0, 3.0, 4.0],
        }
    )
    return make_table(frame, "rent").features


def test_columns_of_every_kind(features):
    assert [tuple(one.values()) for one in columns_read(features)] == [
        ("area", "number", None, 1),
        ("garden", "truth value", None, 0),
        ("town", "category", 3, 1),
        ("sold", "date", 4, 1),
        ("built:days", "number", None, 0),
    ]
    assert [in_words(one) for one in columns_read(features)] == [
        "number", "truth value", "category of 3 levels", "date of 4 parts", "number",
    ]  # fmt: skip


def test_the_sentence(features):
    assert note_on_columns(features) == (
        "5 columns are read: numbers 'area', 'built:days'; truth value 'garden'; category 'town' (3 levels); date "
        "'sold' (4 parts). Cells are missing in 'area' (1), 'town' (1), 'sold' (1)."
    )
    assert note_on_columns(features[["area"]]) == "1 column is read: number 'area'. Cells are missing in 'area' (1)."


def test_a_wide_table_is_told_shortly():
    frame = pd.DataFrame({f"{'very ' * 40}long {i}": [1.5, 2.5] for i in range(1000)})
    said = note_on_columns(frame)
    assert said.startswith("1,000 columns are read: numbers 'very very")
    assert said.endswith(f"and {1000 - NAMED} more.")
    assert len(said) < 1000


def test_text_is_told_of():
    texts = [f"a house of {i} bricks that stands at the corner of street {i}" for i in range(60)]
    frame = pd.DataFrame({"about": texts, "rent": range(60)})
    assert note_on_columns(make_table(frame, "rent").features) == "1 column is read: text 'about'."
