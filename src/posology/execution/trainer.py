"""Inside a worker: packs in, losses out. Joins the table, the network and the engine."""

import traceback
from dataclasses import fields, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from posology.engine.member import Outcome
from posology.errors import InputError
from posology.execution.carried import Carried
from posology.execution.course import Course, plateau_of
from posology.execution.description import Description
from posology.execution.fits import Fit, FitStore
from posology.execution.inlets import lay_out
from posology.execution.job import Job
from posology.execution.pack_training import Chunks, PackTraining, Report
from posology.execution.probing import Prober, norms_of
from posology.execution.programs import Programs
from posology.execution.proving import first_rows, notes_on_liveness
from posology.execution.rivals import predict_rival
from posology.execution.stacking import Stacking
from posology.execution.variants import Variants
from posology.keys import key_of
from posology.network.average import average_of
from posology.network.checks import check_model
from posology.network.conditions import check_conditions
from posology.network.doses import doses_of
from posology.network.export import export_model, set_weights
from posology.network.faithful import check_faithful
from posology.network.given_weights import notes_on_seeds, notes_on_weights
from posology.network.head_checks import check_scales
from posology.network.lines import keras_lines
from posology.network.liveness import Proof
from posology.network.outputs import notes_on_outputs
from posology.network.packed import PackedNetwork
from posology.network.sites import Dose, check_choice, notes_on
from posology.network.source import open_source
from posology.plan import ALL_ROWS, REFIT, Pack, PackResult, Setting
from posology.plan.schedules import scheduled_lines
from posology.table import Classes, Table


def _silent(_epochs: int) -> None:
    pass


class Trainer:
    """Trains the packs of one study.

    Parameters
    ----------
    job : Job
        The study's constants.

    Raises
    ------
    InputError
        The network cannot be studied.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        if job.fingerprint and job.source.fingerprint() != job.fingerprint:
            raise InputError(
                f"The network file '{job.source.where}', or a file beside it that it imports, was changed while the "
                "study ran. Put it back as it was and continue, or start a new study in another --out."
            )
        table = Table.load(Path(job.table))
        self._table, self._classes = table, table.classes
        sizes = len(table.classes), job.design.epochs, job.batch(), table.n_targets
        self._build = open_source(job.source, *sizes, job.score)
        self._layout, self._model, self._notes = lay_out(self._build, str(job.source), table, job.inputs)
        self._fits = FitStore(Path(job.scratch) / "fits", table, self._layout, job)
        self._carried = Carried(Path(job.scratch) / "carried")
        check_choice(self._model, job.choice)
        self._network = PackedNetwork(self._model, job.regularizers, job.choice, len(table.classes), table.n_targets)
        check_conditions(self._model, str(job.source), job.regularizers, self._network.kernel_sites)
        self._plateau = plateau_of(job.design.callbacks, self._network)
        self._description = Description(job, self._model, self._network, self._layout.width)
        self._pack_size = self._room = self._description.pack_size
        self._variants = Variants(job, self._model, self._network)
        self._programs = Programs(job, self._variants)
        self._chunks = Chunks(job.design.epochs)
        # rows of one fit serve many packs; two fits are enough, for packs come fit by fit
        self._fit = lru_cache(maxsize=2)(self._fits.fit)
        self._built = lru_cache(maxsize=2)(self._build_for_fit)
        self._first = lru_cache(maxsize=64)(self._first_weights)
        self._prober = cache(self._probing)
        self._stacking = Stacking(job, self._network, self._plateau, self._first)

    def describe(self, *, proves: bool = True) -> dict[str, Any]:
        """Say what the network offers: sites, size, notes; JSON types.

        Parameters
        ----------
        proves : bool
            Whether to run the network, to see that its regularizers act.

        Raises
        ------
        InputError
            One acts nowhere.
        """
        proved, warnings = self._prove() if proves else ([], [])
        about = [*notes_on_outputs(self._model), *notes_on(self._model, self._job.choice), *notes_on_seeds(self._model)]
        notes = [*self._notes, *about, *proved]
        return {**self._description.to_dict(), "codes": self._layout.codes, "notes": notes, "warnings": warnings}

    def _prove(self) -> tuple[list[str], list[dict[str, Any]]]:
        """Run the network on rows of the first fit; give notes on what does not act, and the structure's warnings."""
        self._variants.prove()
        check_scales(self._model, str(self._job.source), len(self._classes), self._table.n_targets)
        check_faithful(self._model, str(self._job.source), self._layout.width)
        x, y = first_rows(self._fit(0, 0, 0).data)
        first = self._first(0, 0, 0, 0)
        proof = Proof(self._model, self._network, first, x, y, self._job.design.seed)
        warnings = [*self._variants.warnings(), *proof.strength_warnings()]
        own = notes_on_weights(self._job.source, self._model, self._built(0, 0, 0), first[0])
        return [*own, *notes_on_liveness(proof.liveness())], [w.to_dict() for w in warnings]

    def run(self, pack: Pack, report: Report = _silent, room: int | None = None) -> PackResult:
        """Train a pack.

        Parameters
        ----------
        pack : Pack
            Its members share a fit.
        report : callable
            Told about progress, about twice a second.
        room : int, optional
            Members that the program has place for, where memory is short; the size of a pack when absent. The result is
            the same to the bit.

        Returns
        -------
        PackResult
            Predictions in the target's unit, or probabilities of its classes; rows beyond the fit's own are cut off.
        """
        fit = self._fit(pack.repeat, pack.fold, pack.split)
        self._room = room or self._pack_size
        outcome = self._train(pack, fit, report)
        n = len(pack.members)
        own = [f.name for f in fields(PackResult) if f.name in Outcome._fields]
        named = {name: np.asarray(getattr(outcome, name))[:n] for name in own}
        # predictions while tuning serve nobody: files stay small
        shown = fit.watched if pack.split == REFIT and pack.repeat != ALL_ROWS else 0
        answers = self._network.answers(named["prediction"][:, :, :shown])
        named["prediction"] = answers if self._classes else fit.target_from_network(answers)
        probed, norms = self._look(pack, fit, outcome) if shown else (np.zeros((n, 0)), np.zeros((n, 0, 0), "float32"))
        return PackResult(**named, probed=probed, norms=norms)

    def _look(self, pack: Pack, fit: Fit, outcome: Outcome) -> tuple[np.ndarray, np.ndarray]:
        """Look at refits where they are scored first: at the chosen epoch."""
        n, (_, outside) = len(pack.members), self._fits.rows_of(pack)
        where = (pack.repeat, pack.fold)
        norm = self._programs.norm_of(pack)
        own = self._variants.own_arrays(outcome.weights, norm)
        return self._prober(norm).withstood(fit, outside, where, outcome, n), norms_of(own, n)

    def _probing(self, norm: str) -> Prober:
        model, network = self._variants.model(norm), self._variants.packed(norm)
        return Prober(model, network, self._table, self._layout, self._job.design.seed)

    def finish(self, pack: Pack, folder: Path, report: Report = _silent) -> dict[str, Any]:
        """Train members on all rows and keep their average, or the one member, as the user's own model.

        Writes `model.keras` and the fitted preparation into `folder`.

        Returns
        -------
        dict
            The Keras lines of the prescription and the number of prepared columns; JSON types.
        """
        size = self._room = self._pack_size
        parts = [replace(pack, members=pack.members[i : i + size]) for i in range(0, len(pack.members), size)]
        head = self._network.head
        model = average_of([model for part in parts for model in self._models(part, report)], head)
        self._fits.preparation(self._fits.rows_of(pack)[0]).save(folder)
        self._layout.save(folder)
        if self._classes:
            logits, labels = head.logits and len(pack.members) == 1, self._table.labels
            Classes(labels or self._classes, logits, labels=bool(labels)).save(folder)
        # written aside, so that a model.keras is always whole, and last, so that it means a finished study
        aside = folder / ".model.part.keras"
        model.save(aside)
        aside.replace(folder / "model.keras")
        first = pack.members[0]
        lines = [*self.lines(first.setting), *scheduled_lines(first.arm, self._job.design.epochs)]
        return {"lines": lines, "width": self._layout.width}

    def rival(self, name: str, repeat: int, fold: int, level: float = 0.0) -> np.ndarray:
        """Predict the held-out rows of a resample with a model that is no network; none where it cannot be fitted."""
        inside, outside = self._fits.rows_of(Pack("", repeat, fold, REFIT, ()))
        try:
            key = key_of(self._job.design.seed, "rival", name, repeat, fold)
            return predict_rival(name, self._table, inside, outside, key, self._fits.weights(inside), level)
        except (ValueError, np.linalg.LinAlgError):
            traceback.print_exc()  # into the worker's log: a lever that fails must not end a study
            return np.zeros(0)

    def _models(self, pack: Pack, report: Report) -> list[Any]:
        """Train members and give each as the user's own model."""
        outcome = self._train(pack, self._fit(pack.repeat, pack.fold, pack.split), report)
        norm = self._programs.norm_of(pack)
        state, models = self._variants.packed(norm).computed(outcome.state), []
        for i, member in enumerate(pack.members):
            model = export_model(self._model, self._doses(member.setting))
            set_weights(model, [a[i] for a in outcome.weights], [a[i] for a in state], self._variants.model(norm))
            models.append(model)
        return models

    def lines(self, setting: Setting) -> list[str]:
        """Write a setting as Keras lines, one a site."""
        return keras_lines(self._doses(setting))

    def _doses(self, setting: Setting) -> list[Dose]:
        return doses_of(self._network.places, setting)

    def _train(self, pack: Pack, fit: Fit, report: Report) -> Outcome:
        """Train a pack; predictions get a snapshot axis after that of the members."""
        acting = self._programs.regularizers_of(pack)
        members = self._stacking.members(pack, acting, self._room)
        program = self._programs.program(fit, members, acting, self._room)
        course = Course.of(pack, self._room, self._plateau)
        training = PackTraining(program, fit.data, members, course, self._chunks, report)
        if pack.split == REFIT and pack.repeat != ALL_ROWS:
            return training.scored_at(self._stacking.scored_at(pack, self._room), training.start())
        run = training.advanced(self._carried.begun(pack, training.start()))
        self._carried.paused(pack, run)
        return training.outcome(run)

    def _build_for_fit(self, repeat: int, fold: int, split: int) -> Any:
        model = self._build(self._layout.by_input(self._fit(repeat, fold, split).training_rows()))
        widths = [slot.width for slot in self._layout.slots]
        check_model(model, str(self._job.source), widths, len(self._classes), self._table.n_targets)
        return model

    def _first_weights(
        self, repeat: int, fold: int, split: int, seed: int, norm: str = ""
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        key = key_of(self._job.design.seed, "weights", repeat, fold, split, seed)
        return self._variants.first_weights(key, self._built(repeat, fold, split), norm)
