"""Inside a worker: packs in, losses out. Joins the table, the network and the engine."""

from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from posology.engine.program import Data, Outcome, compile_pack
from posology.engine.program import Member as EngineMember
from posology.execution.job import Job
from posology.keys import key_of
from posology.network.checks import check_model
from posology.network.export import export_model, keras_lines, set_weights
from posology.network.packed import PackedNetwork
from posology.network.sites import notes_on
from posology.network.source import open_source
from posology.plan import ALL_ROWS, REFIT, Member, Pack, PackResult, Setting
from posology.table import Preparation, Table, pad, prepared_width


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
        self._table = Table.load(Path(job.table))
        self._width = prepared_width(self._table)
        self._build = open_source(job.source)
        self._model = self._checked_build(np.zeros((2, self._width), "float32"))
        self._network = PackedNetwork(self._model)
        self._compiled: Any = None
        # rows of one fit serve many packs; two fits are enough, for packs come fit by fit
        self._fit = lru_cache(maxsize=2)(self._prepare_fit)
        self._first = lru_cache(maxsize=64)(self._first_weights)

    def _checked_build(self, x_train: np.ndarray) -> Any:
        model = self._build(x_train)
        check_model(model, str(self._job.source), self._width)
        return model

    def describe(self) -> dict[str, Any]:
        """Say what the network offers: sites, size, notes; JSON types."""
        network = self._network
        return {
            "kernels": [s.to_dict() for s in network.kernel_sites],
            "dropouts": [s.to_dict() for s in network.dropout_sites],
            "width": self._width,
            "parameters": int(self._model.count_params()),
            "optimizer": type(self._model.optimizer).__name__,
            "notes": list(notes_on(self._model)),
        }

    def run(self, pack: Pack) -> PackResult:
        """Train a pack.

        Returns
        -------
        PackResult
            Predictions in the target's unit; rows beyond the fit's own are cut off.
        """
        outcome, preparation, watched = self._train(pack)
        n = len(pack.members)
        named = {f.name: np.asarray(getattr(outcome, f.name))[:n] for f in fields(PackResult)}
        # predictions while tuning serve nobody, and curves end with the longest training: files stay small
        shown = watched if pack.split == REFIT and pack.repeat != ALL_ROWS else 0
        named["prediction"] = preparation.target_from_network(named["prediction"][:, :shown].astype(float))
        named["curve"] = named["curve"][:, : named["epochs"].max()]
        return PackResult(**named)

    def finish(self, pack: Pack, folder: Path) -> dict[str, Any]:
        """Train a pack of one member on all rows and keep it as the user's own model.

        Writes `model.keras` and the fitted preparation into `folder`.

        Returns
        -------
        dict
            The Keras lines of the prescription and the number of prepared columns; JSON types.
        """
        outcome, preparation, _ = self._train(pack)
        l1, l2, rates = self._strengths(pack.members[0].setting)
        model = export_model(self._model, l1, l2, rates)
        state = self._network.computed(outcome.state)
        set_weights(model, [a[0] for a in outcome.weights], [a[0] for a in state])
        preparation.save(folder)
        # written aside, so that a model.keras is always whole, and last, so that it means a finished study
        aside = folder / ".model.part.keras"
        model.save(aside)
        aside.replace(folder / "model.keras")
        return {"lines": self.lines(pack.members[0].setting), "width": self._width}

    def lines(self, setting: Setting) -> list[str]:
        """Write a setting as Keras lines, one a site."""
        return keras_lines(self._network.kernel_sites, self._network.dropout_sites, *self._strengths(setting))

    def _strengths(self, setting: Setting) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        kernels, drops = len(self._network.kernel_sites), len(self._network.dropout_sites)
        return (
            setting.get("l1", (0.0,) * kernels),
            setting.get("l2", (0.0,) * kernels),
            setting.get("dropout", (0.0,) * drops),
        )

    def _train(self, pack: Pack) -> tuple[Outcome, Preparation, int]:
        data, preparation = self._fit(pack.repeat, pack.fold, pack.split)
        members = self._members(pack)
        if self._compiled is None:
            batch = min(self._job.batch_size, self._job.fewest_fit_rows())
            self._compiled = compile_pack(self._network, batch, self._job.epochs, data, members)
        return self._compiled(data, members), preparation, int(data.watched_rows)

    def _prepare_fit(self, repeat: int, fold: int, split: int) -> tuple[Data, Preparation]:
        fit, watched = self._job.rows_of(Pack("", repeat, fold, split, ()))
        features, target = self._table.features, self._table.target
        preparation = Preparation.fit(features.iloc[fit], target[fit])
        watched_capacity = self._job.watched_capacity()
        data = Data(
            self._matrix(preparation, fit, len(target)),
            _tall(preparation.target_to_network(target[fit]), len(target)),
            np.asarray(len(fit), "int32"),
            self._matrix(preparation, watched, watched_capacity),
            _tall(preparation.target_to_network(target[watched]), watched_capacity),
            np.asarray(len(watched), "int32"),
        )
        return data, preparation

    def _matrix(self, preparation: Preparation, rows: np.ndarray, capacity: int) -> np.ndarray:
        wide = pad(preparation.transform(self._table.features.iloc[rows]), self._width)
        return _tall(wide, capacity)

    def _first_weights(
        self, repeat: int, fold: int, split: int, seed: int
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        data, _ = self._fit(repeat, fold, split)
        built = self._checked_build(np.asarray(data.x[: int(data.rows)]))
        return self._network.first_weights(key_of(self._job.seed, "weights", repeat, fold, split, seed), built)

    def _members(self, pack: Pack) -> EngineMember:
        """Stack a pack's members, filled up with members of no epochs."""
        idle = Member((), 0, pack.members[0].seed, {}, 0, 1)
        members = [*pack.members, *[idle] * (self._job.pack_size - len(pack.members))]
        where = (pack.repeat, pack.fold, pack.split)
        first = [self._first(*where, m.seed) for m in members]
        strengths = [self._strengths(m.setting) for m in members]
        return EngineMember(
            weights=tuple(np.stack(arrays) for arrays in zip(*(weights for weights, _ in first), strict=True)),
            state=tuple(np.stack(arrays) for arrays in zip(*(state for _, state in first), strict=True)),
            l1=np.array([s[0] for s in strengths], "float32"),
            l2=np.array([s[1] for s in strengths], "float32"),
            rates=np.array([s[2] for s in strengths], "float32"),
            key=np.array([key_of(self._job.seed, "member", *where, m.seed) for m in members], "uint32"),
            epochs=np.array([m.epochs for m in members], "int32"),
            patience=np.array([m.patience for m in members], "int32"),
        )


def _tall(values: np.ndarray, capacity: int) -> np.ndarray:
    """Fill up with rows of zeros, which are never drawn, to the capacity that all fits share."""
    out = np.zeros((capacity, *values.shape[1:]), "float32")
    out[: len(values)] = values
    return out
