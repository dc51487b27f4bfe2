"""Run many procedures side by side on a pool: each waits only for its own packs.

A procedure is a generator that yields packs and is sent their results (`plan.procedure`). Packs found in the record
are answered from there, so that a resumed study redoes nothing.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
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


def drive(
    procedures: Iterable[tuple[Any, Procedure]],
    submit: Submit,
    known: Callable[[Pack], PackResult | None],
    on_pack: Callable[[Pack, PackResult], None],
    ahead: int,
    tick: Callable[[], bool] = lambda: True,
) -> Iterator[tuple[Any, Any]]:
    """Advance procedures until all have returned; give (name, returned value) as each does.

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
    waiting = iter(procedures)
    futures: dict[Future[PackResult], tuple[_Running, int]] = {}
    done: list[tuple[Any, Any]] = []

    def advance(run: _Running, send: list[PackResult] | None) -> None:
        """Send results in, until packs come out that must be trained."""
        try:
            while True:
                run.packs = run.procedure.send(send)  # type: ignore[arg-type]  # None starts a generator
                run.results = {i: r for i, p in enumerate(run.packs) if (r := known(p)) is not None}
                missing = [i for i in range(len(run.packs)) if i not in run.results]
                for i in missing:
                    futures[submit(run.packs[i])] = (run, i)
                if missing:
                    return
                send = _in_order(run)
        except StopIteration as end:
            done.append((run.name, end.value))

    while True:
        while len(futures) < ahead and (following := next(waiting, None)) is not None:
            advance(_Running(*following), None)
        yield from done
        done.clear()
        if not futures:
            return
        if not tick():
            return
        finished, _ = wait(futures, timeout=1.0, return_when=FIRST_COMPLETED)
        for future in finished:
            run, i = futures.pop(future)
            run.results[i] = future.result()
            on_pack(run.packs[i], run.results[i])
            if len(run.results) == len(run.packs):
                advance(run, _in_order(run))


def _in_order(run: _Running) -> list[PackResult]:
    return [run.results[i] for i in range(len(run.packs))]
