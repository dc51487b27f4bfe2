"""Do two studies of one table agree (T11)? Real tables, each studied on disjoint re-splits and seeds.

    python benchmarks/calibration/reproducibility.py run [--size default] [--studies 2] [TABLE ...]
    python benchmarks/calibration/reproducibility.py show

`run` adds what reproducibility.jsonl beside this file lacks: a study a line, and beside it what one tuning run would
have said: 100 trials on one split, the subset of the best. `show` prints Cohen's kappa of the pairs of studies that
decided, and of the pairs of tuning runs.
"""

import argparse
import sys
import time
from collections import defaultdict
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from engine_studies import Engine, inside
from real_tables import HERE, SIZES, keep, kept, loaded, missing, said, settings_of

from posology.inference import analyze
from posology.keys import key_of
from posology.plan import PLAIN_QUESTION, arm_name
from posology.plan.members import REPLICAS_OF_NONE

FILE = HERE / "reproducibility.jsonl"
TABLES = (
    "diabetes", "qsar_aquatic", "real_estate", "auto_mpg", "baseball", "wankara", "yacht", "bike_day", "qsar_fish",
    "laser", "concrete", "mortgage", "airfoil", "insurance",
)  # fmt: skip
TRIALS = (100 - REPLICAS_OF_NONE) // 3
"""Of an arm in a tuning run, so that there are 100 in all."""


def study(size: str, name: str, number: int) -> dict[str, Any]:
    """Study a table, and tune once; the seeds of two numbers have nothing in common."""
    table, settings, seed = loaded(name), settings_of(size), key_of(name, number)
    began = time.perf_counter()
    found = Engine(settings).study(table, seed)
    seconds = time.perf_counter() - began
    analysis = analyze(found.losses, found.folds, settings.design.arms, columns=found.width, capped_share=found.capped)
    once = replace(settings, design=replace(settings.design, trials=TRIALS, inner_splits=1))
    tuned = Engine(once).tuned(table, seed)
    picked = min(PLAIN_QUESTION, key=lambda arm: tuned[arm].losses[0])
    return {
        "size": size,
        "table": name,
        "number": number,
        "rows": table.n_rows,
        "said": said(analysis),
        "distance": round(float(analysis.verdict.distance), 5),
        "score": [round(float(s), 5) for s in analysis.score],
        "picked": arm_name(picked),
        "seconds": round(seconds, 1),
    }


def run(size: str, names: list[str], studies: int) -> None:
    """Append the studies that the file lacks."""
    wanted = [(size, name, number) for name in names or TABLES for number in range(studies)]
    for one in missing(FILE, wanted, ("size", "table", "number")):
        facts = study(*one)
        keep(FILE, facts)
        print(one, facts["said"], facts["picked"], facts["seconds"], "s", flush=True)


def kappa(pairs: list[tuple[str, str]]) -> float:
    """Give Cohen's kappa; of unordered pairs, so that each counts both ways; not-a-number where only one thing is said.

    kappa = (agreement - chance) / (1 - chance), chance = sum of squared shares of what is said.
    """
    words, counts = np.unique([word for pair in pairs for word in pair], return_counts=True)
    chance = float(np.sum((counts / counts.sum()) ** 2)) if len(words) else 1.0
    agreement = float(np.mean([a == b for a, b in pairs])) if pairs else 0.0
    return (agreement - chance) / (1 - chance) if chance < 1 else float("nan")


def interval(pairs: dict[str, list[tuple[str, str]]], draws: int = 2000) -> tuple[float, float]:
    """Give a 95% interval of kappa by drawing tables anew: the pairs of one table are not independent."""
    tables, rng = [found for found in pairs.values() if found], np.random.default_rng(0)
    drawn = [rng.integers(len(tables), size=len(tables)) for _ in range(draws)]
    kappas = [kappa([pair for i in chosen for pair in tables[i]]) for chosen in drawn]
    low, high = np.nanpercentile(kappas, [2.5, 97.5])
    return float(low), float(high)


def _pairs(by_table: dict[str, list[dict[str, Any]]], key: str) -> dict[str, list[tuple[str, str]]]:
    return {name: [(a[key], b[key]) for a, b in combinations(found, 2)] for name, found in by_table.items()}


def show() -> None:
    """Print agreement by size, and every table."""
    for size in SIZES:
        by_table = defaultdict(list)
        for facts in kept(FILE):
            if facts["size"] == size:
                by_table[facts["table"]].append(facts)
        whole = {name: found for name, found in by_table.items() if len(found) > 1}
        if not whole:
            continue
        every, picks = _pairs(whole, "said"), _pairs(whole, "picked")
        decided = {name: [pair for pair in pairs if "open" not in pair] for name, pairs in every.items()}
        print(f"size {size}: {len(whole)} tables, {SIZES[size]}\n")
        print("| what | pairs | tables | agree | kappa [95%] |\n|---|---|---|---|---|")
        named = {"verdicts, both decided": decided, "verdicts": every, "one tuning run": picks}
        for what, of_tables in named.items():
            _print(what, of_tables)
        print("\n| table | rows | verdicts | picked by one tuning run | seconds |\n|---|---|---|---|---|")
        for name, found in whole.items():
            verdicts, picked = (", ".join(f[key] for f in found) for key in ("said", "picked"))
            seconds = np.mean([f["seconds"] for f in found])
            print(f"| {name} | {found[0]['rows']} | {verdicts} | {picked} | {seconds:.0f} |")
        print()


def _print(what: str, of_tables: dict[str, list[tuple[str, str]]]) -> None:
    pairs = [pair for found in of_tables.values() for pair in found]
    if pairs:
        (low, high), share = interval(of_tables), np.mean([a == b for a, b in pairs])
        tables = sum(map(bool, of_tables.values()))
        print(f"| {what} | {len(pairs)} | {tables} | {share:.2f} | {kappa(pairs):.2f} [{low:.2f}, {high:.2f}] |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("do", choices=("run", "show"))
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--studies", type=int, default=2)
    asked = parser.parse_intermixed_args()
    if asked.do == "show":
        show()
    elif inside(sys.argv):
        run(asked.size, asked.tables, asked.studies)


if __name__ == "__main__":
    main()
