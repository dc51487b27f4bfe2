"""Is the verdict right for real networks? Studies of small ones by the whole engine, on tables of known source.

    python benchmarks/calibration/networks.py run --studies 200 [GENERATOR ...]  # adds what networks.jsonl lacks
    python benchmarks/calibration/networks.py show                               # T1, T2, T3 so far, with their number
    python benchmarks/calibration/networks.py truth                              # C2 by plain Keras, 100,000 fresh rows

networks.jsonl beside this file keeps one line a study, so that runs spread over days; each is a function of its number.
The truth of an arm is the mean score, over all studies of a generator, of its refits on 1,000 fresh rows.
"""

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import pandas as pd
from closed_form import read_file
from engine_studies import Engine, inside

from posology import Study
from posology.calibration.generators import SUITE, Draw, Generator, Rows, linear, plain_family, sparse
from posology.calibration.nested import Scored
from posology.calibration.outcome import TESTS, Outcome, Studied, gathered, outcome
from posology.calibration.targets import targets
from posology.keys import generator
from posology.table import table_from_arrays

HERE = Path(__file__).parent
KEPT = HERE / "networks.jsonl"
SMALL = {"repeats": 3, "folds": 5, "trials": 6, "inner_splits": 1, "refits": 2}
COPIES = 12
FEW = 30
COPIED = "one tuned dropout four times, each with its own trials and seeds"


@dataclass(frozen=True)
class Case:
    """A generator, the network that studies it, how long it trains, and whether all arms are one arm (N0)."""

    asked: Generator
    network: str = "plain"
    epochs: int = 40
    patience: int | None = 8
    copies: bool = False


def teacher(rng: np.random.Generator, rows: int, tests: int) -> tuple[Rows, Rows]:
    """Draw a teacher network's tables: 3 of 30 columns feed its relu units, 3 factors are seen as 12 noisy copies each.

    L1 on the first layer of one branch leaves the other 27 columns out; dropout on the other branch's inputs keeps its
    units from relying on few of the copies. Neither does the other's work.
    """

    def one(count: int) -> Rows:
        few, factors = rng.standard_normal((count, FEW)), rng.standard_normal((count, 3))
        copies = np.repeat(factors, COPIES, axis=1) + 2 * rng.standard_normal((count, 3 * COPIES))
        units = np.maximum(few[:, :3], 0).sum(axis=1) + np.maximum(factors, 0).sum(axis=1)
        return np.hstack([few, copies]), units + 0.5 * rng.standard_normal(count)

    return one(rows), one(tests)


def _small(name: str, rows: int, draw: Draw) -> Generator:
    return Generator(name, SUITE[name].what, rows, draw, plain_family("weights"))


CASES = {
    case.asked.name: case
    for case in (
        Case(replace(_small("N0", 150, SUITE["R1"].draw), what=COPIED, tied=((0, 1, 2, 3),)), copies=True),
        Case(_small("N2", 150, linear(np.zeros(8)))),
        Case(_small("E2", 600, linear(np.full(4, 0.5)))),
        Case(_small("A1", 150, linear(sparse(40, 3)))),
        Case(_small("R1", 200, SUITE["R1"].draw)),
        Case(replace(_small("C2", 300, teacher), what="a teacher network"), "two_branches", 60, None),
    )
}


def frame_of(x: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(x, columns=[f"x{j}" for j in range(x.shape[1])])


def inputs_of(case: Case, x: np.ndarray) -> dict[str, list[str]] | None:
    names = list(frame_of(x[:1]).columns)
    return {"few": names[:FEW], "copies": names[FEW:]} if case.network == "two_branches" else None


def engine_of(case: Case) -> Engine:
    """Give the engine of a generator's studies."""
    (x, y), _ = case.asked.draw(generator("networks", case.asked.name, 0), case.asked.rows, 1)
    network, more = f"{HERE / 'small_networks.py'}:{case.network}", {"epochs": case.epochs, "patience": case.patience}
    return Engine(Study(network, frame_of(x), y, inputs=inputs_of(case, x), **more, **SMALL).settings)


def study(case: Case, engine: Engine, index: int) -> tuple[Outcome, float]:
    """Study one table; give its outcome and the seconds."""
    table, tests = case.asked.draw(generator("networks", case.asked.name, index), case.asked.rows, TESTS)
    began = time.perf_counter()
    x, y = (np.concatenate(pair) for pair in zip(table, tests, strict=True))
    found = engine.study(table_from_arrays(frame_of(x), y), index, TESTS, copies=case.copies)
    scored = Scored(found.losses, found.folds, found.fresh, found.capped)
    kept, _ = outcome(case.asked.name, index, case.asked, table, scored, np.zeros(len(case.asked.family)), None)
    return kept, time.perf_counter() - began


def run(names: list[str], studies: int) -> None:
    """Append the studies that the file lacks."""
    for name in names or CASES:
        done = {o.index for o in read_file(KEPT) if o.generator == name}
        engine = engine_of(CASES[name])
        for index in sorted(set(range(studies)) - done):
            found, seconds = study(CASES[name], engine, index)
            facts = {**asdict(found), "date": str(date.today()), "seconds": round(seconds, 1)}
            with KEPT.open("a") as file:
                file.write(json.dumps(facts) + "\n")
            print(name, index, found.said["TWR"]["kind"], f"{seconds:.0f} s", flush=True)


def show() -> None:
    """Print targets and mean scores so far."""
    studies = gathered(read_file(KEPT), [case.asked for case in CASES.values()])
    print(f"{date.today()}, {platform.machine()}; {SMALL}\n")
    print("| target | generator | what | rate | 95% | wanted | studies |\n|---|---|---|---|---|---|---|")
    for t in targets(studies):
        if t.name in ("T1", "T2", "T3"):
            wanted, interval = f"{'<=' if t.most else '>='} {t.bound:g}", f"{t.lower:.3f}-{t.upper:.3f}"
            print(f"| {t.name} | {t.generator} | {t.what} | {t.rate:.3f} | {interval} | {wanted} | {t.studies} |")
    print("\n| generator | studies | none | weights | dropout | both | verdicts |\n|---|---|---|---|---|---|---|")
    for name, studied in studies.items():
        print(f"| {name} | {len(studied.outcomes)} | {_scores(studied)} | {_verdicts(studied)} |")


def _scores(studied: Studied) -> str:
    return " | ".join(f"{1 + score:.4f}" for score in np.mean([o.theta for o in studied.outcomes], axis=0))


def _verdicts(studied: Studied) -> str:
    kinds, counts = np.unique([o.said["TWR"]["kind"] for o in studied.outcomes], return_counts=True)
    return ", ".join(f"{kind} {count}" for kind, count in zip(kinds, counts, strict=True))


def truth(seeds: int = 5) -> None:
    """Train the teacher's student by plain Keras, with four settings, and score each on 100,000 fresh rows."""
    import keras
    from small_networks import two_branches

    print("| L1 | dropout | R2 on 100,000 fresh rows | standard error over tables |\n|---|---|---|---|")
    for l1, rate in ((0.0, 0.0), (0.02, 0.0), (0.0, 0.3), (0.02, 0.3)):
        found = [_by_keras(keras, two_branches, l1, rate, seed) for seed in range(seeds)]
        print(f"| {l1} | {rate} | {np.mean(found):.4f} | {np.std(found, ddof=1) / np.sqrt(seeds):.4f} |", flush=True)


def _by_keras(keras, build, l1: float, rate: float, seed: int) -> float:
    (x, y), (fresh, target) = teacher(generator("truth", seed), 240, 100_000)
    keras.utils.set_random_seed(seed)
    split = {"few": x[:, :FEW], "copies": x[:, FEW:]}
    model = keras.models.clone_model(build(split), clone_function=lambda layer: _with(keras, layer, l1, rate))
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.01))
    centre, scale = y.mean(), y.std()
    model.fit([x[:, :FEW], x[:, FEW:]], (y - centre) / scale, epochs=60, verbose=0)
    guess = model.predict([fresh[:, :FEW], fresh[:, FEW:]], verbose=0, batch_size=10_000)[:, 0] * scale + centre
    return float(1 - np.mean((target - guess) ** 2) / target.var())


def _with(keras, layer, l1: float, rate: float):
    config = layer.get_config()
    if isinstance(layer, keras.layers.Dropout):
        config["rate"] = rate
    if config.get("kernel_regularizer"):
        config["kernel_regularizer"] = keras.regularizers.L1(l1)
    return type(layer).from_config(config)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("do", choices=("run", "show", "truth"))
    parser.add_argument("generators", nargs="*")
    parser.add_argument("--studies", type=int, default=200)
    asked = parser.parse_intermixed_args()
    if asked.do != "run":
        {"show": show, "truth": truth}[asked.do]()
    elif inside(sys.argv):
        run(asked.generators, asked.studies)


if __name__ == "__main__":
    main()
