"""How much an estimator's fit spends on the comparison, and where it makes none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from posology.plan import Design
from posology.table import Table
from posology.wording import counted

FEWEST_ROWS = 100
"""For a comparison: with fewer, R2 has a standard error of several margins however long one trains."""


@dataclass(frozen=True)
class Effort:
    """The size of a comparison.

    Parameters
    ----------
    sizes : mapping
        Fields of `plan.Design`, where they are not the usual ones.
    levers : bool
        Whether trees, a ridge, an average of networks and arms without early stopping are scored beside the arms.
    """

    sizes: Mapping[str, Any] = field(default_factory=dict)
    levers: bool = True


QUICK = "quick"
EFFORTS: Mapping[str, Effort] = {
    QUICK: Effort(
        {"repeats": 1, "folds": 3, "trials": 4, "inner_splits": 2, "refits": 2, "epochs": 100, "patience": 10},
        levers=False,
    ),
    "standard": Effort(),
}
"""By name. "quick" trains about a hundred networks; its intervals are wide, and its verdict says so."""
MORE = "This fit was a quick one, of one repeat: effort='standard' compares with several, for minutes."
"""Said of a quick fit's verdict that leaves something open."""


def why_untuned(table: Table, design: Design) -> str:
    """Say why nothing can be compared on a table; nothing where it can.

    Examples
    --------
    >>> from posology.table import table_from_arrays
    >>> table = table_from_arrays([[1.0], [2.0], [3.0]], [1.5, 2.5, 3.5])
    >>> why_untuned(table, Design(((), ("dropout",))))
    '3 rows are too few for a comparison, which needs 100'
    """
    if table.n_rows < FEWEST_ROWS:
        return f"{counted(table.n_rows, 'row')} are too few for a comparison, which needs {FEWEST_ROWS}"
    if table.groups is not None and table.groups.count < 2 * design.folds:
        return f"{table.groups.count} groups are too few for {design.folds} folds, which need {2 * design.folds}"
    found = (_too_rare(one, design.folds, label=bool(table.labels)) for one in table.of_each())
    return next(filter(None, found), "")


def _too_rare(table: Table, folds: int, *, label: bool) -> str:
    """Say which class of a target, or value of a label, has too few rows; nothing where all have enough."""
    if table.strata is None:
        return ""
    rows = np.bincount(table.strata, minlength=len(table.classes))
    rarest = int(rows.argmin())
    if rows[rarest] >= folds:
        return ""
    named = f"the class '{table.classes[rarest]}'" + (f" of the label '{table.target_name}'" if label else "")
    return f"{named} has {counted(int(rows[rarest]), 'row')}, fewer than there are folds, {folds}"
