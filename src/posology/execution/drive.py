"""Run many procedures side by side on a pool: each waits only for its own packs.

A procedure is a generator that yields packs and is sent their results (`plan.procedure`). Packs found in the record
are answered from there, so that a resumed study redoes nothing.
"""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any

from posology.plan import Pack, PackResult

Procedure = Generator[list[Pack], list[PackResult], Any]
Submit = Callable[[Pack], "Future[PackResult]"]


@dataclass
class _Running:
    name: Any
    procedure: Procedure
    packs: list[Pack] = field(default_factory=list)
    results: dict[int, PackResult] = field(default_factory=dict)

    def in_order(self) -> list[PackResult]:
        return [self.results[i] for i in range(len(self.packs))]


def drive(
    procedures: Iterable[tuple[Any, Procedure]],
    submit: Submit,
    known: Callable[[Pack], PackResult | None],
    on_pack: Callable[[Pack, PackResult], None],
    ahead: int,
    tick: Callable[[], bool] = lambda: True,
) -> Generator[tuple[Any, Any], None, None]:
    """Advance procedures until all have returned; give (name, returned value) as each does.

    Where it ends or is closed before that, packs that no worker has begun are given up.

    Parameters
    ----------
    procedures
        Named, in the order in which they should be started.
    submit
        Trains a pack somewhere; packs are taken in order of submission.
    known
        A result kept from an earlier run, or None.
    on_pack
        Called with every newly trained pack before its procedure goes on: the place to keep it.
    ahead
        Packs to keep submitted, so that no worker waits.
    tick
        Called about once a second and after every pack; False stops without starting anything more.
    """
    waiting, desk = iter(procedures), _Desk(submit, known, on_pack)
    try:
        while True:
            while len(desk.futures) < ahead and (following := next(waiting, None)) is not None:
                desk.advance(_Running(*following), None)
            yield from desk.take_done()
            if not desk.futures or not tick():
                return
            desk.collect()
    finally:
        for future in desk.futures:
            future.cancel()


class _Desk:
    """Packs that are out, and procedures that have returned."""

    def __init__(
        self,
        submit: Submit,
        known: Callable[[Pack], PackResult | None],
        on_pack: Callable[[Pack, PackResult], None],
    ) -> None:
        self._submit, self._known, self._on_pack = submit, known, on_pack
        self.futures: dict[Future[PackResult], tuple[_Running, int]] = {}
        self._done: list[tuple[Any, Any]] = []

    def advance(self, run: _Running, send: list[PackResult] | None) -> None:
        """Send results in, until packs come out that must be trained."""
        try:
            while True:
                run.packs = run.procedure.send(send)  # type: ignore[arg-type]  # None starts a generator
                run.results = {i: r for i, p in enumerate(run.packs) if (r := self._known(p)) is not None}
                missing = [i for i in range(len(run.packs)) if i not in run.results]
                self.futures |= {self._submit(run.packs[i]): (run, i) for i in missing}
                if missing:
                    return
                send = run.in_order()
        except StopIteration as end:
            self._done.append((run.name, end.value))

    def collect(self) -> None:
        """Wait a moment for packs, keep them, and let their procedures go on."""
        finished, _ = wait(self.futures, timeout=1.0, return_when=FIRST_COMPLETED)
        # results first: what was trained is kept even where another pack of the same moment failed
        for future in sorted(finished, key=lambda f: f.exception() is not None):
            run, i = self.futures.pop(future)
            run.results[i] = future.result()
            self._on_pack(run.packs[i], run.results[i])
            if len(run.results) == len(run.packs):
                self.advance(run, run.in_order())

    def take_done(self) -> list[tuple[Any, Any]]:
        """Give the procedures that have returned since the last call."""
        done, self._done = self._done, []
        return done
