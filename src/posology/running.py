"""One run of a study, from its workers to its result: evidence, verdict, prescription, files."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posology.arm_rows import arm_rows, substitutions
from posology.behaviour import Behaviour
from posology.callbacks import Begun, Resampled, Told
from posology.cocktail import Cocktail
from posology.continuing import harmless, notes_of
from posology.errors import StoppedError
from posology.evidence import evidence_of
from posology.execution import LostWorker
from posology.execution.drive import Procedure
from posology.facts import facts_of
from posology.inference import Analysis, analyze
from posology.lever_run import LeverRun, networks_of
from posology.levers import TREES, Levers
from posology.outcome_files import RUN, SEALED
from posology.plan import ALL_ROWS, tune_and_refit
from posology.posting import Posted
from posology.prescribing import prescribe, prescription_networks
from posology.progress import Progress
from posology.record import Record, check_folder
from posology.repeats import Repeats
from posology.report.writing import written
from posology.resampling import outer_folds
from posology.result import StudyResult
from posology.scoring import Found, Scores, check_trained, score
from posology.scratch import scratch_folder
from posology.seals import file_seals
from posology.space import space_of
from posology.tally import Tally
from posology.training import Training
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
        self._study, self._asked, self._design = study, study.settings, study.settings.design
        self._judge, self._clusters = study.judge, study.table.clusters
        self._progress = Posted(progress)
        self._told = Told(study.callbacks)
        self._started = time.monotonic()
        self._before = WorkingTime()
        self._tally = Tally(self._design, study.budget, self._progress)
        self._record: Record | None = None

    def result(self) -> StudyResult:
        """Train what is missing, decide, and train the prescription."""
        study = self._study
        with scratch_folder() as scratch:
            facts = {**study.facts(), "budget": study.budget}
            if study.folder is not None:
                check_folder(study.folder, facts, replace(study.continuing, texts=study.table.texts))
            self._progress.stage("starting the workers")
            with study.pool(scratch, tell=self._progress.epochs, lost=self._lost) as pool:
                network = pool.describe()
                pool.check_memory(network["memory"])
                space = space_of(network, self._asked)
                # nothing is written before the table and the network are known to be right
                study.folder = study.folder or Path(tempfile.mkdtemp(prefix="posology-study-"))
                return self._recorded(Training(pool, Record(study.folder), network, space, self._tally), facts)

    def _recorded(self, training: Training, facts: dict[str, Any]) -> StudyResult:
        """Carry the study out in its folder, and tell of its beginning and its end."""
        finished = False
        try:
            self._begin(training.record, facts)
            result = self._carry_out(training)
            finished = True
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                kept = f"What was trained is kept: Study(..., folder={str(training.record.folder)!r}).run() goes on."
                error.add_note(kept)
            self._told.stops(error)
            raise
        else:
            self._told.ends(result)
            return result
        finally:
            self._progress.end(finished=finished)
            training.record.close()

    def _begin(self, record: Record, facts: dict[str, Any]) -> None:
        self._before = WorkingTime.before(record.folder)
        record.begin(facts, self._study.continuing)
        self._record = record
        for words in record.mended:
            self._progress.say(words)
        if differs := harmless(record.held, facts["versions"]):
            self._progress.say(differs)
        self._progress.post_to(record.folder, self._worked)
        self._told.begins(Begun(record.folder, self._asked, record.held, self._design.members()))

    def _worked(self) -> WorkingTime:
        """Give how long sessions worked; looking again at a study that is finished is no work on it."""
        if self._before.sessions and not self._tally.fresh:
            return self._before
        return self._before.and_one_of(time.monotonic() - self._started)

    def _lost(self, worker: LostWorker) -> None:
        """Tell of a worker that was lost; what it was training is trained by another."""
        self._progress.say(f"{worker.reason} Another worker takes its place.")
        if self._record is not None:
            self._record.note_fault(asdict(worker))

    def _carry_out(self, training: Training) -> StudyResult:
        repeats = self._trained(training)
        found, looks = repeats.found(), repeats.looks()
        if not looks.done:
            raise StoppedError(
                f"The budget ended before one repeat of {self._design.folds} resamples was finished. What was trained "
                f"is kept; go on with: {resume_command(training.record.folder)}{self._tally.still()}"
            )
        network = training.network
        scores = self._score(found, looks.done)
        check_trained(scores, found, self._design.arms, self._design.seeds)
        analysis = self._analyzed(scores, network)
        levers = self._levers(training, found, scores, analysis)
        arm, classes = analysis.verdict.arm, bool(self._study.table.classes)
        prescription = prescribe(training, self._design, arm, self._progress.stage, classes=classes)
        facts = facts_of(self._study, network, scores, looks, found)
        facts["notes"] += notes_of(training.record.held)
        strengths, arrays = self._asked.strengths(), network["arrays"]
        result = StudyResult(
            self._asked,
            analysis,
            arm_rows(found, scores, analysis, strengths),
            prescription,
            substitutions(found, self._asked),
            facts,
            folder=training.record.folder,
            # without those of a repeat that was begun ahead and not needed, which differ from run to run
            networks=self._tally.of((ALL_ROWS, *range(looks.done))),
            worked=self._worked(),
            levers=levers,
            behaviour=self._behaviour(found, scores, levers, arrays),
            evidence=evidence_of(found, scores, analysis, self._design, strengths, arrays),
            cocktail=self._cocktail(found, scores, network),
            cells=self._study.table.cells,
        )
        self._keep(training.record, result)
        return result

    def _trained(self, training: Training) -> Repeats:
        """Train repeat after repeat, until a look, the budget or their number ends it."""
        design, size = self._design, training.pack_size
        beside = sum(networks_of(self._asked, training.network, training.space)) + prescription_networks(design)
        self._tally.expect(design.members() + beside)
        repeats = Repeats(self._asked, self._score, self._progress.say, self._judge.measure, self._clusters)
        resamples = [(r, f) for r in range(design.repeats) for f in range(design.folds)]
        procedures: Iterator[tuple[Any, Procedure]] = (
            (where, tune_and_refit(design, training.space, *where, size)) for where in resamples
        )
        with closing(training.driven(procedures)) as driven:
            for done, (where, outcome) in enumerate(driven, start=1):
                goes_on = repeats.add(where, outcome)
                self._told.resampled(Resampled(where, done, len(resamples), self._tally.total))
                if not goes_on:
                    break
        return repeats

    def _score(self, found: Found, repeats: int) -> Scores:
        table, design = self._study.table, self._design
        folds = outer_folds(table.n_rows, design.folds, design.repeats, design.seed, table.strata, table.clusters)
        return score(found, design.arms, range(repeats), folds, self._judge, design.ensemble)

    def _analyzed(self, scores: Scores, network: dict[str, Any]) -> Analysis:
        return analyze(
            scores.losses,
            scores.folds,
            self._design.arms,
            margin=self._asked.margin,
            columns=network["width"],
            capped_share=scores.capped_share,
            measure=self._judge.measure,
            clusters=self._clusters,
        )

    def _levers(self, training: Training, found: Found, scores: Scores, analysis: Analysis) -> Levers | None:
        """Score what stands beside the arms."""
        if not self._asked.levers:
            return None
        self._progress.stage("scoring trees, a linear model, the network as written and arms without early stopping")
        arm = analysis.verdict.arm
        beside = networks_of(self._asked, training.network, training.space, scores.losses.shape[1])
        self._tally.expect(sum(beside) + prescription_networks(self._design, arm))
        run = LeverRun(self._design, self._judge, training, self._clusters)
        return run.levers(found, scores, analysis.arms, arm)

    def _behaviour(self, found: Found, scores: Scores, levers: Levers | None, arrays: list[str]) -> Behaviour:
        """Collect how the networks of each arm behave."""
        same = self._judge.measure.name in ("r2", "log_loss")  # that of the gap
        trees = levers.named(TREES) if levers and same else None
        reached = trees.score if trees else None
        return Behaviour.of(found, self._design.arms, arrays, scores, self._asked.margin, reached)

    def _cocktail(self, found: Found, scores: Scores, network: dict[str, Any]) -> Cocktail | None:
        """Collect what was mixed, where that was asked."""
        if not self._design.cabinet:
            return None
        return Cocktail.of(
            found,
            self._design,
            self._judge,
            scores.folds,
            self._clusters,
            margin=self._asked.margin,
            columns=network["width"],
            capped_share=scores.capped_share,
        )

    def _keep(self, record: Record, result: StudyResult) -> None:
        record.write_json("verdict.json", result.to_dict(timing=False))
        record.write_json("evidence.json", result.evidence, lines=False)
        record.write_json(RUN, {**result.timing(), "files": file_seals(record.folder, SEALED)})
        self._progress.stage("drawing the report")
        record.write_text("report.html", written(result.findings, ".html"))
