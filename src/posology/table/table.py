"""Table: features and target in one plain form, checked."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

from posology.table import storage
from posology.table.columns import Kind
from posology.table.groups import Groups
from posology.table.weights import Weights


@dataclass(frozen=True, eq=False)
class Table:
    """A table that a study can use: checked, without missing targets, in one plain form.

    Attributes
    ----------
    features
        One row per observation. Numbers are float64 with NaN for missing; categories are pandas categories
        with sorted text levels; text is objects with NaN for missing; a date "sold" stands as numbers "sold:days"
        (whole days since 1970-01-01),
        "sold:month" (1 to 12), "sold:weekday" (Monday is 0) and, where any row has a time of day,
        "sold:hour" (0 to 24, with its fraction).
    target
        The number to predict, finite; or the place of a row's class among `classes`, from 0. Shape (row,), read-only;
        (row, target) where there are several.
    target_name
        The user's name of it; of several all names, separated by commas.
    notes
        What was found on the way, warnings too, one sentence each.
    classes
        Names of the classes of the target, sorted; empty where it is a number.
    groups
        Which rows belong together; None where each stands for itself.
    weights
        How much each row counts; None where all count alike.
    targets
        Names of the targets where there are several; empty where there is one. With `classes` they are labels: each row
        has any of them, or none.
    cells
        The classes as the user's own cells, such as 0 and 1; not in a file, where they are their names.
    copies
        How many rows repeat an earlier one, target included; not in a file.
    """

    features: pd.DataFrame
    target: Float64[np.ndarray, "row *target"]
    target_name: str
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    groups: Groups | None = None
    weights: Weights | None = None
    targets: tuple[str, ...] = ()
    cells: tuple[Any, ...] = ()
    copies: int = 0

    @property
    def task(self) -> str:
        """What the target asks for, "classification" or "regression"."""
        return "classification" if self.classes else "regression"

    @property
    def strata(self) -> Int64[np.ndarray, "row *label"] | None:
        """The class of each row, or which labels it has, by which splits are stratified; None of numbers."""
        return self.target.astype(np.int64) if self.classes else None

    @property
    def clusters(self) -> Int64[np.ndarray, " row"] | None:
        """The group of each row, by which splits are made and evidence is counted; None where there are no groups."""
        return None if self.groups is None else self.groups.codes

    @property
    def row_weights(self) -> Float64[np.ndarray, " row"] | None:
        """The weight of each row; None where all count alike."""
        return None if self.weights is None else self.weights.values

    @property
    def n_rows(self) -> int:
        """Number of observations."""
        return len(self.target)

    @property
    def n_targets(self) -> int:
        """Number of targets."""
        return len(self.targets) or 1

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels that a row may have; empty where the target is no such thing."""
        return self.targets if self.classes else ()

    def of_each(self) -> Iterator["Table"]:
        """Give the table of each of several targets alone, the others left out; of one target the table itself."""
        if not self.targets:
            yield self
        for place, name in enumerate(self.targets):
            yield replace(self, target=self.target[:, place], target_name=name, targets=())

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Kind of each feature column, "number", "category" or "text"."""
        return storage.kinds_of(self.features)

    @property
    def texts(self) -> tuple[str, ...]:
        """Names of the columns of text."""
        return tuple(str(name) for name, kind in zip(self.features, self.kinds, strict=True) if kind == "text")

    def fingerprint(self) -> str:
        """SHA-256 of the content: names, kinds, levels, cells and target. The same on any version of pandas.

        Examples
        --------
        >>> from posology.table import make_table
        >>> make_table(pd.DataFrame({"age": [1, 2], "pay": [3, 4]}), "pay").fingerprint()[:8]
        'd4d72c66'
        """
        return storage.fingerprint(self._parts)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table to a Feather file, uncompressed, so that many processes can map one copy of it."""
        storage.save(path, self._parts)

    @property
    def _parts(self) -> storage.Parts:
        named = self.targets or self.target_name
        parts = (self.features, self.target, named, self.notes, self.classes, self.groups, self.weights)
        return storage.Parts(*parts)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Table":
        """Map a table that `save` wrote; number columns stay on disk until they are read.

        Raises
        ------
        InputError
            Where the file is not there, cut off or not a table of posology's.
        """
        features, target, named, notes, classes, groups, weights = storage.load(path)
        name, several = (named, ()) if isinstance(named, str) else (", ".join(named), named)
        return cls(features, target, name, notes, classes, groups, weights, several)
