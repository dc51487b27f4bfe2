"""A study's packs on their way: what its record has is not trained again, what is trained is kept there."""

from collections.abc import Generator, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from posology.execution import Pool, result_of
from posology.execution.drive import Procedure, drive
from posology.plan import Pack, PackResult, Space
from posology.record import Record
from posology.tally import Tally


@dataclass(frozen=True)
class Training:
    """Trains the packs of a study's procedures.

    Parameters
    ----------
    pool : Pool
    record : Record
    network : dict
        What a worker says of the network (`Trainer.describe`).
    space : Space
        Of the strengths that are searched in it.
    tally : Tally
        Told of every pack.
    """

    pool: Pool
    record: Record
    network: dict[str, Any]
    space: Space
    tally: Tally

    @property
    def pack_size(self) -> int:
        """How many members a pack has at most."""
        return int(self.network["pack_size"])

    def driven(
        self, procedures: Iterator[tuple[Any, Procedure]], *, unhurried: bool = False
    ) -> Generator[tuple[Any, Any], None, None]:
        """Advance procedures side by side; give (name, returned value) as each ends.

        It ends early where the budget does, unless `unhurried`.
        """
        return drive(
            procedures,
            submit=self._submit,
            known=self._known,
            on_pack=self._keep,
            ahead=2 * self.pool.workers,
            tick=(lambda: True) if unhurried else self.tally.in_time,
        )

    def _known(self, pack: Pack) -> PackResult | None:
        arrays = self.record.result(pack)
        if arrays is None:
            return None
        self.tally.count(pack, kept=True)
        return PackResult(**arrays)

    def _keep(self, pack: Pack, result: PackResult) -> None:
        missing = self.record.missing(pack)
        places = [i for i, member in enumerate(pack.members) if member in missing.members]
        self.record.keep(missing, {name: values[places] for name, values in vars(result).items()})
        self.tally.count(pack, kept=False)

    def _submit(self, pack: Pack) -> "Future[PackResult]":
        """Submit what of a pack is not trained yet; the answer is read in the worker's own thread."""
        future: Future[PackResult] = Future()
        missing = self.record.missing(pack)
        rest = replace(pack, members=tuple(m for m in pack.members if m not in missing.members))
        kept = self.record.result(rest) if rest.members else None
        asked = self.pool.submit(missing if kept else pack)

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


def merged(pack: Pack, trained: Pack, new: PackResult, kept: PackResult) -> PackResult:
    """Put the results of a pack's networks in their order: those trained now, and those of an earlier run."""
    given = {True: iter(range(len(trained.members))), False: iter(range(len(pack.members)))}
    order = [(is_new, next(given[is_new])) for is_new in (member in trained.members for member in pack.members)]
    parts = {True: vars(new), False: vars(kept)}
    return PackResult(**{name: np.stack([parts[is_new][name][i] for is_new, i in order]) for name in vars(new)})
