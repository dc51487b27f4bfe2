"""How near the noise of a study comes to what its rows allow, and whether a combined arm loses to its best part.

    python benchmarks/precision.py run RESULTS.json [--inner-splits 4 ...] [TABLE ...]   # studies not yet in the file
    python benchmarks/precision.py show RESULTS.json [RESULTS.json ...]                  # one line a table, and means

For every table: R2 of the arms; the standard error of the three differences that the question is about, each over its
floor SE_inf, the standard error that endless repeats would leave; and the combined arm minus its better part. Picking
the better part by its score flatters it, so the mean over tables of both minus best is pessimistic; `show` says by
about how much.
"""

import argparse
import json
import os
import platform
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from public_tables import REGRESSION
from refits import losses, predictions
from scipy import stats

from posology.inference import estimate, floor_se
from posology.network.source import DEFAULT, OWN, NetworkSource
from posology.plan import PLAIN_QUESTION, Design
from posology.resampling import outer_folds
from posology.settings import Settings
from posology.study import Study
from posology.table import make_table

NAMES = (
    "diabetes",
    "qsar_aquatic",
    "real_estate",
    "auto_mpg",
    "residential",
    "blood_brain",
    "baseball",
    "bike_day",
    "qsar_fish",
    "concrete",
    "insurance",
    "airfoil",
)
PAIRS = {"W-none": (1, 0), "D-none": (2, 0), "WD-W": (3, 1), "WD-D": (3, 2)}


def measure(name: str, network: str, design: Design, keep: Path | None) -> dict:
    """Study a table and give its numbers, by number of refits."""
    frame, target = REGRESSION[name]()
    table = make_table(frame, target)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        place = (keep or Path(folder)) / name
        settings = Settings(design, NetworkSource(network), all_repeats=True, levers=False)
        result = Study.of(table, settings, folder=place).run()
        seconds = time.perf_counter() - began
        predicted = predictions(place, design, table.n_rows)
    folds = outer_folds(table.n_rows, design.folds, design.repeats, design.seed)
    by_refits = {}
    for seeds in sorted({1, 2, design.refits // 2, design.refits} - {0}):
        found = losses(predicted, table.target, folds, seeds)
        se = estimate(found, folds).pair_se()
        by_refits[seeds] = {
            "r2": (1 - found.mean(axis=(1, 2))).tolist(),
            "se": {pair: float(se[a, b]) for pair, (a, b) in PAIRS.items()},
            "floor": {pair: floor_se(found, a, b) for pair, (a, b) in PAIRS.items()},
        }
    verdict = result.analysis.verdict
    return {
        "rows": table.n_rows,
        "seconds": round(seconds, 1),
        "networks": result.networks,
        "verdict": f"{verdict.kind.value} ({verdict.rule})",
        "by_refits": by_refits,
    }


def run(file: Path, names: list[str], network: str, design: Design, keep: Path | None) -> None:
    """Add the tables that the file lacks."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    head = {
        "network": network,
        "design": str(design),
        "date": str(date.today()),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    kept = {**head, "tables": kept.get("tables", {})}
    for name in names:
        if name not in kept["tables"]:
            kept["tables"][name] = measure(name, network, design, keep)
            file.write_text(json.dumps(kept, indent=1))
            print(name, kept["tables"][name]["seconds"], "s", flush=True)


def show(file: Path) -> None:
    """Print the table."""
    kept = json.loads(file.read_text())
    print(f"{kept['date']}, {kept['machine']}; {kept['network']}; {kept['design']}\n")
    print("| table | rows | none | W | D | W+D | W+D minus better | " + " | ".join(PAIRS) + " | s | verdict |")
    print("|---" * (9 + len(PAIRS)) + "|")
    ratios, behind, flattery, overall = [], [], [], []
    for name, found in kept["tables"].items():
        last = found["by_refits"][max(found["by_refits"], key=int)]
        r2, parts = last["r2"], []
        behind.append(r2[3] - max(r2[1], r2[2]))
        flattery.append(flattered(r2[1] - r2[2], float(np.hypot(last["se"]["WD-W"], last["se"]["WD-D"]))))
        squares = [np.square(list(last[kind].values())).mean() for kind in ("se", "floor")]
        overall.append(np.sqrt(squares[0] / squares[1]))
        for pair in PAIRS:
            se, floor = last["se"][pair], last["floor"][pair]
            parts.append(f"{se:.4f} / {floor:.4f}")
            ratios.append(se / floor if floor else np.inf)
        scores = " | ".join(f"{r:.4f}" for r in r2)
        cells = f"{scores} | {behind[-1]:+.4f} | {' | '.join(parts)} | {found['seconds']:.0f} | {found['verdict']}"
        print(f"| {name} | {found['rows']} | {cells} |")
    mean, se = np.mean(behind), np.std(behind, ddof=1) / np.sqrt(len(behind))
    print(f"\nW+D minus better, mean of {len(behind)} tables: {mean:+.4f}, standard error {se:.4f}")
    print(f"the same, the better's flattery taken off: {mean + np.mean(flattery):+.4f}")
    print(f"SE over floor, root mean squares of a table: {', '.join(f'{r:.2f}' for r in overall)}")
    print(f"median {np.median(overall):.2f}; of single differences {np.median(ratios):.2f}")


def flattered(difference: float, se: float) -> float:
    """Estimate by how much the larger of two scores exceeds the truly larger one, for having been picked.

    s (phi(z) - z Phi(-z)) with z = |difference|/s: what picking adds in draws around the scores seen.
    """
    z = abs(difference) / se
    return float(se * (stats.norm.pdf(z) - z * stats.norm.cdf(-z)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("do", choices=("run", "show"))
    parser.add_argument("files", nargs="+", help="results, then tables")
    for option in ("repeats", "trials", "inner_splits", "refits", "seed"):
        parser.add_argument(f"--{option.replace('_', '-')}", type=int)
    parser.add_argument("--network", choices=list(OWN), default=DEFAULT)
    parser.add_argument("--keep", type=Path, help="where the studies' folders are kept")
    asked = parser.parse_args()
    if asked.do == "show":
        for file in asked.files:
            show(Path(file))
        return
    given = {k: v for k, v in vars(asked).items() if k in Design.__dataclass_fields__ and v is not None}
    design = replace(Design(PLAIN_QUESTION), **given)
    run(Path(asked.files[0]), asked.files[1:] or list(NAMES), asked.network, design, asked.keep)


if __name__ == "__main__":
    main()
