"""Columns of text: which they are, and the numbers that skrub makes of them, by what the training rows alone say.

A column of 0 and 1 for each level tells nothing of cells that hardly any two rows share; their words do.
"""

import re
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from posology.errors import InputError
from posology.table.levels import MOST_COLUMNS_OF_A_CATEGORY, Counts, share_in_common
from posology.wording import leave_out

WORD = re.compile(r"[^\W\d_]{2,}")
FEWEST_WORDS = 2.0
"""A cell, on average, from which words are looked at: codes and names of one word are categories."""
MOST_IN_COMMON = 0.25
"""Share of cells that a category may put into one column, whatever they say."""
NUMBERS = 30
"""That a column becomes, as in skrub: its own default."""
PIECES = (3, 4)
"""Letters of the pieces of words that are counted, as in skrub."""
MOST_PIECES = 2_000
"""Of a column, the most frequent: all of them would grow with the rows, to ten megabytes a column on disk at 4,000."""
MISSING = "∅"
"""Stands for a missing cell, which then is a text like no other."""
HOW = f"skrub's StringEncoder makes {NUMBERS} numbers of it, by the training rows of each fold."
"""A feature of text is read."""
INSTALL = "pip install 'posology[skrub]'"


def is_text(texts: Sequence[str], counts: Counts) -> bool:
    """Tell whether a column is text: over 40 different cells, of two words and more, of which many are rare.

    Parameters
    ----------
    texts
        The different cells.
    counts
        Rows of each.

    Examples
    --------
    >>> titles = [f"{color} on {ground}" for color in map(str, range(60)) for ground in ("canvas", "white paper")]
    >>> is_text(titles, np.ones(120, int)), is_text([f"N{i}" for i in range(120)], np.ones(120, int))
    (True, False)
    """
    if len(texts) <= MOST_COLUMNS_OF_A_CATEGORY or share_in_common(counts) <= MOST_IN_COMMON:
        return False
    return words_a_cell(texts, counts) >= FEWEST_WORDS


def words_a_cell(texts: Sequence[str], counts: Counts) -> float:
    """Give the mean number of words, which are two letters and more.

    Examples
    --------
    >>> words_a_cell(["oil on canvas", "A4"], np.array([1, 1]))
    1.5
    """
    return float(np.average([len(WORD.findall(text)) for text in texts], weights=counts))


def note_on_text(name: str, different: int, words: float) -> str:
    """Say that a column is text, and why; whether it is a feature, which needs skrub, is not known yet."""
    return f"Column '{name}' is text: {different:,} different cells, {words:.1f} words each."


def check_readable(name: str, note: str) -> None:
    """Refuse a feature that is text where skrub is not installed.

    Raises
    ------
    InputError
        With what to install, or to leave out.
    """
    if find_spec("skrub") is None:
        raise InputError(
            f"{note} Reading it needs skrub, not installed here. Run: {INSTALL}, or use {leave_out([name])}."
        )


def encoder_of(cells: pd.Series) -> Any:
    """Make the encoder of a column: tf-idf of pieces of words, then a truncated singular value decomposition.

    Parameters
    ----------
    cells
        The training rows' texts, `MISSING` where there is none.

    Returns
    -------
    skrub.StringEncoder
        Not fitted. Its pieces are the most frequent of the training rows.
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from skrub import StringEncoder

    how = {"analyzer": "char_wb", "ngram_range": PIECES}
    pieces = CountVectorizer(**how, max_features=MOST_PIECES).fit(cells).get_feature_names_out()
    fewer = min(NUMBERS, max(1, min(len(cells), len(pieces)) - 1))
    return StringEncoder(fewer, **how, vocabulary=[str(piece) for piece in pieces], random_state=0)


def fitted_quietly(transformer: Any, features: pd.DataFrame) -> Any:
    """Fit a transformer of text; that a fold has one text, in all its rows or in its only row, is no news."""
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.filterwarnings("ignore", "The matrix shape is", UserWarning)
        return transformer.fit(features)
