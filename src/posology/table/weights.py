"""Weights of rows: how much each counts. A weight of 2 is the row twice, its copies kept together."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float64

from posology.errors import InputError
from posology.table.checks import TOO_LARGE
from posology.table.columns import Numbers, as_numbers
from posology.wording import counted


@dataclass(frozen=True, eq=False)
class Weights:
    """The weight of each row.

    Parameters
    ----------
    values
        Above zero, as the user has them: no study depends on their size. Shape (row,), read-only.
    name
        The user's name of them.
    """

    values: Float64[np.ndarray, " row"]
    name: str

    @property
    def effective(self) -> float:
        """Rows of equal weight that would estimate a mean as well: (sum w)^2 / sum w^2 (Kish 1965, Survey Sampling).

        Examples
        --------
        >>> round(Weights(np.array([0.5, 0.5, 2.0]), "w").effective, 6)
        2.0
        """
        return float(self.values.sum() ** 2 / (self.values**2).sum())

    def note(self) -> str:
        """Say what they are and what they do.

        Examples
        --------
        >>> Weights(np.array([0.5, 0.5, 2.0]), "w").note()[:63]
        "Rows are weighted by 'w', from 0.5 to 2 times their mean: as mu"
        """
        low, high = self.values.min() / self.values.mean(), self.values.max() / self.values.mean()
        return (
            f"Rows are weighted by '{self.name}', from {low:.3g} to {high:.3g} times their mean: as much evidence as "
            f"{counted(max(1, round(self.effective)), 'row')} of equal weight. '{self.name}' is no feature."
        )


def read_weights(name: str, values: pd.Series) -> Numbers:
    """Read a column of weights as it is; a row of weight 0 counts as if it were not there.

    Parameters
    ----------
    name
        For messages.
    values
        One cell a row.

    Returns
    -------
    Float64[np.ndarray, " row"]
        Not below zero.

    Raises
    ------
    InputError
        A cell is missing, no number, negative or infinite, or all are zero.

    Examples
    --------
    >>> read_weights("w", pd.Series([1, 0, 2.5])).tolist()
    [1.0, 0.0, 2.5]
    """
    numbers = as_numbers(name, values)
    # the square of a larger number leaves the range of float64
    wrong = ~((numbers >= 0) & (numbers <= TOO_LARGE))
    if wrong.any():
        missing = np.isnan(numbers).any()
        got = "missing" if missing else f"{numbers[wrong][0]:g}"
        rows = counted(int((np.isnan(numbers) if missing else wrong).sum()), "row")
        raise InputError(
            f"The weights '{name}' are {got} in {rows}. A weight is a number from 0 to {TOO_LARGE:g}: how many times "
            "the row counts."
        )
    if not numbers.any():
        raise InputError(f"The weights '{name}' are zero in all rows: nothing counts. Give some rows a weight above 0.")
    return numbers


def weights_of(name: str, numbers: Numbers) -> Weights | None:
    """Keep weights above zero; None where all are equal.

    Examples
    --------
    >>> weights_of("w", np.array([1.0, 1.0, 4.0])).values.tolist()
    [1.0, 1.0, 4.0]
    >>> weights_of("w", np.array([2.0, 2.0])) is None
    True
    """
    if numbers.min() == numbers.max():
        return None
    numbers.setflags(write=False)
    return Weights(numbers, name)
