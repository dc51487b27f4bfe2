"""Predict new rows with a finished study's network, in a worker of its own."""

import csv
import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from posology.execution import one_worker
from posology.execution.predicting import finished
from posology.record import read_settings


@dataclass(frozen=True)
class Predicted:
    """Predictions of a table's rows.

    Parameters
    ----------
    target : str
        Name of the studied target.
    values : array (row,)
        In the target's unit, in the order of the rows.
    notes : tuple of str
        What about the new table is worth saying.
    """

    target: str
    values: Float[np.ndarray, " row"]
    notes: tuple[str, ...]

    def to_csv(self) -> str:
        """Write a header and a number a line."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([f"predicted_{self.target}"])
        writer.writerows([float(v)] for v in self.values)
        return out.getvalue()

    def to_json(self) -> str:
        """Write one JSON object."""
        content = {"target": self.target, "predictions": self.values.tolist(), "notes": list(self.notes)}
        return json.dumps(content, indent=2) + "\n"


def predict_table(folder: Path, table: Path) -> Predicted:
    """Predict the rows of the table at a path with the study kept in a folder.

    Raises
    ------
    InputError
        The folder has no finished study, or the table lacks columns.
    """
    target = read_settings(folder)["target"]
    finished(folder)  # before a worker is started for nothing
    with (
        tempfile.TemporaryDirectory(prefix="posology-") as scratch,
        one_worker(Path(scratch) / "worker.log") as worker,
    ):
        message = {"do": "predict", "folder": str(folder.resolve()), "table": str(table.resolve()), "target": target}
        reply, arrays = worker.ask(message)
    return Predicted(target, arrays["prediction"], tuple(reply["notes"]))
