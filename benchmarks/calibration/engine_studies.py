"""Studies by the engine in this process, for what `posology.Study` does not give away: scores of other rows.

An `Engine` trains the packs of `plan.tune_and_refit` by `execution.trainer.Trainer`, as a study's workers do, and
scores them by `scoring.score`. The losses are those of a study: `python benchmarks/calibration/engine_studies.py`
checks it. Programs are compiled once for all tables of one shape, nothing is kept or prescribed, and rows that are no
part of the study can be predicted by its refits.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from posology.execution.environment import worker_environment
from posology.execution.job import Job
from posology.inference import row_losses
from posology.judging import judge_of
from posology.keys import key_of
from posology.plan import ALL_ROWS, REFIT, Arm, Design, Pack, Refitted, Space, Tuned, tune, tune_and_refit
from posology.resampling import outer_folds
from posology.scoring import Found, score
from posology.settings import Settings
from posology.space import space_of
from posology.table import Table

INSIDE = "POSOLOGY_BENCHMARK_INSIDE"
"""Set in the process that trains, which has a worker's environment."""

SEEDS = 1000
"""From the seeds of one copy of an arm to those of the next; no study has so many members of one fit."""


@dataclass(frozen=True)
class Scored:
    """What a study gave.

    Parameters
    ----------
    losses : array (arm, repeat, row)
    folds : array (repeat, row)
    capped : float
        Share of row losses at the cap.
    width : int
        Prepared columns.
    fresh : array (arm,) or None
        Mean loss of the refits on the fresh rows, in the same unit.
    """

    losses: np.ndarray
    folds: np.ndarray
    capped: float
    width: int
    fresh: np.ndarray | None


@dataclass(frozen=True)
class FreshJob(Job):
    """A job of a table whose last rows are never trained on.

    Parameters
    ----------
    fresh : int
        So many.
    predicts : bool
        Whether refits predict them, after their own held-out rows.
    """

    fresh: int = 0
    predicts: bool = False

    def rows_of(self, pack: Pack, strata: Any = None, groups: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Give the rows of a pack as a study does, and for refits the fresh rows besides."""
        assert strata is None  # numbers in independent rows alone
        assert groups is None
        fit, watched = self._studied().rows_of(pack)
        more = self.fresh if self.predicts and pack.split == REFIT and pack.repeat != ALL_ROWS else 0
        return fit, np.concatenate([watched, np.arange(self.rows - more, self.rows)])

    def watched_capacity(self) -> int:
        """Count the rows watched at most."""
        return self._studied().watched_capacity() + self.fresh * self.predicts

    def fewest_fit_rows(self) -> int:
        """Count the rows trained on at least."""
        return self._studied().fewest_fit_rows()

    def _studied(self) -> Job:
        own = {name: getattr(self, name) for name in Job.__dataclass_fields__}
        return Job(**{**own, "rows": self.rows - self.fresh})


class Engine:
    """Trains studies of tables of one shape; the first compiles.

    Parameters
    ----------
    settings : Settings
        Of all studies, but for the seed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._programs: dict[bool, Any] = {}

    def study(self, table: Table, seed: int, fresh: int = 0, *, copies: bool = False) -> Scored:
        """Study a table, whose last `fresh` rows only score.

        Parameters
        ----------
        seed : int
            Of folds, trials, weights and everything else.
        copies : bool
            Let every arm do what the last single one does, with trials and seeds of its own: a null.
        """
        carried_out = _copied if copies else _carried_out
        design = replace(self._settings.design, seed=seed)
        with tempfile.TemporaryDirectory() as scratch:
            trainers = {predicts: self._trainer(table, design, fresh, scratch, predicts) for predicts in (False, True)}
            described = trainers[False].describe(proves=False)
            space, found = space_of(described, self._settings), {}
            for where in [(r, f) for r in range(design.repeats) for f in range(design.folds)]:
                found[where] = carried_out(design, space, where, described["pack_size"], trainers)
            self._programs = {predicts: t._program for predicts, t in trainers.items()}
        return _scored(found, table, design, fresh, described["width"])

    def tuned(self, table: Table, seed: int) -> dict[Arm, Tuned]:
        """Tune on one split of all rows and nothing more, as is usual."""
        design = replace(self._settings.design, seed=seed)
        with tempfile.TemporaryDirectory() as scratch:
            trainers = {False: self._trainer(table, design, 0, scratch, predicts=False)}
            described = trainers[False].describe(proves=False)
            space = space_of(described, self._settings)
            found = _run(tune(design, space, ALL_ROWS, 0, described["pack_size"]), trainers)
            self._programs |= {False: trainers[False]._program}
        return found

    def _trainer(self, table: Table, design: Design, fresh: int, scratch: str, predicts: bool) -> Any:
        """Make the trainer of trials, or that of refits, which predicts the fresh rows too."""
        from posology.execution.trainer import Trainer

        place = Path(scratch) / ("refits" if predicts else "trials")
        place.mkdir()
        table.save(place / "table.feather")
        asked = self._settings
        facts = (str(place / "table.feather"), asked.source, table.n_rows, design, tuple(asked.strengths()), str(place))
        trainer = Trainer(FreshJob(*facts, asked.inputs, asked.choice, fresh=fresh, predicts=predicts))
        trainer._program = self._programs.get(predicts)
        return trainer


def _carried_out(design: Design, space: Space, where: tuple[int, int], size: int, trainers: dict[bool, Any]) -> Any:
    return _run(tune_and_refit(design, space, *where, size), trainers)


def _copied(design: Design, space: Space, where: tuple[int, int], size: int, trainers: dict[bool, Any]) -> Any:
    single = next(arm for arm in reversed(design.arms) if len(arm) == 1)
    tuned, refitted = {}, {}
    for copy, arm in enumerate(design.arms):
        alone = replace(design, arms=(single,), seed=key_of(design.seed, "copy", copy))
        one = _run(tune_and_refit(alone, space, *where, size), trainers, SEEDS * copy)
        tuned[arm], refitted[arm] = one[0][single], one[1][single]
    return tuned, refitted


def _run(procedure: Any, trainers: dict[bool, Any], seeds: int = 0) -> Any:
    """Run a procedure to its end; `seeds` are added to those of its members."""
    results = None
    while True:
        try:
            packs = procedure.send(results)
        except StopIteration as end:
            return end.value
        moved = [replace(p, members=tuple(replace(m, seed=m.seed + seeds) for m in p.members)) for p in packs]
        results = [trainers[p.split == REFIT].run(p) for p in moved]


def _scored(found: Found, table: Table, design: Design, fresh: int, width: int) -> Scored:
    rows = table.n_rows - fresh
    studied = replace(table, features=table.features.iloc[:rows], target=table.target[:rows])
    folds = outer_folds(rows, design.folds, design.repeats, design.seed)
    own = {where: (tuned, _cut(refits, fresh)) for where, (tuned, refits) in found.items()}
    scores = score(own, design.arms, range(design.repeats), folds, judge_of(studied, None))
    elsewhere = _elsewhere(found, table, folds, fresh, design.arms) if fresh else None
    return Scored(scores.losses, folds, scores.capped / scores.scored, width, elsewhere)


def _cut(refits: Any, fresh: int) -> dict[Arm, Refitted]:
    return {arm: replace(r, prediction=r.prediction[:, :, : -fresh or None]) for arm, r in refits.items()}


def _elsewhere(found: Found, table: Table, folds: np.ndarray, fresh: int, arms: tuple[Arm, ...]) -> np.ndarray:
    """Average the refits' losses on the fresh rows, clipped and capped as all are."""
    y, new = table.target[:-fresh], table.target[-fresh:]
    out = np.zeros(len(arms))
    for (repeat, fold), (_, refits) in found.items():
        inside = y[folds[repeat] != fold]
        ends = inside.min(), inside.max(), float(y.mean()), float(y.var())
        for a, arm in enumerate(arms):
            predictions = refits[arm].prediction[:, :, -fresh:].reshape(-1, fresh)
            out[a] += np.mean([row_losses(new, p, *ends)[0].mean() for p in predictions]) / len(found)
    return out


def inside(arguments: list[str]) -> bool:
    """Tell whether this process may train; else run the same command in one that may, to its end, and say False."""
    if os.environ.get(INSIDE):
        return True
    done = subprocess.run([sys.executable, *arguments], env={**worker_environment(), INSIDE: "1"}, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return False


def check() -> None:
    """Compare with a study, to the last bit; fresh rows must change nothing but the rounding of predictions."""
    from posology import Study
    from posology.table import table_from_arrays

    rng = np.random.default_rng(0)
    x = rng.standard_normal((90, 3))
    y = x[:, 0] + rng.standard_normal(90)
    small = {"repeats": 2, "folds": 2, "trials": 2, "inner_splits": 1, "refits": 1, "epochs": 8, "patience": 4}
    settings = Study("question", x[:60], y[:60], **small).settings
    own, with_fresh = Engine(settings), Engine(settings)
    ours = own.study(table_from_arrays(x[:60], y[:60]), 3).losses
    np.testing.assert_allclose(with_fresh.study(table_from_arrays(x, y), 3, fresh=30).losses, ours, atol=1e-5)
    theirs = Study("question", x[:60], y[:60], seed=3, all_repeats=True, workers=1, **small).run()
    np.testing.assert_array_equal(theirs.analysis.score, 1 - ours.mean(axis=(1, 2)))
    print("the same losses as a study's")


if __name__ == "__main__" and inside(sys.argv):
    check()
