"""Peers that are given so many seconds a fit: what the time of a study buys elsewhere.

    pip install autogluon.tabular[catboost,fastai,lightgbm,xgboost] optuna

CatBoost is tuned by Optuna on a fifth of the rows, its defaults first, by the ranges of Gorishniy et al. 2021
(arXiv:2106.11959, appendix), and fitted on all rows with the best trial's number of trees. AutoGluon has its own
presets: it trains and weighs what it can in the time that it is given.
"""

import os
import tempfile
import time
from typing import Any

import numpy as np

CORES = len(os.sched_getaffinity(0))
LAST = 0.15
"""Share of the time that is left for the fit on all rows."""


class TunedCatBoost:
    """CatBoost, tuned for so many seconds.

    Parameters
    ----------
    classes : bool
        Whether the target is classes.
    seconds : float
        Of a fit.
    """

    def __init__(self, classes: bool, seconds: float) -> None:
        self._classes, self._seconds = classes, seconds

    def fit(self, x: Any, y: Any) -> "TunedCatBoost":
        """Tune, and fit on all rows."""
        import optuna
        from sklearn.model_selection import train_test_split

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        parts = train_test_split(x, y, test_size=0.2, random_state=0, stratify=y if self._classes else None)
        end = time.monotonic() + (1 - LAST) * self._seconds

        def loss(**settings: Any) -> tuple[float, int]:
            model = self._model(2000, **settings)
            model.fit(parts[0], parts[2], eval_set=(parts[1], parts[3]), early_stopping_rounds=50)
            score = model.get_best_score()["validation"][model.get_param("loss_function")]
            return float(score), model.get_best_iteration() + 1

        # the defaults are no point of the search, which would come back to them
        (least, trees), settings = loss(), {}

        def tried(trial: Any) -> float:
            nonlocal least, trees, settings
            asked = self._asked(trial)
            found, at = loss(**asked)
            if found < least:
                least, trees, settings = found, at, asked
            return found

        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
        if (left := end - time.monotonic()) > 0:
            study.optimize(tried, timeout=left)
        self._fitted = self._model(trees, **settings).fit(x, y)
        return self

    def _asked(self, trial: Any) -> dict[str, Any]:
        return {
            "depth": trial.suggest_int("depth", 3, 10),
            "learning_rate": trial.suggest_float("learning_rate", 1e-5, 1, log=True),
            "bagging_temperature": trial.suggest_float("bagging_temperature", 0, 1),
            "l2_leaf_reg": trial.suggest_float("l2_leaf_reg", 1, 10, log=True),
            "leaf_estimation_iterations": trial.suggest_int("leaf_estimation_iterations", 1, 10),
        }

    def _model(self, trees: int, **settings: Any) -> Any:
        from catboost import CatBoostClassifier, CatBoostRegressor

        how = {"random_seed": 0, "verbose": False, "thread_count": CORES, "allow_writing_files": False}
        loss = "MultiClass" if self._classes else "RMSE"
        kind = CatBoostClassifier if self._classes else CatBoostRegressor
        return kind(iterations=trees, loss_function=loss, **how, **settings)

    def predict(self, x: Any) -> Any:
        """Predict numbers."""
        return self._fitted.predict(x)

    def predict_proba(self, x: Any) -> Any:
        """Predict probabilities of classes."""
        return self._fitted.predict_proba(x)


class AutoGluon:
    """AutoGluon as it comes, for so many seconds; parameters as above."""

    def __init__(self, classes: bool, seconds: float) -> None:
        self._classes, self._seconds = classes, seconds
        self._folder = tempfile.TemporaryDirectory()

    def fit(self, x: Any, y: Any) -> "AutoGluon":
        """Fit on rows of numbers."""
        from autogluon.tabular import TabularPredictor

        kind = ("binary" if len(np.unique(y)) == 2 else "multiclass") if self._classes else "regression"
        score = "log_loss" if self._classes else "r2"
        how = {"problem_type": kind, "eval_metric": score, "path": self._folder.name, "verbosity": 0}
        self._fitted = TabularPredictor("target", **how)
        self._fitted.fit(_frame(x).assign(target=y), time_limit=self._seconds, num_cpus=CORES)
        return self

    def predict(self, x: Any) -> Any:
        """Predict numbers."""
        return self._fitted.predict(_frame(x), as_pandas=False)

    def predict_proba(self, x: Any) -> Any:
        """Predict probabilities of classes, in their order."""
        return self._fitted.predict_proba(_frame(x)).sort_index(axis=1).to_numpy()


def _frame(x: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(np.asarray(x), columns=[f"x{i}" for i in range(x.shape[1])])
