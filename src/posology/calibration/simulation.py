"""`posology calibrate`: simulate studies of known truth, and judge the verdict by its targets."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from posology.calibration.generators import Generator, suite
from posology.calibration.nested import nested
from posology.calibration.outcome import Outcome, gathered, simulate
from posology.calibration.own_table import flipped, flips, own_rows, shuffled
from posology.calibration.power import Power, power
from posology.calibration.targets import Target, targets
from posology.errors import InputError
from posology.inference import analyze
from posology.table import Table
from posology.wording import did_you_mean

DEFAULT = ("N0", "N2", "N3", "E1", "A1")
"""What every target but coverage under stress needs, in some minutes."""

Tell = Callable[[str, int, int], None]
"""Is told the generator, the studies done and those asked for."""


@dataclass(frozen=True)
class Calibration:
    """Targets with their rates, and what other tests would have done."""

    targets: list[Target]
    power: list[Power]

    @property
    def missed(self) -> list[Target]:
        """List the targets that the studies show to be missed."""
        return [t for t in self.targets if t.inside == "no"]

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON types."""
        judged = [{**asdict(t), "inside": t.inside} for t in self.targets]
        return {"targets": judged, "power": [asdict(p) for p in self.power]}


def calibrate(
    names: Sequence[str] = DEFAULT,
    studies: int = 200,
    *,
    rows: int | None = None,
    columns: int | None = None,
    table: Table | None = None,
    seed: int = 0,
    tell: Tell = lambda *_: None,
) -> Calibration:
    """Simulate studies and judge them.

    Parameters
    ----------
    names : sequence of str
        Generators of `generators.suite`; not used with a table.
    studies : int
        Of each generator.
    rows, columns : int, optional
        Of every simulated table; of each generator its own by default. With a table, rows of a random sample.
    table : Table, optional
        Calibrate on nulls made of this table.

    Raises
    ------
    InputError
        An unknown generator, too few studies, rows or columns, a table with classes.
    """
    for name, value, least in (("studies", studies, 2), ("rows", rows, 40), ("columns", columns, 4)):
        if value is not None and value < least:
            raise InputError(f"{name} is {value}; it must be at least {least}.")
    # the matrices are small: threads would only wait for each other
    with threadpool_limits(1):
        if table is not None:
            return _on_table(table, rows, studies, seed, tell)
        generators = _chosen(names, suite(rows, columns))
        every = chain.from_iterable(_told(g, studies, partial(simulate, g, seed=seed), tell) for g in generators)
        judged = _judged(every, generators)
        return Calibration([*judged.targets, *(same_again(g, seed) for g in generators[:1])], judged.power)


def _chosen(names: Sequence[str], known: dict[str, Generator]) -> list[Generator]:
    if not names:
        raise InputError(f"No generator is named. Known: {', '.join(known)}.")
    for name in names:
        if name not in known:
            raise InputError(f"Unknown generator '{name}'.{did_you_mean(name, known)} Known: {', '.join(known)}.")
    return [known[name] for name in dict.fromkeys(names)]


def _on_table(table: Table, rows: int | None, studies: int, seed: int, tell: Tell) -> Calibration:
    own = own_rows(table, rows, seed)
    tied, noise = flipped(own), shuffled(own)
    signs = flips(tied, own, studies, seed)
    first = _told(tied, studies, lambda _: [next(signs)], tell)
    second = _told(noise, studies, partial(simulate, noise, seed=seed), tell)
    return _judged(chain(first, second), [tied, noise])


def _told(asked: Generator, studies: int, one: Callable[[int], Iterable[Outcome]], tell: Tell) -> Iterator[Outcome]:
    for index in range(studies):
        yield from one(index)
        tell(asked.name, index + 1, studies)


def _judged(outcomes: Iterable[Outcome], generators: Sequence[Generator]) -> Calibration:
    studied = gathered(outcomes, generators)
    return Calibration(targets(studied), power(studied))


def same_again(asked: Generator, seed: int, studies: int = 3) -> Target:
    """Count studies whose analysis is the same to the byte when repeated, and in any order of the arms (T10)."""
    same = [_same(asked, seed, index) for index in range(studies)]
    rate = float(np.mean(same))
    return Target("T10", asked.name, "the same again, and in any order", rate, studies, rate, rate, 1.0, most=False)


def _same(asked: Generator, seed: int, index: int) -> bool:
    table, _ = asked.draw(np.random.default_rng(index), asked.rows, 1)
    texts = []
    for order in (slice(None), slice(None), slice(None, None, -1)):
        scored = nested(asked, table, seed)
        texts.append(json.dumps(analyze(scored.losses[order], scored.folds, asked.arms[order]).to_dict()))
    return len(set(texts)) == 1
