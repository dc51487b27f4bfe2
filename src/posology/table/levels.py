"""How many columns of 0 and 1 the levels of a category become, and how many of its cells then share one."""

import numpy as np
import pandas as pd
from jaxtyping import Int

FEWEST_ROWS_OF_A_LEVEL = 10
MOST_COLUMNS_OF_A_CATEGORY = 40

Counts = Int[np.ndarray, " level"]


def rows_of_levels(column: pd.Series) -> Counts:
    """Count the rows in which a category is missing, and those of each of its levels.

    Examples
    --------
    >>> rows_of_levels(pd.Series(pd.Categorical(["oat", "rye", "rye", None]))).tolist()
    [1, 1, 2]
    """
    counts: Counts = np.bincount(column.cat.codes.to_numpy() + 1, minlength=len(column.cat.categories) + 1)
    return counts


def columns_of_levels(counts: Counts) -> int:
    """Give the number of columns: min(40, L + [K > L]), where K counts the levels and L those with 10 rows or more.

    Parameters
    ----------
    counts
        Rows of each level; 0 is no level.

    Examples
    --------
    >>> columns_of_levels(np.array([30, 12, 3, 2]))
    3
    """
    levels, frequent = int((counts > 0).sum()), int((counts >= FEWEST_ROWS_OF_A_LEVEL).sum())
    return min(MOST_COLUMNS_OF_A_CATEGORY, frequent + (levels > frequent))


def share_in_common(counts: Counts) -> float:
    """Give the share of rows whose level has no column of its own.

    Examples
    --------
    >>> share_in_common(np.array([30, 30, 3, 1]))
    0.0625
    """
    frequent = np.sort(counts[counts >= FEWEST_ROWS_OF_A_LEVEL])[::-1]
    all_fit = len(frequent) == len(counts[counts > 0]) and len(frequent) <= MOST_COLUMNS_OF_A_CATEGORY
    own = frequent if all_fit else frequent[: MOST_COLUMNS_OF_A_CATEGORY - 1]
    return float(1 - own.sum() / counts.sum())
