"""Weights of rows: how much each counts. A weight of 2 is the row twice, its copies kept together."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float64

from posology.errors import InputError
from posology.table.columns import Numbers, as_numbers
from posology.wording import counted


@dataclass(frozen=True, eq=False)
class Weights:
    """The weight of each row.

    Parameters
    ----------
    values
        Above zero, 1 on average. Shape (row,), read-only.
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
        low, high = self.values.min(), self.values.max()
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
    wrong = ~(np.isfinite(numbers) & (numbers >= 0))
    if wrong.any():
        missing = np.isnan(numbers).any()
        got = "missing" if missing else f"{numbers[wrong][0]:g}"
        rows = counted(int((np.isnan(numbers) if missing else wrong).sum()), "row")
        raise InputError(
            f"The weights '{name}' are {got} in {rows}. A weight is a number from 0 on: how many times the row counts."
        )
    if not numbers.any():
        raise InputError(f"The weights '{name}' are zero in all rows: nothing counts. Give some rows a weight above 0.")
    return numbers


def weights_of(name: str, numbers: Numbers) -> Weights | None:
    """Bring weights above zero to mean 1, which changes no study; None where all are equal.

    Examples
    --------
    >>> weights_of("w", np.array([1.0, 1.0, 4.0])).values.tolist()
    [0.5, 0.5, 2.0]
    """
    if numbers.min() == numbers.max():
        return None
    # by the largest first: a sum of numbers near the largest float would be infinite
    values = numbers / numbers.max()
    values /= values.mean()
    values.setflags(write=False)
    return Weights(values, name)
