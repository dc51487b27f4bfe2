"""One run of a study: the workers, the record, the clock; from packs to a result."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from posology.behaviour import Behaviour
from posology.budget import Budget
from posology.callbacks import Begun, Resampled, Told
from posology.cocktail import Cocktail
from posology.continuing import harmless, notes_of
from posology.durations import about
from posology.errors import StoppedError
from posology.evidence import evidence_of
from posology.execution import ALL_ROWS_SPLITS, LostWorker, Pool, result_of
from posology.execution.drive import Procedure, drive
from posology.execution.job import pack_from_dict, pack_to_dict
from posology.facts import facts_of
from posology.handback.bundle import FILES
from posology.inference import Analysis, analyze
from posology.lever_run import LeverRun, without_stopping
from posology.levers import TREES, Levers
from posology.outcome_files import NETWORK, RUN, SEALED, has_network
from posology.plan import (
    ALL_ROWS,
    REFIT,
    Pack,
    PackResult,
    Space,
    arm_name,
    refit_members,
    tune,
    tune_and_refit,
)
from posology.plan.members import describe
from posology.posting import Posted
from posology.prescription import Prescription
from posology.progress import Progress
from posology.record import Record, check_folder
from posology.repeats import Repeats
from posology.report.writing import written
from posology.resampling import outer_folds
from posology.result import StudyResult
from posology.scoring import (
    Found,
    Scores,
    check_trained,
    score,
)
from posology.scratch import scratch_folder
from posology.seals import file_seals, sealed, unsealed
from posology.space import space_of
from posology.wording import resume_command
from posology.working_time import WorkingTime

if TYPE_CHECKING:
    from posology.study import Study


class Run:
    """Carries one study out.

    Parameters
    ----------
    study : Study
        What is asked.
    progress : Progress
        Who is told.
    """

    def __init__(self, study: "Study", progress: Progress) -> None:
        self._study = study
        self._design = study.settings.design
        self._progress = Posted(progress)
        self._told = Told(study.callbacks)
        self._started = time.monotonic()
        self._before = WorkingTime()
        self._begun: Counter[int] = Counter()
        self._budget = Budget(study.budget, replace(self._design, repeats=1).members())
        self._record: Record | None = None

    def result(self) -> StudyResult:
        """Train what is missing, decide, and train the prescription."""
        with scratch_folder() as scratch:
            facts = self._study.facts()
            if self._study.folder is not None:
                how = replace(self._study.continuing, texts=self._study.table.texts)
                check_folder(self._study.folder, facts, how)
            self._progress.stage("starting the workers")
            with self._study.pool(scratch, tell=self._progress.epochs, lost=self._lost) as pool:
                network = pool.describe()
                pool.check_memory(network["memory"])
                space = space_of(network, self._study.settings)
                # nothing is written before the table and the network are known to be right
                self._study.folder = self._study.folder or Path(tempfile.mkdtemp(prefix="posology-study-"))
                record = Record(self._study.folder)
                finished = False
                try:
                    self._before = WorkingTime.before(record.folder)
                    record.begin(facts, self._study.continuing)
                    self._record = record
                    for words in record.mended:
                        self._progress.say(words)
                    if differs := harmless(record.held, facts["versions"]):
                        self._progress.say(differs)
                    self._progress.post_to(record.folder, self._worked)
                    networks = self._design.members()
                    self._told.begins(Begun(record.folder, self._study.settings, record.held, networks))
                    result = self._carry_out(pool, record, space, network)
                    finished = True
                except BaseException as error:
                    self._told.stops(error)
                    raise
                else:
                    self._told.ends(result)
                    return result
                finally:
                    self._progress.end(finished=finished)
                    record.close()

    def _worked(self) -> WorkingTime:
        return self._before.and_one_of(time.monotonic() - self._started)

    def _lost(self, worker: LostWorker) -> None:
        """Tell of a worker that was lost; what it was training is trained by another."""
        self._progress.say(f"{worker.reason} Another worker takes its place.")
        if self._record is not None:
            self._record.note_fault(asdict(worker))

    def _carry_out(self, pool: Pool, record: Record, space: Space, network: dict[str, Any]) -> StudyResult:
        self._progress.total(self._design.members())
        repeats = self._train(pool, record, space)
        found, looks = repeats.found(), repeats.looks()
        if not looks.done:
            raise StoppedError(
                f"The budget ended before one repeat of {self._design.folds} resamples was finished. "
                f"What was trained is kept; go on with: {resume_command(record.folder)}{self._still()}"
            )
        scores = self._score(found, looks.done)
        columns, capped = network["width"], scores.capped / scores.scored
        check_trained(scores, found, self._design.arms, self._design.seeds)
        analysis = analyze(
            scores.losses,
            scores.folds,
            self._design.arms,
            margin=self._study.settings.margin,
            columns=columns,
            capped_share=capped,
            measure=self._study.judge.measure,
            clusters=self._study.table.clusters,
        )
        levers = self._levers(pool, record, space, found, scores, analysis)
        prescription = self._prescribe(pool, record, space, analysis)
        facts = facts_of(self._study, network, scores, looks, found)
        facts["notes"] += notes_of(record.held)
        behaviour = self._behaviour(found, scores, levers, network["arrays"])
        asked = self._study.settings
        strengths, arrays = asked.strengths(), network["arrays"]
        evidence = evidence_of(found, scores, analysis, self._design, strengths, arrays)
        cocktail = None
        if self._design.cabinet:
            about = (self._study.judge, scores.folds, self._study.table.clusters)
            stress = {"columns": columns, "capped_share": capped}
            cocktail = Cocktail.of(found, self._design, *about, margin=asked.margin, **stress)
        parts = (levers, behaviour, evidence, cocktail)
        result = StudyResult.of(asked, found, scores, analysis, prescription, facts, *parts)
        return self._keep_result(record, result)

    def _still(self) -> str:
        """Say how long the first repeat still takes, where that is known."""
        left = self._progress.seconds_for(max(0, self._budget.first - self._begun[0]))
        return f" (the first repeat takes {about(left)} more)" if left else ""

    def _levers(
        self, pool: Pool, record: Record, space: Space, found: Found, scores: Scores, analysis: Analysis
    ) -> Levers | None:
        """Score what stands beside the arms."""
        if not self._study.settings.levers:
            return None
        self._progress.stage("scoring trees, a linear model and arms without early stopping")
        if (endless := without_stopping(self._design)) is not None:
            self._progress.total(self._begun.total() + endless.members())
        drive = partial(self._driven, pool=pool, record=record, tick=self._in_time)
        run = LeverRun(self._design, self._study.judge, space, pool, record, drive, self._study.table.clusters)
        return run.levers(found, scores, analysis.arms, analysis.verdict.arm)

    def _behaviour(self, found: Found, scores: Scores, levers: Levers | None, arrays: list[str]) -> Behaviour:
        """Collect how the networks of each arm behave."""
        judge = self._study.judge
        same = judge.measure.name in ("r2", "log_loss")  # that of the gap
        trees = levers.named(TREES) if levers and same else None
        reached = trees.score if trees else None
        return Behaviour.of(found, self._design.arms, arrays, scores, self._study.settings.margin, reached)

    def _score(self, found: Found, repeats: int) -> Scores:
        table, design = self._study.table, self._design
        folds = outer_folds(table.n_rows, design.folds, design.repeats, design.seed, table.strata, table.clusters)
        return score(found, design.arms, range(repeats), folds, self._study.judge, design.ensemble)

    def _train(self, pool: Pool, record: Record, space: Space) -> Repeats:
        """Train repeat after repeat, until a look, the budget or their number ends it."""
        repeats = Repeats(
            self._study.settings, self._score, self._progress.say, self._study.judge.measure, self._study.table.clusters
        )
        resamples = [(r, f) for r in range(self._design.repeats) for f in range(self._design.folds)]
        size = pool.describe()["pack_size"]
        procedures: Iterator[tuple[Any, Procedure]] = (
            (where, tune_and_refit(self._design, space, *where, size)) for where in resamples
        )
        with closing(self._driven(procedures, pool, record, self._in_time)) as driven:
            for done, (where, outcome) in enumerate(driven, start=1):
                goes_on = repeats.add(where, outcome)
                self._told.resampled(Resampled(where, done, len(resamples), self._begun.total()))
                if not goes_on:
                    break
        return repeats

    def _driven(
        self,
        procedures: Iterator[tuple[Any, Procedure]],
        pool: Pool,
        record: Record,
        tick: Callable[[], bool],
    ) -> Generator[tuple[Any, Any], None, None]:
        return drive(
            procedures,
            submit=lambda pack: self._submit(pool, record, pack),
            known=lambda pack: self._known(record, pack),
            on_pack=lambda pack, result: self._keep(record, pack, result),
            ahead=2 * pool.workers,
            tick=tick,
        )

    def _known(self, record: Record, pack: Pack) -> PackResult | None:
        arrays = record.result(pack)
        if arrays is None:
            return None
        self._count(pack, kept=True)
        return PackResult(**arrays)

    def _keep(self, record: Record, pack: Pack, result: PackResult) -> None:
        missing = record.missing(pack)
        places = [i for i, member in enumerate(pack.members) if member in missing.members]
        record.keep(missing, {name: values[places] for name, values in vars(result).items()})
        self._count(pack, kept=False)

    def _submit(self, pool: Pool, record: Record, pack: Pack) -> "Future[PackResult]":
        """Submit what of a pack is not trained yet; the answer is read in the worker's own thread."""
        future: Future[PackResult] = Future()
        missing = record.missing(pack)
        rest = replace(pack, members=tuple(m for m in pack.members if m not in missing.members))
        kept = record.result(rest) if rest.members else None
        asked = pool.submit(missing if kept else pack)

        def pass_on(reply: "Future[Any]") -> None:
            if reply.cancelled() or not future.set_running_or_notify_cancel():
                return
            error = reply.exception()
            if error is not None:
                future.set_exception(error)
            else:
                trained = result_of(reply.result())
                future.set_result(merged(pack, missing, trained, PackResult(**kept)) if kept else trained)

        future.add_done_callback(lambda given_up: asked.cancel() if given_up.cancelled() else None)
        asked.add_done_callback(pass_on)
        return future

    def _count(self, pack: Pack, *, kept: bool) -> None:
        # a member of a halving is counted when it begins, not at every rung
        begun = sum(m.begins for m in pack.members)
        self._begun[pack.repeat] += begun
        self._progress.trained(begun, describe(pack), kept=kept)
        if (left := self._budget.first - self._begun[0]) > 0:
            warning = self._budget.warning(self._progress.seconds_for(left), self._design.folds)
            if warning:
                self._progress.say(warning)

    def _in_time(self) -> bool:
        return self._budget.lasts()

    def _prescribe(self, pool: Pool, record: Record, space: Space, analysis: Analysis) -> Prescription:
        """Tune the advised arm on all rows by inner cross-validation, and refit it there."""
        arm = analysis.verdict.arm
        self._progress.stage(f"tuning {arm_name(arm)} on all rows")
        design = replace(self._design, inner_splits=ALL_ROWS_SPLITS)
        parts = [a for a in self._design.arms if set(a) <= set(arm) and (a or not arm)]
        size = pool.describe()["pack_size"]
        procedure = tune(design, space, ALL_ROWS, 0, size, parts)
        self._progress.total(self._begun.total() + sum(map(design.trainings, parts)))
        # the budget is for the evidence; what it bought is not thrown away for want of a last step
        ((_, tuned),) = self._driven(iter([("all", procedure)]), pool, record, lambda: True)
        members = tuple(refit_members(design, tuned[arm])[: design.ensemble])
        member = members[0]
        out = self._finish(pool, record, Pack("all-refit", ALL_ROWS, 0, REFIT, members))
        return Prescription.kept(arm, member.setting, member.epochs, out["lines"], record.folder)

    def _finish(self, pool: Pool, record: Record, pack: Pack) -> dict[str, Any]:
        """Train the tuned network, unless an earlier run left the same one."""
        kept, study = record.read_json(NETWORK), record.held.get("id")
        if _is_of(kept, pack, study) and has_network(record.folder, kept, classes=bool(self._study.table.classes)):
            return dict(kept)
        self._progress.stage("training the tuned network on all rows")
        out = {**pool.finish(pack, record.folder), "pack": pack_to_dict(pack), "study": study}
        record.write_json(NETWORK, sealed({**out, "files": file_seals(record.folder, FILES)}))
        return out

    def _keep_result(self, record: Record, result: StudyResult) -> StudyResult:
        # without those of a repeat that was begun ahead and not needed, which differ from run to run
        networks = sum(self._begun[repeat] for repeat in (ALL_ROWS, *range(result.facts["repeats"])))
        result = replace(result, folder=record.folder, networks=networks, worked=self._worked())
        result = replace(result, cells=self._study.table.cells)
        record.write_json("verdict.json", result.to_dict(timing=False))
        record.write_json("evidence.json", result.evidence, lines=False)
        record.write_json(RUN, {**result.timing(), "files": file_seals(record.folder, SEALED)})
        self._progress.stage("drawing the report")
        record.write_text("report.html", written(result.findings, ".html"))
        return result


def _is_of(kept: Any, pack: Pack, study: str | None) -> bool:
    """Tell whether packs/all-refit.json tells of this network of this study."""
    try:
        return unsealed(kept) is not None and kept.get("study") == study and pack_from_dict(kept["pack"]) == pack
    except (KeyError, TypeError, AttributeError):
        return False


def merged(pack: Pack, trained: Pack, new: PackResult, kept: PackResult) -> PackResult:
    """Put the results of a pack's networks in their order: those trained now, and those of an earlier run."""
    given = {True: iter(range(len(trained.members))), False: iter(range(len(pack.members)))}
    order = [(is_new, next(given[is_new])) for is_new in (member in trained.members for member in pack.members)]
    parts = {True: vars(new), False: vars(kept)}
    return PackResult(**{name: np.stack([parts[is_new][name][i] for is_new, i in order]) for name in vars(new)})
