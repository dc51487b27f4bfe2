"""The scikit-learn face for numbers: `PosologyRegressor`."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import RegressorMixin
from sklearn.utils import check_consistent_length

from posology.estimator import Estimator, is_frame, is_wide
from posology.table.arrays import to_frame


class PosologyRegressor(RegressorMixin, Estimator):  # type: ignore[misc]
    """Predict a number, or several, with a Keras network, regularized as a study of your table advises.

    `fit` asks whether L1/L2 penalties and dropout are to be combined or used alone, at which strengths, and trains the
    network that the answer prescribes on all rows. Equal rows are one row of their summed weight, and the order of rows
    makes no difference.

    Parameters
    ----------
    network : str, keras.Model or callable, default="strong"
        As in `posology.Study`: "strong" (`network.strong`), "question" for the question's own network,
        "FILE.py:FUNCTION", a compiled model, or a function of the prepared training rows, or of nothing, that returns
        one.
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
        named = pd.DataFrame(numbers, columns=to_frame(y).columns) if is_frame(y) and is_wide(numbers) else numbers
        self._fit(X, named, "regression", sample_weight, groups)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict rows, `(row,)` or `(row, target)`, in the target's unit. Keras need not run in this process."""
        return self._predicted(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
