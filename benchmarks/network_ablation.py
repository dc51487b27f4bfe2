"""Measure what each part of the strong network is worth, on public tables, one part taken out at a time.

    CARET=... python benchmarks/network_ablation.py RESULTS.jsonl [TABLE ...] [--variants "whole,question"] [--folds 3]
    python benchmarks/network_ablation.py RESULTS.jsonl --show

Every variant meets the same folds, five unless told, and seeds. In each, two inner splits with early stopping watch two
rates of dropout, 0 and 0.15; the better is refitted twice on all rows of the fold for its mean best epoch, and scored
on the rows left out: R2, or log-loss skill, as the mean of the two networks. A line of RESULTS.jsonl is a variant on a
table; what stands there is not trained again, so that a run can be stopped and go on later. One process.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from public_tables import CLASSES, REGRESSION
from scipy import stats

EPOCHS, PATIENCE, FOLDS, RATES, SEEDS = 200, 20, 5, (0.0, 0.15), 2


def without_bins(x: Any, rows: Any) -> Any:
    """Read numbers as they are scaled."""
    del rows
    return x


def robust(inputs: Any, rows: Any) -> Any:
    """Scale columns by median and interquartile range, and hold them within 3 of these (RealMLP's)."""
    import keras

    from posology.network import strong

    low, first, center, third, high = np.quantile(rows, (0, 0.25, 0.5, 0.75, 1), axis=0)
    spread = np.where(third > first, third - first, (high - low) / 2)
    slope = 1 / np.where(spread > 0, spread, 1)
    u, v = strong.frozen("ab,b->ab", "b", "scale", slope, -center * slope)(inputs), (rows - center) * slope
    return u / keras.ops.sqrt(1.0 + keras.ops.square(u / 3.0)), v / np.sqrt(1 + np.square(v / 3))


def periodic(x: Any, rows: Any) -> Any:
    """Embed each column in three mixtures of sixteen trained waves, in place of bins (RealMLP's PBLD, smaller)."""
    import keras

    columns, of = rows.shape[1], keras.initializers
    if columns > 128:
        return x
    shape, first = (columns, 16), of.RandomNormal(stddev=0.6)
    waves = keras.layers.EinsumDense(
        "ab,bc->abc", shape, bias_axes="bc", kernel_initializer=first, bias_initializer=of.RandomUniform(-np.pi, np.pi)
    )(x)
    mixed = keras.layers.EinsumDense("abc,bcd->abd", (columns, 3), bias_axes="bd", kernel_initializer="he_normal")
    flat = keras.layers.Reshape((columns * 3,))(mixed(keras.ops.cos(waves)))
    return keras.layers.Concatenate()([x, flat])


def random_output(x: Any, classes: int) -> Any:
    """Begin the output at random, as Keras does."""
    import keras

    from posology.network import strong

    layer = strong.head(x, classes)._keras_history.operation
    return keras.layers.Dense(layer.units, layer.activation, name="at_random")(x)


def variants() -> dict[str, Callable[..., Any]]:
    """Give builders by name."""
    import keras

    from posology.network import question, strong

    def built(x: Any, classes: int, *, parts: dict[str, Any]) -> Any:
        of = {
            "held": lambda inputs, rows: (strong.held(inputs, keras.ops.sqrt), strong.held(rows, np.sqrt)),
            "embedded": strong.embedded,
            "hidden": strong.hidden,
            "beside": strong.beside,
            "head": strong.head,
            "falling": strong.falling,
            "compiled": strong.compiled,
            **parts,
        }
        inputs = keras.Input((x.shape[1],), name="row")
        columns, rows = of["held"](inputs, x.astype(float))
        out = of["head"](of["beside"](of["hidden"](of["embedded"](columns, rows)), columns), classes)
        steps = strong.FULL_EPOCHS * -(-len(x) // 32)
        peak = strong.LEARNING_RATE_OF_CLASSES if classes else strong.LEARNING_RATE
        return of["compiled"](keras.Model(inputs, out), classes, of["falling"](steps, peak))

    def times(factor: float) -> Callable[[int, float], Any]:
        return lambda steps, peak: strong.falling(steps, factor * peak)

    changes = {
        "whole": {},
        "outliers as they are": {"held": lambda inputs, rows: (inputs, rows)},
        "robust scaling": {"held": robust},
        "no embeddings": {"embedded": without_bins},
        "no columns beside": {"beside": lambda learned, _: learned},
        "periodic embeddings": {"embedded": periodic},
        "relu": {"hidden": partial(strong.hidden, activation="relu")},
        "beta2 0.999": {"compiled": partial(strong.compiled, beta_2=0.999)},
        "constant rate": {"falling": lambda _, peak: peak},
        "one layer": {"hidden": partial(strong.hidden, units=strong.UNITS[:1])},
        "random output": {"head": random_output},
        "rate x 0.5": {"falling": times(0.5)},
        "rate x 2": {"falling": times(2.0)},
        "rate x 4": {"falling": times(4.0)},
    }
    return {"question": question.model_build, **{n: partial(built, parts=parts) for n, parts in changes.items()}}


def measured(name: str, build: Callable[..., Any], folds: int = FOLDS) -> dict[str, Any]:
    """Train a variant on a table; give a score a fold, with predictions as they are and within the training target."""
    from posology.execution import Job, trainer
    from posology.network.source import NetworkSource
    from posology.plan import Design
    from posology.table import make_table

    frame, target = (REGRESSION | CLASSES)[name]()
    table = make_table(frame, target, task="classification" if name in CLASSES else "regression")
    # the variant, whatever the job names
    trainer.open_source = lambda _source, classes, *_: partial(build, classes=classes)
    design = Design(((), ("dropout",)), repeats=1, folds=folds, inner_splits=2, epochs=EPOCHS)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        table.save(Path(folder) / "table.feather")
        job = Job(f"{folder}/table.feather", NetworkSource("question"), table.n_rows, design, ("dropout",), folder)
        one = trainer.Trainer(job)
        found = [_fold(one, table, fold) for fold in range(folds)]
    columns = zip(("scores", "clipped", "rates", "epochs"), zip(*found, strict=True), strict=True)
    return {**dict(columns), "rows": table.n_rows, "seconds": round(time.perf_counter() - began, 1)}


def _fold(one: Any, table: Any, fold: int) -> tuple[float, float, float, int]:
    from posology.plan import REFIT, Member, Pack

    def member(seed: int, rate: float, epochs: int) -> Any:
        setting = {"dropout": (rate,) * one._network.sites("dropout")}
        return Member(("dropout",), 0, seed, setting, epochs, PATIENCE, scored_at=(epochs,))

    def run(split: int, members: Sequence[Any]) -> list[Any]:
        return [one.run(Pack("", 0, fold, split, (m,))) for m in members]

    tuned = [run(split, [member(0, rate, EPOCHS) for rate in RATES]) for split in (0, 1)]
    best = int(np.mean([[t.best_loss[0] for t in of_split] for of_split in tuned], axis=0).argmin())
    epochs = max(1, round(float(np.mean([of_split[best].best_epoch[0] for of_split in tuned]))))
    refits = run(REFIT, [member(seed, RATES[best], epochs) for seed in range(SEEDS)])
    inside, outside = one._fits.rows_of(Pack("", 0, fold, REFIT, ()))
    predicted = np.stack([r.prediction[0, 0] for r in refits])
    learned = table.target[inside]
    within = predicted if table.classes else np.clip(predicted, learned.min(), learned.max())
    of = _skill if table.classes else _r2
    return *(of(learned, table.target[outside], p) for p in (predicted, within)), RATES[best], epochs


def _r2(_learned: Any, y: Any, predicted: Any) -> float:
    return float(1 - np.mean((predicted - y) ** 2) / np.var(y))


def _skill(learned: Any, y: Any, predicted: Any) -> float:
    """Give 1 - log loss / log loss of the classes' training shares."""
    classes, least = predicted.shape[-1], 1e-7
    shares = np.bincount(learned.astype(int), minlength=classes) / len(learned)
    picked = predicted[:, np.arange(len(y)), y.astype(int)]
    return float(1 - np.log(np.clip(picked, least, 1)).mean() / np.log(np.clip(shares[y.astype(int)], least, 1)).mean())


def show(done: list[dict[str, Any]]) -> None:
    """Print a line a variant: the change of the loss against the whole network, with its interval over tables."""
    of = {(d["table"], d["variant"]): d for d in done}
    names = dict.fromkeys(d["variant"] for d in done)
    print("| variant | tables | loss, % of the whole network's [95%] | better on | mean score minus the whole's |")
    print("|---|---|---|---|---|")
    for name in names:
        tables = [t for t, v in of if v == name and (t, "whole") in of]
        mean = np.array([[np.mean(of[t, v]["scores"]) for v in (name, "whole")] for t in tables]).T
        _line(name, mean[0], mean[1])
    tables = [t for t, v in of if v == "whole" and t in REGRESSION]
    _line("whole, clipped", *(np.array([np.mean(of[t, "whole"][w]) for t in tables]) for w in ("clipped", "scores")))
    print("\n| table | rows | " + " | ".join(names) + " |\n" + "|---" * (2 + len(names)) + "|")
    for table in dict.fromkeys(t for t, _ in of):
        cells = [f"{np.mean(of[table, v]['scores']):.4f}" if (table, v) in of else "" for v in names]
        rows = next(d["rows"] for d in done if d["table"] == table)
        print(f"| {table} | {rows} | " + " | ".join(cells) + " |")


def _line(name: str, scores: np.ndarray, whole: np.ndarray) -> None:
    change = np.log((1 - scores) / (1 - whole))
    half = stats.t.ppf(0.975, len(change) - 1) * stats.sem(change) if len(change) > 1 else np.nan
    middle, low, high = (100 * np.expm1(change.mean() + end) for end in (0, -half, half))
    ahead = f"{int((scores > whole).sum())} of {len(scores)}"
    said = f"{middle:+.1f} [{low:+.1f}, {high:+.1f}]"
    print(f"| {name} | {len(scores)} | {said} | {ahead} | {(scores - whole).mean():+.4f} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=Path)
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--variants")
    parser.add_argument("--folds", type=int, default=FOLDS)
    parser.add_argument("--show", action="store_true")
    asked = parser.parse_args()
    done = [json.loads(line) for line in asked.results.read_text().splitlines()] if asked.results.exists() else []
    if asked.show:
        return show(done)
    if "POSOLOGY_BENCH" not in os.environ:  # one core and the switches of a worker
        from posology.execution.environment import worker_environment

        env = {**worker_environment(), "POSOLOGY_BENCH": "ablation"}
        sys.exit(subprocess.run([sys.executable, *sys.argv], env=env, check=False).returncode)
    every = variants()
    for table in asked.tables:
        for variant in asked.variants.split(",") if asked.variants else every:
            if any((d["table"], d["variant"]) == (table, variant) for d in done):
                continue
            found = measured(table, every[variant], asked.folds)
            line = {"table": table, "variant": variant, **found, "date": str(date.today())}
            with asked.results.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(table, variant, f"{np.mean(line['scores']):.4f} {line['seconds']} s", flush=True)
    return None


if __name__ == "__main__":
    main()
