"""How much each row counts in the loss of a fit: its own weight times that of its class, 1 on average."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int

from posology.class_weights import ClassWeight, class_factors
from posology.table import Table


@dataclass(frozen=True, eq=False)
class RowWeights:
    """Weights of the rows of one fit.

    Keras divides a batch's weighted losses by its rows, so that weights of another size would be another balance
    between loss and penalties: here they are 1 on average over the rows that are trained on.

    Parameters
    ----------
    values : array (row of the table,)
        Weights, not brought to their mean.
    mean : float
        Over the rows that are trained on.
    """

    values: Float64[np.ndarray, " row"]
    mean: float

    @classmethod
    def of(cls, table: Table, asked: ClassWeight | None, fit: Int[np.ndarray, " fit"]) -> "RowWeights":
        """Weigh the rows of a table; balanced classes are balanced by the rows that are trained on alone."""
        values = np.ones(table.n_rows) if table.row_weights is None else table.row_weights
        if table.strata is not None and not table.labels:
            factors = class_factors(asked, table.classes, table.strata[fit], values[fit])
            values = values if factors is None else values * factors[table.strata]
        return cls(values, float(values[fit].mean()))

    def of_rows(self, rows: Int[np.ndarray, " some"]) -> Float64[np.ndarray, " some"]:
        """Give the weights of some rows of the table."""
        return self.values[rows] / self.mean
