"""Which search finds the better mix, at equal budgets? `python benchmarks/cocktail_search.py [TABLE ...]`.

Each searcher proposes the mixes of a cocktail's rounds: by neighbours of the best (`posology.plan.neighbours`, which
posology has), by densities of the good and the others (a tree of Parzen estimators), or at random. All else is as in
a study: equal trials, the same folds, inner splits, first weights and batches, the same race. What is compared is the
score of the chosen mix on outer rows that chose nothing, and its loss on the inner rows that did. One line of JSON a
table, searcher and fold; `--folds`, `--repeats` and `--trials` say how many.

`--simulated N` compares them on N landscapes instead, which take a second each: gains of regularizers, of pairs, and
noise of splits are drawn, and what is compared is the true loss of the mix that was chosen.
"""

import argparse
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
from public_tables import CLASSES, REGRESSION

from posology import Study
from posology.execution import result_of
from posology.execution.drive import drive
from posology.keys import key_of
from posology.plan import COCKTAIL, ONE, Design, PackResult, Space, cocktail, parse_family, tune
from posology.plan.members import REFIT
from posology.plan.mixes import may_join, within
from posology.plan.neighbours import neighbours
from posology.plan.packs import by_program, collected, packed, refit_members
from posology.plan.tried import is_new
from posology.regularizers import REGULARIZERS, Strength
from posology.resampling import outer_folds
from posology.scoring import snapshot_losses
from posology.space import space_of

GOOD, CANDIDATES, WIDTH = 0.25, 24, 0.12
"""Of the densities: share of mixes that are good, draws for each proposal, width of kernels as a share of a range."""


def at_random(_seen, count, cabinet, most, rng):
    """Propose mixes of any size and members alike, at any strengths."""
    return [_drawn([], cabinet, most, rng) for _ in range(count)]


def density(seen, count, cabinet, most, rng):
    """Propose mixes as a tree of Parzen estimators does (Bergstra et al. 2011, NeurIPS).

    How often each size, each member and each strength is met among the good quarter, over how often among the rest;
    of mixes drawn by the first, the one with the largest product of ratios, its members' mean taken, is proposed.
    Parameters as `neighbours.neighbours`.
    """
    ranked = [one.mix for one in sorted(seen, key=lambda one: one.loss) if np.isfinite(one.loss)]
    few = max(3, round(GOOD * len(ranked)))
    good, rest = ranked[:few], ranked[few:]
    out = []
    for _ in range(20 * count):
        if len(out) == count:
            break
        drawn = [_drawn(good, cabinet, most, rng) for _ in range(CANDIDATES)]
        drawn = [mix for mix in drawn if is_new(mix, [*(one.mix for one in seen), *out])]
        if drawn:
            out.append(max(drawn, key=lambda mix: _ratio(mix, good, rest, cabinet, most)))
    return out


def _drawn(good, cabinet, most, rng):
    sizes = _sizes(good, most)
    size = int(rng.choice(np.arange(1, most + 1), p=sizes))
    mix = {}
    for _ in range(size):
        may = [name for name in cabinet if may_join(name, list(mix))]
        if not may:
            break
        weights = np.array([_share(name, good, cabinet) for name in may])
        name = may[int(rng.choice(len(may), p=weights / weights.sum()))]
        points = [m[name] for m in good if name in m]
        middle = points[rng.integers(len(points))] if points and rng.random() < 0.8 else rng.random()
        mix[name] = within(middle + WIDTH * rng.standard_normal())
    return mix


def _ratio(mix, good, rest, cabinet, most):
    of_size = np.log(_sizes(good, most)[len(mix) - 1] / _sizes(rest, most)[len(mix) - 1])
    of_members = [
        np.log(_share(name, good, cabinet) / _share(name, rest, cabinet))
        + np.log(_near(point, name, good) / _near(point, name, rest))
        for name, point in mix.items()
    ]
    return float(of_size + np.mean(of_members))


def _sizes(mixes, most):
    counts = np.bincount([len(m) for m in mixes], minlength=most + 1)[1 : most + 1] + 1.0
    return counts / counts.sum()


def _share(name, mixes, cabinet):
    return (sum(name in m for m in mixes) + 0.5) / (len(mixes) + 0.5 * len(cabinet))


def _near(point, name, mixes):
    """Give the density of a regularizer's points here: kernels, and one that is even."""
    at = np.array([m[name] for m in mixes if name in m])
    kernels = np.exp(-0.5 * ((point - at) / WIDTH) ** 2) / (WIDTH * np.sqrt(2 * np.pi))
    return float((kernels.sum() + 1.0) / (len(at) + 1))


SEARCHERS = {"neighbours": neighbours, "densities": density, "random": at_random}


def searched(design, space, repeat, fold, size):
    """Tune none, one and the cocktail, and refit the last two, without the parts of the mix."""
    tuned = yield from tune(design, space, repeat, fold, size)
    members = by_program([m for arm in (ONE, COCKTAIL) for m in refit_members(design, tuned[arm])], design.together)
    results = yield packed(design, "refit", (repeat, fold), REFIT, members, size)
    return tuned, collected(members, results)


def lines(name, asked):
    """Run all searchers on a table."""
    frame, target = {**REGRESSION, **CLASSES}[name]()
    sizes = {"repeats": asked.repeats, "folds": asked.folds, "trials": asked.trials, "workers": asked.workers}
    task = "classification" if name in CLASSES else None
    columns = frame.drop(columns=target)
    study = Study("question", columns, frame[target], arms="cocktail", task=task, levers=False, **sizes)
    design, table = study.settings.design, study.table
    folds = outer_folds(table.n_rows, design.folds, design.repeats, design.seed, table.strata)
    with tempfile.TemporaryDirectory() as scratch, study.pool(Path(scratch)) as pool:
        network = pool.describe()
        space = space_of(network, study.settings)
        for searcher in asked.searchers:
            cocktail.neighbours = SEARCHERS[searcher]
            began = time.perf_counter()
            procedures = (
                ((r, f), searched(design, space, r, f, network["pack_size"]))
                for r in range(design.repeats)
                for f in range(design.folds)
            )
            waiting = ThreadPoolExecutor(2 * pool.workers)
            submit = partial(waiting.submit, lambda pack: result_of(pool.submit(pack).result()))
            driven = drive(procedures, submit, lambda _: None, lambda *_: None, 2 * pool.workers)
            with waiting, closing(driven):
                for (r, f), (tuned, refits) in driven:
                    rows = folds[r] == f
                    found = {
                        arm[-1]: 1 - float(snapshot_losses(refits[arm], study.judge, rows)[0].mean())
                        for arm in (ONE, COCKTAIL)
                    }
                    inner = {f"inner_{arm[-1]}": float(tuned[arm].losses[0]) for arm in (ONE, COCKTAIL)}
                    mix = {k: v[0] for k, v in tuned[COCKTAIL].settings[0].items()}
                    trained = {"trained": sum(one.trained for one in tuned.values())}
                    where = {"table": name, "searcher": searcher, "repeat": r, "fold": f}
                    yield {**where, **found, **inner, **trained, "mix": mix, "s": time.perf_counter() - began}


class Landscape:
    """A loss of mixes: gains of members at their best points, gains of pairs, and noise of inner splits.

    A third of the regularizers help by 0.03 on average, the others do harm; pairs gain or lose 0.01; noise of a split
    is as large as the gains.
    """

    def __init__(self, seed, cabinet):
        rng = np.random.default_rng(seed)
        n = len(cabinet)
        self.names, self.noise, self._seed = {name: i for i, name in enumerate(cabinet)}, 0.03, seed
        self.gains = rng.normal(-0.015, 0.035, n)
        self.best, pairs = rng.uniform(0.2, 0.9, n), rng.normal(0, 0.01, (n, n))
        self.pairs = pairs + pairs.T

    def loss(self, mix):
        """Give the true loss of a mix of points."""
        at = [self.names[name] for name in mix]
        away = np.array([mix[name] for name in mix]) - self.best[at]
        gain = np.sum(self.gains[at] - 0.3 * away**2 * np.abs(self.gains[at]) - 0.1 * away**2)
        return 0.5 - gain - sum(self.pairs[i, j] for i, j in combinations(at, 2))

    def answer(self, pack, points):
        """Give the results of a pack, with noise of the split that equal members share."""
        n = len(pack.members)
        losses = np.zeros(n, "float32")
        for i, member in enumerate(pack.members):
            mix = points(member.setting)
            key = key_of(self._seed, pack.split, sorted(mix.items()), member.seed)
            losses[i] = self.loss(mix) + self.noise * np.random.default_rng(key).standard_normal()
        watched = np.repeat(losses[:, None], 10, axis=1)
        ends, none, last = np.full(n, 10, "int32"), np.zeros((n, 0)), np.zeros((n, 0, 0), "float32")
        bare = (np.zeros((n, 20, 2), "float32"), losses, np.zeros((n, 1, 0)), np.zeros((n, 16), "int32"), none, last)
        return PackResult(ends, losses, watched, losses, losses, ends, losses > 1e9, *bare)


def simulated(asked):
    """Compare the searchers on landscapes; give their mean true losses, and differences to the first."""
    arms, every = parse_family("cocktail")
    cabinet = tuple(name for name in every if REGULARIZERS[name].target != "classes")
    ranges = {name: Strength(0.0, 1.0, "linear", "point") for name in cabinet}
    space = Space(ranges, dict.fromkeys(cabinet, 1))
    found = {name: np.zeros((asked.simulated, 2)) for name in asked.searchers}
    for seed in range(asked.simulated):
        land = Landscape(seed, cabinet)
        design = Design(arms, repeats=1, trials=asked.trials, epochs=10, seed=seed, cabinet=cabinet)
        for searcher, losses in found.items():
            cocktail.neighbours = SEARCHERS[searcher]
            procedure = tune(design, space, 0, 0, 64)
            packs = next(procedure)
            while packs:
                try:
                    packs = procedure.send([land.answer(p, lambda s: {k: v[0] for k, v in s.items()}) for p in packs])
                except StopIteration as end:
                    packs, tuned = [], end.value
            best = [{k: v[0] for k, v in tuned[arm].settings[0].items()} for arm in (ONE, COCKTAIL)]
            losses[seed] = [land.loss(mix) for mix in best]
    for searcher, losses in found.items():
        gap = losses - found[asked.searchers[0]]
        se = gap.std(axis=0, ddof=1) / np.sqrt(len(gap))
        for k, what in enumerate(("one", "cocktail")):
            mean = f"{0.5 - losses[:, k].mean():.4f} gained"
            print(f"{what:9} {searcher:11} {mean}, minus the first {-gap[:, k].mean():+.4f} (se {se[k]:.4f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", default=["diabetes", "real_estate", "concrete", "vehicle"])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--searchers", nargs="+", choices=SEARCHERS, default=list(SEARCHERS))
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--simulated", type=int, default=0)
    asked = parser.parse_args()
    if asked.simulated:
        simulated(asked)
    for name in asked.tables if not asked.simulated else ():
        for line in lines(name, asked):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
