"""A fitted network as plain values: it can be pickled, and predicts in a worker without Keras in the user's process."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from posology.execution.predicting import finished
from posology.execution.staff import KEPT
from posology.network.source import NetworkSource
from posology.table import Classes, Layout, Preparation, features_of
from posology.table.arrays import to_frame


@dataclass(frozen=True)
class FittedNetwork:
    """What predicts.

    Parameters
    ----------
    model : bytes
        The `.keras` file.
    preparation : Preparation
    layout : Layout
    classes : Classes or None
        None where the target is a number.
    source : NetworkSource
        Where layers of the user's own are defined.
    """

    model: bytes
    preparation: Preparation
    layout: Layout
    classes: Classes | None
    source: NetworkSource

    @classmethod
    def of_folder(cls, folder: Path, source: NetworkSource) -> "FittedNetwork":
        """Take what a finished study left in its folder."""
        model = finished(folder).read_bytes()
        return cls(model, Preparation.load(folder), Layout.load(folder), Classes.load(folder), source)

    @cached_property
    def name(self) -> str:
        """Fingerprint of the network."""
        return hashlib.sha256(self.model).hexdigest()

    @property
    def targets(self) -> int:
        """How many numbers it predicts for a row."""
        return np.size(self.preparation.target_mean)

    def predict(self, X: Any) -> Float64[np.ndarray, "row *class"]:
        """Predict rows, in the target's unit or as the probability of each class; `(row, target)` of several targets.

        Raises
        ------
        InputError
            Columns are missing, or have cells of another kind.
        """
        features, _ = features_of(to_frame(X), self.preparation)
        predicted = self._forward(self.layout.matrix(self.preparation, features))
        if self.classes:
            return predicted
        return self.preparation.target_from_network(predicted if self.targets > 1 else predicted[:, 0])

    def _forward(self, x: np.ndarray) -> Float64[np.ndarray, "row output"]:
        with KEPT.errand(knows=self.name) as worker:
            if self.name not in worker.known:
                message = {
                    "do": "load",
                    "name": self.name,
                    "source": self.source.to_dict(),
                    "classes": len(self.classes.names) if self.classes else 0,
                    "logits": bool(self.classes and self.classes.logits),
                    "labels": bool(self.classes and self.classes.labels),
                }
                reply, _ = worker.ask(message, arrays={"model": np.frombuffer(self.model, np.uint8)})
                worker.known = set(reply["loaded"])
                worker.bound |= self.source.kind == "file"
            return worker.ask({"do": "forward", "name": self.name}, arrays={"x": x})[1]["prediction"]
