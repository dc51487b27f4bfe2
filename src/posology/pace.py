"""How far a study is, and how long it will take: counted, and said in the user's words."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from posology.durations import about


@dataclass
class Pace:
    """Counts what a study trains.

    Parameters
    ----------
    stage : str
        What is happening.
    networks : int
        Trained so far, those of an earlier run included.
    kept : int
        Of them, those of an earlier run: they took no time.
    at_most : int
        The most that the study may come to; 0 while that is not known.
    epochs : int
        Trained in this run.
    clock : callable
        Seconds.

    Examples
    --------
    >>> seconds = iter([0.0, 3.0, 13.0, 13.0])
    >>> pace = Pace("tuning dropout", clock=lambda: next(seconds))
    >>> pace.expect(1600)
    >>> pace.count(312)
    >>> pace.words()
    'tuning dropout: 312 of at most 1,600 networks, about 40 s left'
    """

    stage: str = ""
    networks: int = 0
    kept: int = 0
    at_most: int = 0
    epochs: int = 0
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._marks: list[tuple[int, float]] = []

    def expect(self, networks: int) -> None:
        """Give the most that it may come to; the first time, what came before was no training."""
        if not self.at_most:
            self._began = self.clock()
        self.at_most = networks

    def count(self, networks: int, *, kept: bool = False) -> None:
        """Count trained networks; last of all those that there are, for other threads read the pace meanwhile."""
        self.kept += networks * kept
        if not kept:
            self._marks.append((self.networks - self.kept + networks, self.clock()))
        self.networks += networks

    def seconds_left(self) -> float | None:
        """Give the seconds to the most that the study may come to, at the pace of late; None before any training.

        It counts down from one pack of networks to the next, and grows where the next is late.
        """
        trained, left = self.networks - self.kept, self.at_most - self.networks
        if trained <= 0 or left <= 0:
            return None
        now = self.clock()
        each, between = self._late(trained, now)
        return max(0.0, each * left - min(now - self._marks[-1][1], between))

    def seconds_for(self, networks: int) -> float | None:
        """Give the seconds that so many networks take at the pace of late; None before two packs of them."""
        trained = self.networks - self.kept
        return self._late(trained, self.clock())[0] * networks if len(self._marks) > 1 and trained else None

    def _late(self, trained: int, now: float) -> tuple[float, float]:
        """Give the seconds of a network and those between two packs, over the later half of those trained.

        The first ones wait for compilations.
        """
        at, since = next((mark for mark in self._marks if 2 * mark[0] >= trained), (trained, self._began))
        at, since = (0, self._began) if at == trained else (at, since)
        packs = sum(n > at for n, _ in self._marks)
        seconds, networks = self._marks[-1][1] - since, trained - at
        # a pack that is late is counted as if it came now
        late = (now - since) / (networks + networks / packs)
        return max(seconds / networks, late), seconds / packs

    def counted(self) -> str:
        """Say how many networks of how many, and how long; nothing before the number is known and after the last."""
        if self.networks >= self.at_most:
            return ""
        left = self.seconds_left()
        time_left = "" if left is None else f", {about(left)} left"
        return f"{self.networks:,} of at most {self.at_most:,} networks{time_left}"

    def words(self) -> str:
        """Say what happens, and how far it is."""
        return ": ".join(filter(None, (self.stage, self.counted())))

    def to_dict(self) -> dict[str, Any]:
        """Give the counts as JSON types."""
        counts = {name: getattr(self, name) for name in ("stage", "networks", "kept", "at_most", "epochs")}
        return {**counts, "seconds_left": self.seconds_left(), "words": self.words()}
