"""What regressor and classifier share: `fit` studies, and trains the network that the study prescribes."""

import numbers
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_random_state, column_or_1d
from sklearn.utils.validation import check_is_fitted, validate_data

from posology.class_weights import check_class_weight, parse_class_weight
from posology.effort import EFFORTS, MORE, QUICK, why_untuned
from posology.errors import InputError
from posology.execution.fitted import FittedNetwork
from posology.execution.staff import KEPT
from posology.inference import Kind
from posology.judging import judge_of
from posology.network.asked import Outputs
from posology.network.handed import source_of
from posology.own_keras import own_keras
from posology.plan import Design, parse_family
from posology.progress import Silent
from posology.progress.usual import in_notebook
from posology.result import StudyResult
from posology.scratch import scratch_folder
from posology.settings import Settings
from posology.study import Study
from posology.table import Table, prepared_as_given, table_from_arrays
from posology.table.arrays import to_frame
from posology.table.copies import without_copies
from posology.untuned import UntunedVerdict, train_untuned
from posology.verdict_text import VerdictText
from posology.wording import did_you_mean
from posology.workforce import Workforce


class Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What regressor and classifier have in common: everything but the target.

    Parameters are kept as they are given and checked by `fit`, as scikit-learn wants: hence their types, `Any`.
    """

    def __init__(
        self,
        network: Any = "strong",
        *,
        effort: Any = "quick",
        arms: Any = None,
        margin: Any = 0.01,
        measure: Any = None,
        ensemble: Any = 5,
        epochs: Any = None,
        batch_size: Any = None,
        folder: Any = None,
        n_jobs: Any = None,
        random_state: Any = None,
    ) -> None:
        self.network = network
        self.effort = effort
        self.arms = arms
        self.margin = margin
        self.measure = measure
        self.ensemble = ensemble
        self.epochs = epochs
        self.batch_size = batch_size
        self.folder = folder
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X: Any, y: Any, task: str, sample_weight: Any, groups: Any) -> None:
        """Study features, as `_features` gives them, and a target; keep what predicts."""
        table = table_from_arrays(X, y, task=task, groups=groups, weights=sample_weight)
        table = without_copies(table)
        settings = self._settings(table)
        with scratch_folder() as scratch:
            folder = scratch / "study" if self.folder is None else Path(self.folder)
            self.result_: StudyResult | None = None
            self.verdict_: VerdictText | UntunedVerdict
            if reason := why_untuned(table, settings.design):
                self.prescription_, self.verdict_ = train_untuned(table, settings, folder, KEPT, reason)
            else:
                workers = None if self.n_jobs == -1 else self.n_jobs
                study = Study.of(table, settings, folder=folder, workforce=Workforce(workers, staff=KEPT))
                # many are fitted in a row, by a search or by hand: no bar for each
                self.result_ = study.run(in_notebook() or Silent())
                self.prescription_ = self.result_.prescription
                self.verdict_ = self._told(self.result_.verdict)
                _ = self.result_.findings  # reads the folder while it is there
            self._network = FittedNetwork.of_folder(folder, settings.source)

    def _settings(self, table: Table) -> Settings:
        """Check what is asked, and bring it into a study's own form."""
        if self.effort not in EFFORTS:
            meant = did_you_mean(str(self.effort), EFFORTS)
            raise InputError(f"effort is {self.effort!r}.{meant} Use one of: {', '.join(EFFORTS)}.")
        effort = EFFORTS[self.effort]
        judge_of(table, self.measure)
        weight = parse_class_weight(self._class_weight())
        check_class_weight(weight, table.classes, table.target_name, labels=bool(table.labels))
        own = {name: getattr(self, name) for name in ("epochs", "batch_size") if getattr(self, name) is not None}
        sizes = {**effort.sizes, **own, "seed": self._seed(), "class_weight": weight, "ensemble": self.ensemble}
        arms, cabinet = parse_family(self.arms)
        design = Design(arms, cabinet=cabinet, **sizes)
        source = source_of(
            self.network, lambda: prepared_as_given(table, {}), Outputs(len(table.classes), table.n_targets)
        )
        return Settings(design, source, self.margin, score=self.measure, levers=effort.levers)

    def _told(self, verdict: VerdictText) -> VerdictText:
        """Say how to ask an estimator for more evidence, where it is wanting."""
        if verdict.kind != Kind.OPEN.value or self.effort != QUICK:
            return verdict
        return replace(verdict, sentences=(*verdict.sentences, MORE))

    def _class_weight(self) -> Any:
        return None

    def _seed(self) -> int:
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _features(self, X: Any, *, reset: bool) -> Any:
        """Check features: arrays as scikit-learn does, frames by their names; the table checks their cells."""
        least = 2 if reset else 1
        if not is_frame(X):
            how = {"dtype": "numeric", "ensure_all_finite": "allow-nan", "ensure_min_samples": least}
            return np.array(validate_data(self, X, reset=reset, **how))
        frame = to_frame(X)
        validate_data(self, frame, skip_check_array=True, reset=reset)
        if len(frame) < least:
            raise InputError(
                f"Found a table with {len(frame)} sample(s) (shape={frame.shape}) while a minimum of {least} is "
                f"required by {type(self).__name__}."
            )
        return frame

    def _target(self, y: Any, dtype: str | None) -> np.ndarray:
        """Check a target: one, (row,), or several, (row, target)."""
        if y is None:
            raise InputError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        checked = check_array(y, ensure_2d=False, dtype=dtype, input_name="y", estimator=self)
        return checked if is_wide(checked) else column_or_1d(checked, warn=True)

    def _predicted(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return self._network.predict(self._features(X, reset=False))

    def best_model(self) -> Any:
        """Load the network that predicts, for prepared rows; Keras runs in this process."""
        check_is_fitted(self)
        keras = own_keras()
        with scratch_folder() as scratch:
            path = scratch / "model.keras"
            path.write_bytes(self._network.model)
            return keras.models.load_model(path)

    def report(self, path: str | PathLike[str], *, ignore: Sequence[str] = ()) -> Path:
        """Write the report of the study to a file and give its path; see `StudyResult.report`.

        Raises
        ------
        InputError
            Nothing was compared, so that there is nothing to report; or the file cannot be written.
        """
        check_is_fitted(self)
        if self.result_ is None:
            raise InputError(f"There is no report, because nothing was compared. {self.verdict_}")
        return self.result_.report(path, ignore=ignore)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def is_wide(y: np.ndarray) -> bool:
    """Tell whether a target is several."""
    return y.ndim > 1 and y.shape[1] > 1


def is_frame(X: Any) -> bool:
    """Tell whether a table is a frame of pandas, polars or pyarrow, which names its columns."""
    return isinstance(nw.from_native(X, pass_through=True), nw.DataFrame | nw.LazyFrame)
