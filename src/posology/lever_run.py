"""Trains the levers of a study beside its arms; kept and resumed as packs are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from posology.as_written import AsWritten, as_written
from posology.execution.drive import Procedure
from posology.inference import CLASS_SCORES, quantile_level
from posology.inference.covariance import Clusters
from posology.inference.weighting import influence
from posology.judges import Judge
from posology.levers import AVERAGE, ONE, RIDGE, TREES, WRITTEN, Bench, Lever, Levers, Losses
from posology.plan import Arm, Design, Space, arm_name, tune_and_refit
from posology.scoring import Found, Resample, Scores, score
from posology.settings import Settings
from posology.training import Training

RIVALS = {TREES: "boosted trees, by their defaults", RIDGE: "ridge"}
"""From the models that are no networks to their words."""

NETWORKS = 5
"""Of the average that stands beside one network."""

PACKS, WRITTEN_PACKS = "lever", "lever-written"
"""With what the names of packs begin: of arms without early stopping, and of the network as written."""

REFITS = 3
"""Of an arm without early stopping: it is a lever on the first repeat, not a part of the verdict."""


def without_stopping(design: Design) -> Design | None:
    """Give the design of the arms that train all epochs: none and each factor alone, on the first repeat.

    Of a cocktail none alone: its members differ from resample to resample.

    Equal numbers of trials, as in the study, but one inner split and few refits, to bound the price. None where the
    study itself has no early stopping.
    """
    if design.patience is None:
        return None
    factors = dict.fromkeys(factor for arm in design.arms for factor in arm if not design.cabinet)
    arms: tuple[Arm, ...] = ((), *((factor,) for factor in factors))
    alone = replace(design, arms=arms, patience=None, halving=None, ensemble=1, cabinet=())
    return replace(alone, repeats=1, inner_splits=1, refits=min(REFITS, design.refits))


def networks_of(
    settings: Settings, network: Mapping[str, Any], space: Space, repeats: int | None = None
) -> tuple[int, int]:
    """Count the networks that levers train: as written, and without early stopping; none where they are not asked.

    Parameters
    ----------
    settings : Settings
        The study's.
    network : mapping
        What a worker says of it.
    space : Space
        Of the study.
    repeats : int, optional
        That are complete; all of the study's when absent.
    """
    if not settings.levers:
        return 0, 0
    design = replace(settings.design, repeats=repeats or settings.design.repeats)
    own, endless = as_written(network, space), without_stopping(design)
    return own.design(design).members() if own.arm else 0, endless.members() if endless else 0


@dataclass(frozen=True)
class LeverRun:
    """Carries the levers of one study out.

    Parameters
    ----------
    design : Design
        The study's.
    judge : Judge
        Of its predictions.
    training : Training
        Of the study's packs; that of the levers ends early when there is no time left.
    clusters : int array (row,), optional
        Group of each row, where rows come in groups.
    """

    design: Design
    judge: Judge
    training: Training
    clusters: Clusters | None = None

    def levers(self, found: Found, scores: Scores, arms: Sequence[Arm], advised: Arm) -> Levers:
        """Score every lever.

        Parameters
        ----------
        found : mapping
            The study's complete repeats.
        scores : Scores
            Of them.
        arms : sequence of arm
            Names of the first axis of its losses.
        advised : arm
        """
        bench = Bench(dict(zip(arms, scores.losses, strict=True)), scores.folds, advised, self.clusters)
        repeats = sorted({repeat for repeat, _ in found})
        losses = self._rivals(repeats, bench)
        each = [bench.lever(name, self._words(name), own) for name, own in losses.items() if np.isfinite(own).all()]
        each += self._average(found, repeats, bench)
        each += (written := self._as_written(repeats, bench))
        endless = self._without_stopping(repeats[0], bench)
        each += _endless_levers(bench, endless, self.design.epochs)
        gain = bench.gain(bench.losses[()], endless[()]) if () in bench.losses and endless else None
        note = self._left_out(losses, trained=bool(endless), written=bool(written))
        return Levers(advised, bench.best, tuple(sorted(each, key=lambda lever: -lever.score)), gain, note)

    @property
    def _own(self) -> AsWritten:
        return as_written(self.training.network, self.training.space)

    def _rivals(self, repeats: Sequence[int], bench: Bench) -> dict[str, Losses]:
        """Score what is no network; not a number where it could not be fitted."""
        resamples = [(i, repeat, fold) for i, repeat in enumerate(repeats) for fold in range(self.design.folds)]
        # a ridge predicts means: beside quantiles it would be no rival
        names = [TREES] if self.judge.measure.name.startswith("pinball") else list(RIVALS)
        asked = {(name, i, fold): self._asked(name, repeat, fold) for name in names for i, repeat, fold in resamples}
        out = {name: np.full(bench.folds.shape, np.nan) for name in names}
        for (name, i, fold), answer in asked.items():
            rows, prediction = bench.folds[i] == fold, answer()
            if len(prediction):
                out[name][i, rows] = self.judge.row_losses(prediction, rows)[0]
        return {name: influence(losses, self.judge.weights) for name, losses in out.items()}

    def _asked(self, name: str, repeat: int, fold: int) -> Callable[[], np.ndarray]:
        """Ask for the predictions of a resample, unless they are kept; give what waits for them."""
        key = f"lever-{name}-r{repeat}f{fold}"
        if (kept := self.training.record.read_pack(key)) is not None:
            return lambda: kept["prediction"]
        future = self.training.pool.rival(name, repeat, fold, quantile_level(self.judge.measure.name))

        def wait() -> np.ndarray:
            arrays = future.result()[1]
            self.training.record.write_pack(key, arrays)
            return arrays["prediction"]

        return wait

    def _average(self, found: Found, repeats: Sequence[int], bench: Bench) -> list[Lever]:
        """Score the advised arm by the other estimand: the average of the refits that there are, or one network."""
        arm, alone = bench.advised, self.design.ensemble == 1
        size = min(NETWORKS, self.design.seeds) if alone else 1
        if alone and size == 1:
            return []
        part: dict[Resample, Any] = {}
        for i, repeat in enumerate(repeats):
            for fold in range(self.design.folds):
                refit = found[repeat, fold][1][arm]
                few = refit.prediction[:size] if alone else refit.prediction
                part[i, fold] = ({}, {arm: replace(refit, prediction=few)})
        losses = score(part, [arm], range(len(repeats)), bench.folds, self.judge, size).losses[0]
        words = f"{arm_name(arm)}, {f'average of {size} networks' if alone else 'one network'}"
        return [bench.lever(AVERAGE if alone else ONE, words, losses)]

    def _as_written(self, repeats: Sequence[int], bench: Bench) -> list[Lever]:
        """Score the network with the strengths that it came with; nothing where it has none, or there is no time."""
        own = self._own
        if not own.arm:
            return []
        losses = self._losses(WRITTEN_PACKS, own.design(self.design), own, repeats, bench)
        return [bench.lever(WRITTEN, f"as written ({own.words})", each) for each in losses.values()]

    def _without_stopping(self, repeat: int, bench: Bench) -> dict[Arm, Losses]:
        """Score arms that train all epochs; nothing where there is no time for them."""
        design = without_stopping(self.design)
        if design is None:
            return {}
        return self._losses(PACKS, design, self.training.space, [repeat], bench)

    def _losses(
        self, prefix: str, design: Design, space: Space, repeats: Sequence[int], bench: Bench
    ) -> dict[Arm, Losses]:
        """Train arms on whole repeats and score them; nothing where time ends before all are trained."""
        size = self.training.pack_size
        resamples = [(repeat, fold) for repeat in repeats for fold in range(design.folds)]
        procedures = ((where, _named(prefix, tune_and_refit(design, space, *where, size))) for where in resamples)
        done = dict(self.training.driven(procedures))
        if len(done) < len(resamples):
            return {}
        found = {(repeats.index(repeat), fold): outcome for (repeat, fold), outcome in done.items()}
        among = range(len(repeats))
        losses = score(found, design.arms, among, bench.folds[: len(repeats)], self.judge, design.ensemble).losses
        return dict(zip(design.arms, losses, strict=True))

    def _words(self, name: str) -> str:
        """Name a model that is no network; the ridge of classes is a logistic regression with its penalty."""
        return "logistic regression" if name == RIDGE and self.judge.measure.name in CLASS_SCORES else RIVALS[name]

    def _left_out(self, rivals: Mapping[str, Losses], *, trained: bool, written: bool) -> str:
        """Say what is missing."""
        failed = [self._words(name) for name, losses in rivals.items() if not np.isfinite(losses).all()]
        said = [f"could not be fitted: {', '.join(failed)}"] if failed else []
        if self._own.foreign:
            said.append(f"the network as written, for no arm has its {' and '.join(self._own.foreign)}")
        elif self._own.arm and not written:
            said.append("no time was left for the network as written")
        if not trained and self.design.patience is not None:
            said.append("no time was left for the arms without early stopping")
        return "; ".join(said)


def _endless_levers(bench: Bench, losses: Mapping[Arm, Losses], epochs: int) -> list[Lever]:
    return [
        bench.lever(
            arm_name(arm),
            f"{arm_name(arm)}, all {epochs} epochs",
            own,
            losses[()] if arm else None,
            early_stopping=False,
        )
        for arm, own in losses.items()
    ]


def _named(prefix: str, procedure: Procedure) -> Procedure:
    """Give the packs of a procedure names of their own."""
    packs = next(procedure)
    while True:
        results = yield [replace(pack, name=f"{prefix}-{pack.name}") for pack in packs]
        try:
            packs = procedure.send(results)
        except StopIteration as end:
            return end.value
