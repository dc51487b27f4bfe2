"""The scikit-learn face for classes and labels: `PosologyClassifier`."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from posology.errors import InputError
from posology.estimator import Estimator, is_frame, is_wide
from posology.table.arrays import to_frame
from posology.wording import quoted


class PosologyClassifier(ClassifierMixin, Estimator):  # type: ignore[misc]
    """Predict classes with a Keras network, regularized as a study of your table advises.

    Or labels, of which a row may have any: one network predicts all of them. As `PosologyRegressor`, whose parameters
    and attributes are here too, with these:

    Parameters
    ----------
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
        network: Any = "strong",
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
        if is_wide(y):
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
        named = pd.DataFrame(y, columns=to_frame(given).columns if is_frame(given) else _numbered(y.shape[1]))
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


def _numbered(columns: int) -> list[str]:
    return [f"y{place}" for place in range(columns)]
