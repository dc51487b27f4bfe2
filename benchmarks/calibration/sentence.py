"""Is the sentence true (T12)? Random samples of large tables are studied, and judged by the rows that are left.

    python benchmarks/calibration/sentence.py run [--size default] [--samples 20] [TABLE ...]
    python benchmarks/calibration/sentence.py show

`run` adds what sentence.jsonl beside this file lacks: a sample of 1,000 rows a line. All refits of the study also
predict up to 10,000 of the other rows. `show` counts how often the intervals hold two truths: the scores of the
sample's own networks there, and their mean over a table's samples, which is the truth about samples of this size. A
sample's own score counts 1/N in that mean. Samples of one table overlap a little, so the rate is not quite of
independent studies.
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
from scipy import stats

from posology.calibration.targets import wilson
from posology.inference import analyze, half_widths
from posology.keys import generator, key_of
from posology.table import Table

FILE = HERE / "sentence.jsonl"
TABLES = ("ccpp", "grid_stability", "compactiv", "puma32h", "casp")
SAMPLE = 1000
MOST = 10_000
MARGIN = 0.01


def sampled(table: Table, name: str, number: int) -> tuple[Table, int]:
    """Give a random sample, followed by other rows, and the number of these."""
    order = generator("sample", name, number).permutation(table.n_rows)[: SAMPLE + MOST]
    part = replace(table, features=table.features.iloc[order].reset_index(drop=True), target=table.target[order])
    return part, len(order) - SAMPLE


def study(engine: Engine, size: str, table: Table, name: str, number: int) -> dict[str, Any]:
    """Study a sample; keep the bounds of the verdict, the intervals of differences and the scores elsewhere."""
    began = time.perf_counter()
    part, fresh = sampled(table, name, number)
    found = engine.study(part, key_of(name, number), fresh)
    analysis = analyze(found.losses, found.folds, SIZES[size].arms, columns=found.width, capped_share=found.capped)
    y = part.target[:SAMPLE]
    return {
        "size": size,
        "table": name,
        "number": number,
        "said": said(analysis),
        "score": analysis.score.tolist(),
        "half": half_widths(analysis.estimate, float(stats.t.ppf(0.975, analysis.estimate.df)), MARGIN).tolist(),
        "lower": analysis.best.lower.tolist(),
        "upper": analysis.best.upper.tolist(),
        "elsewhere": (1 - found.fresh).tolist(),
        "variance": float(y.var()),
        "seconds": round(time.perf_counter() - began, 1),
    }


def run(size: str, names: list[str], samples: int) -> None:
    """Append the samples that the file lacks, one of each table in turn."""
    names = names or list(TABLES)
    tables = {name: loaded(name) for name in names}
    engines = {name: Engine(settings_of(size)) for name in names}
    wanted = [(size, name, number) for number in range(samples) for name in names]
    for one in missing(FILE, wanted, ("size", "table", "number")):
        facts = study(engines[one[1]], size, tables[one[1]], *one[1:])
        keep(FILE, facts)
        print(one, facts["said"], facts["seconds"], "s", flush=True)


def truth_of(found: list[dict[str, Any]]) -> np.ndarray:
    """Give the true scores for every sample, `(sample, arm)`: mean errors elsewhere, in the sample's own variance."""
    variance = np.array([f["variance"] for f in found])
    error = ((1 - np.array([f["elsewhere"] for f in found])) * variance[:, None]).mean(axis=0)
    return 1 - error / variance[:, None]


def own_truth_of(found: list[dict[str, Any]]) -> np.ndarray:
    """Give the scores of every sample's own networks on the other rows, `(sample, arm)`."""
    return np.array([f["elsewhere"] for f in found])


def covered(facts: dict[str, Any], true: np.ndarray) -> list[bool]:
    """Tell for every pair of arms whether its 95% interval holds the true difference."""
    score, half = np.array(facts["score"]), np.array(facts["half"])
    off = score - true
    return [bool(abs(off[i] - off[j]) <= half[i, j]) for i, j in combinations(range(len(score)), 2)]


def bounds_hold(facts: dict[str, Any], true: np.ndarray) -> bool:
    """Tell whether all simultaneous bounds hold: every arm's distance from the best of the others."""
    distance = np.array([true[i] - np.delete(true, i).max() for i in range(len(true))])
    return bool((facts["lower"] <= distance).all() and (distance <= facts["upper"]).all())


def verdict_holds(facts: dict[str, Any], true: np.ndarray) -> bool:
    """Tell whether the verdict is true: what is said to be close is, and a combination said to win does."""
    none, weights, dropout, both = true
    close = {"none": [none], "weights": [weights], "dropout": [dropout], "either": [weights, dropout]}
    if facts["said"] == "combine":
        return bool(both > max(none, weights, dropout))
    return all(score >= true.max() - MARGIN for score in close.get(facts["said"], []))


def show() -> None:
    """Print coverage by table and in all."""
    for size in SIZES:
        by_table = defaultdict(list)
        for facts in kept(FILE):
            if facts["size"] == size:
                by_table[facts["table"]].append(facts)
        if not by_table:
            continue
        print(f"size {size}: {SIZES[size]}\n")
        for what, truth in (("its own networks elsewhere", own_truth_of), ("samples of this size", truth_of)):
            print(f"Truth: {what}\n")
            print("| table | samples | intervals hold [95%] | bounds hold | verdicts | of them true | true scores |")
            print("|---|---|---|---|---|---|---|")
            lines = {name: _judged(found, truth(found)) for name, found in by_table.items()}
            for name, line in lines.items():
                _print(name, line, " ".join(f"{s:.3f}" for s in truth(by_table[name]).mean(axis=0)))
            _print("all", [one for line in lines.values() for one in line], "")
            print()


def _judged(found: list[dict[str, Any]], truth: np.ndarray) -> list[tuple[float, bool, bool, bool]]:
    """Give for every sample: share of intervals that hold, whether bounds hold, whether it decided, and rightly."""
    return [
        (float(np.mean(covered(f, t))), bounds_hold(f, t), f["said"] != "open", verdict_holds(f, t))
        for f, t in zip(found, truth, strict=True)
    ]


def _print(name: str, line: list[tuple[float, bool, bool, bool]], scores: str) -> None:
    n, held = len(line), float(np.mean([one[0] for one in line]))
    low, high = wilson(held, n)
    bounds, decided = np.mean([one[1] for one in line]), [one[3] for one in line if one[2]]
    cells = f"{held:.3f} [{low:.3f}, {high:.3f}] | {bounds:.3f} | {len(decided)} | {sum(decided)} | {scores}"
    print(f"| {name} | {n} | {cells} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("do", choices=("run", "show"))
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--samples", type=int, default=20)
    asked = parser.parse_intermixed_args()
    if asked.do == "show":
        show()
    elif inside(sys.argv):
        run(asked.size, asked.tables, asked.samples)


if __name__ == "__main__":
    main()
