"""Models that are no networks, on the rows of a study: what a network is worth is seen beside them.

Boosted trees and a ridge, each as scikit-learn ships it; both see the training rows of a resample alone.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from posology.table import Preparation, Table

Rows = Int[np.ndarray, " _"]
Predictions = Float[np.ndarray, "_ *class"]

MOST_LEVELS = 250
"""Of a category, as trees take it; rarer ones count as missing. scikit-learn's bins allow 255."""

ALPHAS = np.logspace(-3, 5, 17)
"""Strengths of the ridge that leaving one row out chooses from; for classes every second of them, by inner folds."""

INNER_FOLDS = 5


def predict_rival(
    name: str,
    table: Table,
    inside: Rows,
    outside: Rows,
    seed: int,
    weights: Float[np.ndarray, " _"] | None = None,
    level: float = 0.0,
) -> Predictions:
    """Fit a model on some rows of a table and predict others; of several targets one each.

    Parameters
    ----------
    name : str
        One of `RIVALS`.
    table : Table
    inside, outside : int arrays (row,)
        Rows to fit on, rows to predict.
    seed : int
        Of what is random in it.
    weights : array (row,), optional
        Of the rows to fit on.
    level : float
        Of the quantile that trees are to predict; 0 for the mean, or for classes.

    Returns
    -------
    array (row,), (row, target) or (row, class)
        In the target's unit, or the probability of each class, or of each label.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=50)
    >>> table = Table(pd.DataFrame({"x": x}), 3 * x, "y")
    >>> rows = np.arange(50)
    >>> float(np.abs(predict_rival("ridge", table, rows[:40], rows[40:], 0) - table.target[40:]).max()) < 0.01
    True
    """
    if table.targets:
        each = [predict_rival(name, alone, inside, outside, seed, weights, level) for alone in table.of_each()]
        return np.stack([one[:, 1] if table.labels else one for one in each], axis=1)
    model, x, x_new = RIVALS[name](table, inside, outside, seed)
    if level and name == "trees":
        model.set_params(loss="quantile", quantile=level)
    model.fit(x, table.target[inside], **({} if weights is None else {"sample_weight": weights}))
    if not table.classes:
        return np.asarray(model.predict(x_new), float)
    out = np.zeros((len(outside), len(table.classes)))
    out[:, model.classes_.astype(int)] = model.predict_proba(x_new)
    return out


def _trees(table: Table, inside: Rows, outside: Rows, seed: int) -> tuple[Any, Any, Any]:
    """Boosted trees by their defaults, on columns as they are: missing cells and categories are their own affair."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if table.classes else HistGradientBoostingRegressor
    features = _without_text(table, inside)
    model = kind(categorical_features="from_dtype", random_state=seed)
    return model, features.iloc[inside], features.iloc[outside]


def _without_text(table: Table, inside: Rows) -> pd.DataFrame:
    """Give the columns as they are, and text as networks get it."""
    kinds = dict(zip(table.features, table.kinds, strict=True))
    texts = [name for name, kind in kinds.items() if kind == "text"]
    columns = {name: _few_levels(table.features[name], inside) for name, kind in kinds.items() if kind != "text"}
    if texts:
        fitted = Preparation.fit(table.features[texts].iloc[inside], table.target[inside], scaled=not table.classes)
        columns |= dict(zip(fitted.names, fitted.transform(table.features[texts]).T, strict=True))
    return pd.DataFrame(columns)


def _few_levels(column: pd.Series, inside: Rows) -> pd.Series:
    """Keep the levels of a category that are the most frequent in the training rows."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    frequent = column.iloc[inside].value_counts()
    return column.cat.set_categories(list(frequent[frequent > 0].index[:MOST_LEVELS]))


def _ridge(table: Table, inside: Rows, outside: Rows, seed: int) -> tuple[Any, Any, Any]:
    """Ridge regression on the columns as networks get them; for classes logistic regression with that penalty."""
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.model_selection import GridSearchCV

    fitted = Preparation.fit(table.features.iloc[inside], table.target[inside], scaled=not table.classes)
    x, x_new = (fitted.transform(table.features.iloc[rows]).astype(float) for rows in (inside, outside))
    if not table.classes:
        return RidgeCV(ALPHAS), x, x_new
    plain = LogisticRegression(max_iter=1000, random_state=seed)
    rarest = int(np.bincount(table.target[inside].astype(int)).min())
    if rarest < 2:
        return plain, x, x_new
    chosen = {"C": 1 / ALPHAS[::2]}
    return GridSearchCV(plain, chosen, scoring="neg_log_loss", cv=min(INNER_FOLDS, rarest)), x, x_new


RIVALS: Mapping[str, Callable[[Table, Rows, Rows, int], tuple[Any, Any, Any]]] = {"trees": _trees, "ridge": _ridge}
