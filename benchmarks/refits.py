"""Print how the standard error of a difference of arms falls with the number of refits, on concrete strength.

python benchmarks/refits.py [--refits 6] [--trials 12]

One study is run; its refits' predictions are then scored with the first 1, 2, ... seeds of every fit.
"""

import argparse
import os
import platform
import tempfile
from datetime import date
from pathlib import Path

import numpy as np

from posology.data import concrete
from posology.inference import estimate, row_losses
from posology.network.source import NetworkSource
from posology.plan import PLAIN_QUESTION, Design, arm_name
from posology.record import Record
from posology.resampling import outer_folds
from posology.settings import Settings
from posology.study import Study
from posology.table import make_table


def predictions(folder: Path, design: Design, rows: int) -> np.ndarray:
    """Collect the refits' predictions: (arm, seed, snapshot, repeat, row)."""
    record, folds = Record(folder), outer_folds(rows, design.folds, design.repeats, design.seed)
    snapshots = record.read_pack("r0f0-refit-0")["prediction"].shape[1]
    out = np.zeros((len(design.arms), design.refits, snapshots, design.repeats, rows))
    for repeat in range(design.repeats):
        for fold in range(design.folds):
            parts = []
            while (kept := record.read_pack(f"r{repeat}f{fold}-refit-{len(parts)}")) is not None:
                parts.append(kept["prediction"])
            by_member = np.concatenate(parts).reshape(*out.shape[:3], -1)
            out[:, :, :, repeat, folds[repeat] == fold] = by_member
    return out


def losses(predicted: np.ndarray, target: np.ndarray, folds: np.ndarray, seeds: int) -> np.ndarray:
    """Average the row losses of the first `seeds` refits: (arm, repeat, row)."""
    out = np.zeros((len(predicted), *folds.shape))
    for repeat, assigned in enumerate(folds):
        for fold in np.unique(assigned):
            rows, outside = assigned == fold, target[assigned != fold]
            for arm in range(len(predicted)):
                found = [
                    row_losses(target[rows], p, outside.min(), outside.max(), target.mean(), target.var())[0]
                    for p in predicted[arm, :seeds, :, repeat][..., rows].reshape(-1, rows.sum())
                ]
                out[arm, repeat, rows] = np.mean(found, axis=0)
    return out


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--refits", type=int, default=6)
    parser.add_argument("--trials", type=int, default=12)
    asked = parser.parse_args()
    table = make_table(concrete(), "strength_mpa")
    design = Design(PLAIN_QUESTION, trials=asked.trials, refits=asked.refits)
    with tempfile.TemporaryDirectory() as folder:
        Study.of(table, Settings(design, NetworkSource("question")), folder=Path(folder) / "study").run()
        predicted = predictions(Path(folder) / "study", design, table.n_rows)
    folds = outer_folds(table.n_rows, design.folds, design.repeats, design.seed)
    print(f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores; {asked.trials} trials, standard errors of R2")
    names = [arm_name(arm) for arm in design.arms]
    print("| refits | " + " | ".join(f"{n} minus none" for n in names[1:]) + " | both minus dropout |")
    print("|---" * 5 + "|")
    for seeds in range(1, asked.refits + 1):
        se = estimate(losses(predicted, table.target, folds, seeds), folds).pair_se()
        print(f"| {seeds} | " + " | ".join(f"{se[a, 0]:.4f}" for a in (1, 2, 3)) + f" | {se[3, 2]:.4f} |")


if __name__ == "__main__":
    main()
