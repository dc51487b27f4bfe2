"""Rows that belong together: which group each is in, and what is said of it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int64

from posology.errors import InputError
from posology.wording import counted


@dataclass(frozen=True, eq=False)
class Groups:
    """The group of each row.

    Parameters
    ----------
    codes
        From 0, in the order in which groups first appear. Shape (row,), read-only.
    name
        The user's name of them.
    """

    codes: Int64[np.ndarray, " row"]
    name: str

    @property
    def count(self) -> int:
        """Number of groups."""
        return int(self.codes.max()) + 1

    def note(self) -> str:
        """Say what they are and what they do.

        Examples
        --------
        >>> groups_of(pd.Series(["a", "a", "b"]), "site").note()[:59]
        "The rows come in 2 groups by 'site', of 1 to 2 rows: each s"
        """
        sizes = np.bincount(self.codes)
        least, most = int(sizes.min()), counted(int(sizes.max()), "row")
        of = most if least == sizes.max() else f"{least:,} to {most}"
        return (
            f"The rows come in {counted(self.count, 'group')} by '{self.name}', of {of}: each stays whole in every "
            f"split and counts once as evidence; '{self.name}' is no feature."
        )


def groups_of(values: pd.Series, name: str) -> Groups:
    """Read the group of each row from a column; equal cells are one group.

    Parameters
    ----------
    values
        One cell a row, of any kind.
    name
        Of the column, for messages.

    Raises
    ------
    InputError
        A cell is missing, or all are equal.

    Examples
    --------
    >>> groups_of(pd.Series(["b", "a", "b"]), "site").codes.tolist()
    [0, 1, 0]
    """
    codes, levels = pd.factorize(values)
    missing = int((codes < 0).sum())
    if missing:
        raise InputError(
            f"The groups '{name}' are missing in {counted(missing, 'row')}. Fill them in; a row that belongs to no "
            "other gets a name of its own."
        )
    if len(levels) < 2:
        raise InputError(f"The groups '{name}' are the same in all rows. Leave --groups out.")
    codes = codes.astype(np.int64)
    codes.setflags(write=False)
    return Groups(codes, name)


def check_groups(groups: Groups, folds: int) -> None:
    """Refuse groups that are too few for their folds: two are needed in each, as two rows are.

    Raises
    ------
    InputError
        With the number needed.
    """
    if groups.count < 2 * folds:
        raise InputError(
            f"'{groups.name}' has {groups.count:,} groups; {counted(folds, 'fold')} need at least {2 * folds}, for "
            "groups are what the verdict counts. Use fewer folds or smaller groups."
        )
