"""Print what looking after every repeat does to the error, and when studies stop: closed-form studies.

python benchmarks/calibration/looks.py [--studies 1000] [--repeats 5] [--only NAME ...]

"tie of ridges" is the least favourable case for saying combine: the best single arm and the combination are ridges on
two halves of the columns that are equally good on average over tables, tuned as networks are (12 random penalties on an
inner quarter, a refit, an outer fold), and everything else is 0.1 R2 worse. The other truths have planted means, and
noise of rows, of fits and of cells. A study looks after each repeat from the second on and stops at the first look that
decides or that finds it hopeless.

"wrong" is a verdict that is false on average over tables. "missed" are studies stopped as hopeless that all repeats
would have decided.
"""

import argparse
import math
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from posology.inference.stopping import Look, Outcome, look, looks_of
from posology.inference.verdict import Kind

ARMS = [(), ("weights",), ("dropout",), ("weights", "dropout")]
FOLDS = 5
MARGIN = 0.01
Drawn = tuple[np.ndarray, np.ndarray]


def folds_of(rng: np.random.Generator, rows: int, repeats: int) -> np.ndarray:
    return np.stack([rng.permutation(np.arange(rows) % FOLDS) for _ in range(repeats)])


def ridge(x: np.ndarray, y: np.ndarray, new: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """Predict new rows with every penalty: (penalty, row)."""
    middle, level = x.mean(axis=0), y.mean()
    u, s, vt = np.linalg.svd(x - middle, full_matrices=False)
    shrunk = (s / (s**2 + len(x) * penalties[:, None])) * (u.T @ (y - level))
    return level + shrunk @ vt @ (new - middle).T


def tuned_ridge(x: np.ndarray, y: np.ndarray, fit: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Tune on an inner quarter, refit, predict."""
    penalties = 10 ** rng.uniform(-4, 1, 12)
    inside = rng.permutation(fit)
    held, rest = inside[: len(inside) // 4], inside[len(inside) // 4 :]
    watched = ((ridge(x[rest], y[rest], x[held], penalties) - y[held]) ** 2).mean(axis=1)
    return ridge(x[fit], y[fit], x[new], penalties[[watched.argmin()]])[0]


def tie(rng: np.random.Generator, repeats: int, rows: int = 300, half: int = 20) -> Drawn:
    """Two ridges on halves of the columns with equal coefficients; none and weights are the single one, 0.1 worse."""
    x = rng.normal(size=(rows, 2 * half))
    y = x @ np.tile(rng.normal(size=half), 2) / math.sqrt(2 * half) + rng.normal(size=rows)
    folds, losses = folds_of(rng, rows, repeats), np.zeros((4, repeats, rows))
    for r in range(repeats):
        for fold in range(FOLDS):
            fit, new = np.flatnonzero(folds[r] != fold), np.flatnonzero(folds[r] == fold)
            for arm, columns in ((2, slice(half)), (3, slice(half, None))):
                losses[arm, r, new] = (y[new] - tuned_ridge(x[:, columns], y, fit, new, rng)) ** 2 / y.var()
    losses[:2] = losses[2] + 0.1
    return losses, folds


def shifts(means: list[float], row: float, fit: float, rows: int = 500) -> Callable[[np.random.Generator, int], Drawn]:
    """Plant the arms' losses; standard deviations of an arm's own noise by row and by fit, cells half of the rows'."""

    def draw(rng: np.random.Generator, repeats: int) -> Drawn:
        folds = folds_of(rng, rows, repeats)
        by_fit = rng.normal(0, fit, (4, repeats, FOLDS))
        noise = rng.normal(0, row, (4, 1, rows)) + rng.normal(0, row / 2, (4, repeats, rows))
        noise += np.stack([by_fit[:, r, folds[r]] for r in range(repeats)], axis=1)
        return np.asarray(means)[:, None, None] + rng.normal(0, 0.4, rows) + noise, folds

    return draw


def false(kind: Kind, arm: tuple[str, ...], means: list[float]) -> bool:
    """Tell whether a verdict is wrong of the true mean losses."""
    loss = dict(zip(ARMS, means, strict=True))
    best = min(means)
    if kind is Kind.COMBINE:
        return loss[ARMS[3]] >= min(means[:3])
    if kind is Kind.USE_ALONE or kind is Kind.EQUIVALENT:
        return loss[arm] > best + MARGIN
    return False


@dataclass(frozen=True)
class Case:
    """A truth: what draws its studies, and the arms' mean losses."""

    draw: Callable[[np.random.Generator, int], Drawn]
    means: list[float]


def planted(means: list[float], row: float, fit: float) -> Case:
    return Case(shifts(means, row, fit), means)


CASES = {
    "tie of ridges": Case(tie, [0.6, 0.6, 0.5, 0.5]),
    "tie, rows": planted([0.6, 0.6, 0.5, 0.5], 0.1, 0.002),
    "tie, fits": planted([0.6, 0.6, 0.5, 0.5], 0.02, 0.02),
    "all tied, rows": planted([0.5] * 4, 0.1, 0.002),
    "all tied, fits": planted([0.5] * 4, 0.02, 0.02),
    "single a margin behind": planted([0.6, 0.6, 0.51, 0.5], 0.05, 0.01),
    "none a margin behind": planted([0.51, 0.5, 0.5, 0.5], 0.05, 0.01),
    "gain of 2 margins": planted([0.6, 0.6, 0.52, 0.5], 0.05, 0.01),
    "gain of 4 margins": planted([0.6, 0.6, 0.54, 0.5], 0.05, 0.01),
    "dropout is enough": planted([0.6, 0.54, 0.5, 0.502], 0.03, 0.01),
}


def looked(drawn: Drawn, at: tuple[int, ...]) -> tuple[Look, Look]:
    """Give the look that ends the study, and the last one, as if it were the only one."""
    losses, folds = drawn

    def after(r: int) -> Look:
        return look(losses[:, :r], folds[:r], ARMS, margin=MARGIN, last=r == at[-1])

    every = (after(r) for r in at)
    ended = next(one for one in every if one.outcome is not Outcome.GO_ON or one.repeat == at[-1])
    return ended, ended if ended.repeat == at[-1] else after(at[-1])


def wilson(count: int, of: int) -> str:
    share, z = count / of, 1.96
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{share:.1%} [{max(0, middle - half):.1%}, {middle + half:.1%}]"


def row_of(name: str, case: Case, studies: int, repeats: int) -> str:
    rng, at = np.random.default_rng([20_261_127, *name.encode()]), looks_of(repeats)
    every = [looked(case.draw(rng, repeats), at) for _ in range(studies)]
    ended, last = [pair[0] for pair in every], [pair[1] for pair in every]
    hopeless = [i for i, one in enumerate(ended) if one.outcome is Outcome.HOPELESS and one.repeat < repeats]
    missed = sum(last[i].outcome is Outcome.DECIDED for i in hopeless)
    decided = [sum(one.outcome is Outcome.DECIDED and one.repeat <= r for one in ended) / studies for r in at]
    wrong = [sum(false(one.kind, one.arm, case.means) for one in kinds) for kinds in (ended, last)]
    shares = " / ".join(f"{sum(one.repeat == r for one in ended) / studies:.0%}" for r in at)
    cells = (
        name,
        wilson(wrong[0], studies),
        f"{wrong[1] / studies:.1%}",
        " / ".join(f"{share:.0%}" for share in decided),
        f"{sum(one.outcome is Outcome.DECIDED for one in last) / studies:.0%}",
        f"{len(hopeless) / studies:.0%}",
        f"{missed / studies:.1%}",
        shares,
        f"{np.mean([one.repeat for one in ended]):.1f}",
    )
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", choices=CASES, nargs="+", default=list(CASES))
    asked = parser.parse_args()
    at = " / ".join(map(str, looks_of(asked.repeats)))
    print(f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores; {asked.studies} studies a row")
    print(
        f"| truth | wrong, all looks [95%] | wrong, one look at {asked.repeats} | decided by {at} "
        f"| decided, one look | hopeless | missed | ended after {at} | mean repeats |"
    )
    print("|---" * 9 + "|")
    for name in asked.only:
        print(row_of(name, CASES[name], asked.studies, asked.repeats), flush=True)


if __name__ == "__main__":
    main()
