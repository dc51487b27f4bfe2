"""Score posology's estimators beside what one would pick instead, on public tables: same rows, same preparation.

    CARET=... python benchmarks/peers.py RESULTS.jsonl [TABLE ...] [--peers "ridge;CatBoost"]
    python benchmarks/peers.py RESULTS.jsonl --show [--peers ...]

Three folds of each table, the same for all. Rows are prepared by posology's own preparation, fitted on the training
folds: missing numbers at their median with an indicator, levels as columns of 0 and 1, all of it standardized; the
target too. Everybody has their defaults, and as many threads as the process may use cores. Scores are R2, or the skill
of the log loss (1 - log loss / that of the classes' shares) beside accuracy; seconds are of fit and predict. A line of
RESULTS.jsonl is a peer on a table: what stands there is not fitted again, so that a run can be stopped and go on later.
Peers that are not installed are named and left out: pip install catboost xgboost lightgbm pytabkit. Those of
peers_in_time.py are given, table by table, the seconds that posology's quick fit took there, by RESULTS.jsonl.
"""

import argparse
import json
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from peers_in_time import AutoGluon, TunedCatBoost
from public_tables import CLASSES, REGRESSION
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LassoCV, LogisticRegressionCV, RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor

from posology import PosologyClassifier, PosologyRegressor
from posology.table import Preparation, make_table

FOLDS, CORES = 3, len(os.sched_getaffinity(0))
Peer = Callable[[bool], Any]
"""From whether the target is classes to an estimator."""


def _ours(classes: bool, **how: Any) -> Any:
    return (PosologyClassifier if classes else PosologyRegressor)(random_state=0, **how)


def _linear(classes: bool, share: int) -> Any:
    """Give a ridge (share 0) or a lasso (1), or their like for classes; their strength is cross-validated."""
    if not classes:
        return LassoCV(random_state=0) if share else RidgeCV(np.logspace(-3, 5, 17))
    how = {"scoring": "neg_log_loss", "max_iter": 2000, "use_legacy_attributes": False, "random_state": 0}
    return LogisticRegressionCV(Cs=10, l1_ratios=(share,), solver="saga" if share else "lbfgs", **how)


def _catboost(classes: bool) -> Any:
    from catboost import CatBoostClassifier, CatBoostRegressor

    settings = {"random_seed": 0, "verbose": False, "thread_count": CORES, "allow_writing_files": False}
    return (CatBoostClassifier if classes else CatBoostRegressor)(**settings)


def _xgboost(classes: bool) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    return (XGBClassifier if classes else XGBRegressor)(random_state=0, n_jobs=CORES)


def _lightgbm(classes: bool) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    return (LGBMClassifier if classes else LGBMRegressor)(random_state=0, n_jobs=CORES, verbose=-1)


def _pytabkit(classes: bool, name: str) -> Any:
    import pytabkit

    kind = getattr(pytabkit, f"{name}_{'Classifier' if classes else 'Regressor'}")
    return kind(random_state=0, device="cpu", n_threads=CORES)


OURS = "posology, strong, quick"
PEERS: dict[str, Peer] = {
    OURS: partial(_ours, network="strong"),
    "posology, strong, standard": partial(_ours, network="strong", effort="standard"),
    "posology, question, quick": partial(_ours, network="question"),
    "HistGradientBoosting": lambda c: (HistGradientBoostingClassifier if c else HistGradientBoostingRegressor)(
        random_state=0
    ),
    "MLP of scikit-learn": lambda c: (MLPClassifier if c else MLPRegressor)(random_state=0),
    "ridge": partial(_linear, share=0),
    "lasso": partial(_linear, share=1),
    "CatBoost": _catboost,
    "XGBoost": _xgboost,
    "LightGBM": _lightgbm,
    "RealMLP-TD": partial(_pytabkit, name="RealMLP_TD"),
    "TabM-D": partial(_pytabkit, name="TabM_D"),
}


IN_TIME: dict[str, Callable[[bool, float], Any]] = {
    "CatBoost, tuned as long": TunedCatBoost,
    "AutoGluon, as long": AutoGluon,
}
"""From whether the target is classes and seconds of a fit to an estimator."""


def peer_of(name: str, table: str, done: list[dict[str, Any]]) -> Peer:
    """Give a peer by its name; one in time has the seconds that posology's quick fit took on the table.

    Raises
    ------
    LookupError
        That is not measured yet.
    """
    if name in PEERS:
        return PEERS[name]
    seconds = [np.mean(d["seconds"]) for d in done if (d["table"], d["peer"]) == (table, OURS)]
    if not seconds:
        raise LookupError(f"{table} has no seconds of '{OURS}' yet")
    return partial(IN_TIME[name], seconds=float(seconds[0]))


def measured(name: str, peer: Peer) -> dict[str, Any]:
    """Fit a peer on a table's folds; give scores and seconds.

    Raises
    ------
    ImportError
        It is not installed.
    """
    frame, target = (REGRESSION | CLASSES)[name]()
    table = make_table(frame, target, task="classification" if name in CLASSES else "regression")
    y, kind = table.target, StratifiedKFold if table.classes else KFold
    scores, accuracies, seconds = [], [], []
    for inside, outside in kind(FOLDS, shuffle=True, random_state=0).split(y, y):
        prepared = Preparation.fit(table.features.iloc[inside], y[inside], scaled=not table.classes)
        x, z = prepared.transform(table.features), y.astype(int) if table.classes else prepared.target_to_network(y)
        model, began = peer(bool(table.classes)), time.perf_counter()
        model.fit(x[inside], z[inside])
        told = model.predict_proba(x[outside]) if table.classes else model.predict(x[outside])
        seconds.append(time.perf_counter() - began)
        told = np.asarray(told, float)
        scores.append(_skill(z[inside], z[outside], told) if table.classes else _r2(z[outside], told.reshape(-1)))
        accuracies.append(float((told.argmax(axis=1) == z[outside]).mean()) if table.classes else None)
    return {"scores": scores, "accuracies": accuracies, "seconds": seconds, "rows": table.n_rows}


def _r2(y: Any, told: Any) -> float:
    return float(1 - np.mean((told - y) ** 2) / np.var(y))


def _skill(learned: Any, y: Any, told: Any) -> float:
    shares = np.bincount(learned, minlength=told.shape[1]) / len(learned)
    logs = [np.log(np.clip(p, 1e-7, 1)).mean() for p in (told[np.arange(len(y)), y], shares[y])]
    return float(1 - logs[0] / logs[1])


def show(done: list[dict[str, Any]], names: list[str]) -> None:
    """Print the score of each peer on the tables that all have, mean ranks and scores, median seconds of a fit."""
    of = {(d["table"], d["peer"]): d for d in done}
    peers = [name for name in names if any(d["peer"] == name for d in done)]
    tables = [t for t in dict.fromkeys(d["table"] for d in done) if all((t, p) in of for p in peers)]
    kinds = {"numbers": [t for t in tables if t in REGRESSION], "classes": [t for t in tables if t in CLASSES]}
    print(f"| table | rows | {' | '.join(peers)} | behind the best |\n" + "|---" * (3 + len(peers)) + "|")
    for table in [t for own in kinds.values() for t in own]:
        means = np.array([np.mean(of[table, p]["scores"]) for p in peers])
        cells = [f"**{m:.3f}**" if m == means.max() else f"{m:.3f}" for m in means]
        behind = f"{means.max() - means[0]:.3f}" if means[0] < means.max() else ""
        print(f"| {table} | {of[table, peers[0]]['rows']:,} | {' | '.join(cells)} | {behind} |")
    for kind, own in kinds.items():
        if own:
            _print_means(kind, np.array([[np.mean(of[t, p]["scores"]) for p in peers] for t in own]))
    seconds = [np.median([np.mean(of[t, p]["seconds"]) for t in tables]) for p in peers]
    print(f"| median seconds of a fit | | {' | '.join(f'{s:.1f}' for s in seconds)} | |")


def _print_means(kind: str, means: np.ndarray) -> None:
    """Print mean ranks and mean scores over tables, (table, peer)."""
    ranks = (-means).argsort(axis=1).argsort(axis=1).mean(axis=0) + 1
    print(f"| mean rank, {kind} | {len(means)} tables | {' | '.join(f'{rank:.1f}' for rank in ranks)} | |")
    print(f"| mean score, {kind} | | {' | '.join(f'{score:.3f}' for score in means.mean(axis=0))} | |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=Path)
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--peers")
    parser.add_argument("--show", action="store_true")
    asked = parser.parse_args()
    done = [json.loads(line) for line in asked.results.read_text().splitlines()] if asked.results.exists() else []
    names = asked.peers.split(";") if asked.peers else [*PEERS, *IN_TIME]
    if asked.show:
        return show(done, names)
    warnings.simplefilter("ignore")
    had = {(d["table"], d["peer"]) for d in done}
    for table in asked.tables or [*REGRESSION, *CLASSES]:
        for name in names:
            if (table, name) in had:
                continue
            try:
                found = measured(table, peer_of(name, table, done))
            except (ImportError, LookupError) as error:
                print(f"{name} is left out: {error}", file=sys.stderr)
                continue
            line = {"table": table, "peer": name, **found, "date": str(date.today()), "cores": CORES}
            done.append({**line, "machine": platform.machine()})
            with asked.results.open("a") as file:
                file.write(json.dumps(done[-1]) + "\n")
            print(table, name, f"{np.mean(found['scores']):.4f} {np.mean(found['seconds']):.1f} s", flush=True)
    return None


if __name__ == "__main__":
    main()
