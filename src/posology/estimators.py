"""The scikit-learn face: `fit` studies which regularizers to use, and trains the network that the study prescribes."""

import numbers
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_array, check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from posology.class_weights import check_class_weight, parse_class_weight
from posology.effort import EFFORTS, why_untuned
from posology.errors import InputError
from posology.execution.fitted import FittedNetwork
from posology.execution.staff import KEPT
from posology.judging import judge_of
from posology.network.handed import source_of
from posology.own_keras import own_keras
from posology.plan import Design, parse_family
from posology.report.findings import Findings
from posology.report.writing import write_report
from posology.result import StudyResult
from posology.scratch import scratch_folder
from posology.settings import Settings
from posology.study import Study, prepared
from posology.table import Table, table_from_arrays
from posology.table.arrays import to_frame
from posology.table.copies import without_copies
from posology.untuned import UntunedVerdict, train_untuned
from posology.verdict_text import VerdictText
from posology.wording import did_you_mean, quoted


class _Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
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
                self.result_ = Study.of(table, settings, folder=folder, workers=workers, staff=KEPT).run()
                self.prescription_, self.verdict_ = self.result_.prescription, self.result_.verdict
                self._findings = Findings.of(self.result_)  # while the folder is there
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
        source = source_of(self.network, lambda: prepared(table, {}))
        return Settings(design, source, self.margin, score=self.measure, levers=effort.levers)

    def _class_weight(self) -> Any:
        return None

    def _seed(self) -> int:
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _features(self, X: Any, *, reset: bool) -> Any:
        """Check features: arrays as scikit-learn does, frames by their names; the table checks their cells."""
        least = 2 if reset else 1
        if not _is_frame(X):
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
        return checked if _is_wide(checked) else column_or_1d(checked, warn=True)

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
        return write_report(self._findings, Path(path), ignore)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _numbered(columns: int) -> list[str]:
    return [f"y{place}" for place in range(columns)]


def _is_wide(y: np.ndarray) -> bool:
    return y.ndim > 1 and y.shape[1] > 1


def _is_frame(X: Any) -> bool:
    return isinstance(nw.from_native(X, pass_through=True), nw.DataFrame | nw.LazyFrame)


class PosologyRegressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """Predict a number, or several, with a Keras network, regularized as a study of your table advises.

    `fit` asks whether L1/L2 penalties and dropout are to be combined or used alone, at which strengths, and trains the
    network that the answer prescribes on all rows. Equal rows are one row of their summed weight, and the order of rows
    makes no difference.

    Parameters
    ----------
    network : str, keras.Model or callable, default="strong"
        As in `posology.Study`: "strong" (`network.strong`), "question" for the question's own network, the default of
        `PosologyClassifier`, "FILE.py:FUNCTION", a compiled model, or a function of the prepared training rows, or of
        nothing, that returns one.
    effort : "quick" or "standard", default="quick"
        "quick" trains about a hundred networks, in seconds; "standard" is a whole study, in minutes. Both say in
        `verdict_` what their evidence is worth. Below 100 rows nothing is compared: dropout 0.2 is the default, and
        `verdict_` says so.
    arms : str or list of str, default=None
        As in `posology.Study`.
    margin : float, default=0.01
        Differences of R2, or of the measure, below it do not matter to you.
    measure : str, default=None
        What the study is about: "r2" (the default), "mae", or "pinball:0.9" where the network predicts that quantile;
        of several targets their mean. `score` is R2, as of every regressor.
    ensemble : int, default=5
        Networks of different seeds whose predictions are averaged; the study is then about their average. 1 is one
        network, as in `posology.Study`.
    epochs, batch_size : int, default=None
        Longest training, and rows a step; by default the effort's.
    folder : path, default=None
        Where the study is kept, as by `posology study`; by default nowhere. Every fit needs its own.
    n_jobs : int, default=None
        Worker processes; None and -1 are one a core. Give 1 inside `GridSearchCV(n_jobs=...)`.
    random_state : int, RandomState or None, default=None
        Of everything random: an int gives the same network again.

    Attributes
    ----------
    verdict_ : VerdictText or UntunedVerdict
        Prints as sentences.
    prescription_ : Prescription
        The arm, its strengths, the epochs, and the lines to write in Keras.
    result_ : StudyResult or None
        All that the study found; None where nothing was compared.
    n_features_in_ : int
    feature_names_in_ : array of str
        Where the features have names.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = PosologyRegressor(epochs=5, random_state=0).fit(X[:50], y[:50])
    >>> print(model.verdict_)
    Not enough evidence: 50 rows are too few for a comparison, which needs 100. Used dropout 0.2 as default, untuned.
    >>> model.predict(X[50:53]).shape
    (3,)
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> "PosologyRegressor":
        """Study and train.

        Parameters
        ----------
        X : array or frame (row, column)
            Numbers; in frames of pandas, polars or pyarrow also text, categories, booleans, dates. Cells may be
            missing.
        y : array (row,), or array or frame (row, target)
            Several targets are predicted by one network.
        sample_weight : array (row,), optional
            How much each row counts: 2 is the row twice, 0 is no row.
        groups : array (row,), optional
            Which rows belong together; they share a fold and count once as evidence.

        Raises
        ------
        InputError
            A ValueError: what cannot be studied as given.
        """
        X, numbers = self._features(X, reset=True), self._target(y, "numeric")
        check_consistent_length(X, numbers, sample_weight, groups)
        named = pd.DataFrame(numbers, columns=to_frame(y).columns) if _is_frame(y) and _is_wide(numbers) else numbers
        self._fit(X, named, "regression", sample_weight, groups)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict rows, `(row,)` or `(row, target)`, in the target's unit. Keras need not run in this process."""
        return self._predicted(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class PosologyClassifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """Predict classes with a Keras network, regularized as a study of your table advises.

    Or labels, of which a row may have any: one network predicts all of them. As `PosologyRegressor`, whose parameters
    and attributes are here too, with these:

    Parameters
    ----------
    network : str, keras.Model or callable, default="question"
    measure : str, default=None
        What the study is about: "log_loss" (its skill, the default), "brier", "balanced_accuracy" or "auc". `score` is
        the accuracy, as of every classifier.
    class_weight : dict or "balanced", default=None
        How much training minds each class; the study's score does not.

    Attributes
    ----------
    classes_ : array (class,), or list of them
        Of labels 0 and 1 for each.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> X, y = load_wine(return_X_y=True)
    >>> model = PosologyClassifier(epochs=5, random_state=0).fit(X[::2], y[::2])
    >>> model.predict_proba(X[:4]).shape
    (4, 3)
    """

    def __init__(
        self,
        network: Any = "question",
        *,
        effort: Any = "quick",
        arms: Any = None,
        margin: Any = 0.01,
        measure: Any = None,
        class_weight: Any = None,
        ensemble: Any = 5,
        epochs: Any = None,
        batch_size: Any = None,
        folder: Any = None,
        n_jobs: Any = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            network,
            effort=effort,
            arms=arms,
            margin=margin,
            measure=measure,
            ensemble=ensemble,
            epochs=epochs,
            batch_size=batch_size,
            folder=folder,
            n_jobs=n_jobs,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> "PosologyClassifier":
        """Study and train; see `PosologyRegressor.fit`. `y` holds a class a row, of any sort that can be ordered.

        Or labels, `(row, label)` of 0 and 1, of which a row has any: an array, a frame or a sparse matrix.
        """
        y = y.toarray() if hasattr(y, "toarray") else y  # as label binarizers give labels
        X, named_y, y = self._features(X, reset=True), y, self._target(y, None)
        check_classification_targets(y)
        check_consistent_length(X, y, sample_weight, groups)
        if _is_wide(y):
            return self._fit_labels(X, y, named_y, sample_weight, groups)
        self.classes_: Any = np.unique(y if sample_weight is None else y[column_or_1d(sample_weight) != 0])
        if len(self.classes_) < 2:
            found = ", ".join(map(str, self.classes_)) or "no class"
            raise InputError(
                f"{type(self).__name__} needs rows of 2 classes at least; y has just one class, or none, whose weight "
                f"is not zero: {found}."
            )
        named = pd.Series(pd.Categorical([str(label) for label in y]))
        self._fit(X, named, "classification", sample_weight, groups)
        return self

    def _fit_labels(self, X: Any, y: np.ndarray, given: Any, sample_weight: Any, groups: Any) -> "PosologyClassifier":
        """Study labels, a column each, of which a row has any."""
        values = np.unique(y).tolist()
        if not set(values) <= {0, 1}:
            raise InputError(
                f"y has {y.shape[1]} columns, which are labels then, of 0 and 1; it has {quoted(values, 5)}. Fit "
                "one PosologyClassifier for each column: sklearn.multioutput.MultiOutputClassifier("
                "PosologyClassifier())."
            )
        self.classes_ = [np.array([0, 1], y.dtype) for _ in range(y.shape[1])]
        named = pd.DataFrame(y, columns=to_frame(given).columns if _is_frame(given) else _numbered(y.shape[1]))
        self._fit(X, named, "classification", sample_weight, groups)
        return self

    def _class_weight(self) -> Any:
        """Name classes as the table does; labels that there are not are left for it to refuse."""
        if not isinstance(self.class_weight, dict) or isinstance(self.classes_, list):
            return self.class_weight
        names = {label: str(label) for label in self.classes_}
        return {names.get(label, str(label)): weight for label, weight in self.class_weight.items()}

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict the probability of each class, `(row, class)`, in the order of `classes_`; or of each label."""
        probabilities = self._predicted(X)
        if isinstance(self.classes_, list):
            return probabilities
        assert self._network.classes is not None  # a classifier was fitted to classes
        names = list(self._network.classes.names)
        return probabilities[:, [names.index(str(label)) for label in self.classes_]]

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of largest probability of each row, `(row,)`. Keras need not run in this process.

        Of labels it gives those that are likelier than not, `(row, label)` of 0 and 1.
        """
        if isinstance(getattr(self, "classes_", None), list):
            return (self.predict_proba(X) > 0.5).astype(self.classes_[0].dtype)
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
