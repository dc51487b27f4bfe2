"""Predict new rows with a finished study's network, in a worker of its own."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from posology.errors import InputError, WorkerError
from posology.execution import one_worker
from posology.execution.predicting import finished
from posology.files import is_regular
from posology.handback.bundle import AGAIN, opened
from posology.study_json import read_settings
from posology.table import Classes
from posology.table.class_file import columns_of, columns_of_labels
from posology.table.reading import check_there


@dataclass(frozen=True)
class Predicted:
    """Predictions of a table's rows.

    Parameters
    ----------
    target : str
        Name of the studied target; of several all names, separated by commas.
    values : array (row,), (row, target) or (row, class)
        In the target's unit, or the probability of each class; in the order of the rows.
    notes : tuple of str
        What about the new table is worth saying.
    classes : tuple of str
        Names of the classes; empty where the target is a number.
    targets : tuple of str
        Names of the targets where there are several; empty where there is one. With `classes` they are labels.
    """

    target: str
    values: Float[np.ndarray, "row *class"]
    notes: tuple[str, ...]
    classes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    def to_csv(self) -> str:
        """Write a header and a number a line, or one for each target; or a line's class and the probability of each."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        if self.classes and self.targets:
            writer.writerow(columns_of_labels(self.targets))
            writer.writerows([*own, *row] for own, row in zip(self._has(), self.values.tolist(), strict=True))
        elif self.classes:
            writer.writerow(columns_of(self.target, self.classes))
            writer.writerows([name, *row] for name, row in zip(self._best(), self.values.tolist(), strict=True))
        else:
            writer.writerow([f"predicted_{name}" for name in self.targets or (self.target,)])
            writer.writerows(self.values.reshape(len(self.values), -1).tolist())
        return out.getvalue()

    def _best(self) -> list[str]:
        return [self.classes[place] for place in self.values.argmax(axis=1)]

    def _has(self) -> list[list[int]]:
        found: list[list[int]] = (self.values > 0.5).astype(int).tolist()
        return found

    def to_json(self) -> str:
        """Write one JSON object, on one line."""
        content: dict[str, Any] = {
            "target": self.target,
            **({"targets": list(self.targets)} if self.targets else {}),
            "predictions": self.values.tolist(),
            "notes": list(self.notes),
        }
        if self.classes and self.targets:
            content |= {"predictions": self._has(), "probabilities": self.values.tolist()}
        elif self.classes:
            content |= {"predictions": self._best(), "classes": self.classes, "probabilities": self.values.tolist()}
        return json.dumps(content) + "\n"


def predict_table(place: Path, table: Path) -> Predicted:
    """Predict the rows of the table at a path with the study kept in a folder, or with a bundle.

    Raises
    ------
    InputError
        The folder has no finished study, the bundle is refused, or the table lacks columns.
    """
    if not is_regular(place, "Give the folder of a finished study, or a bundle."):
        return _predicted(place, table)
    with opened(place) as folder:
        try:
            return _predicted(folder, table)
        except WorkerError as error:
            raise InputError(f"'{place}' cannot be used: {error} {AGAIN}") from error


def _predicted(folder: Path, table: Path) -> Predicted:
    target = read_settings(folder)["target"]
    finished(folder)  # before a worker is started for nothing
    check_there(table)  # by the name that was given: a worker is given another
    with one_worker() as worker:
        message = {"do": "predict", "folder": str(folder.resolve()), "table": str(table.resolve()), "target": target}
        reply, arrays = worker.ask(message)
    found, names = Classes.load(folder), () if isinstance(target, str) else tuple(target)
    about = (", ".join(names) or target, arrays["prediction"], tuple(reply["notes"]))
    return Predicted(*about, found.names if found else (), names)
