"""The time that the evidence may take, and whether one repeat, without which there is no verdict, fits in it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from posology.durations import about, in_words

CLEARLY = 1.5
"""So many times the budget are too much at any time; from half of it on, its whole is."""


@dataclass
class Budget:
    """What is left of a budget, and a word as soon as it is seen to be too small.

    Parameters
    ----------
    seconds : float or None
        None where there is no end.
    first : int
        Networks of the first repeat.
    clock : callable
        Seconds.

    Examples
    --------
    >>> seconds = iter([0.0, 30.0])
    >>> budget = Budget(120.0, first=600, clock=lambda: next(seconds))
    >>> print(budget.warning(570.0, folds=5))
    Too little time: one repeat of 5 resamples, the least for a verdict, takes about 10 min in all at the pace so far,
    and --budget is 2 min 0 s. Ctrl-C keeps what is trained; go on with a larger --budget, or start in another --out
    with fewer --trials or --epochs.
    """

    seconds: float | None
    first: int
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._told = False

    def lasts(self) -> bool:
        """Tell whether there is time left."""
        return self.seconds is None or self.clock() - self._began < self.seconds

    def warning(self, left: float | None, folds: int) -> str:
        """Say once that the first repeat, which takes so many seconds more, does not fit; else nothing."""
        if self.seconds is None or self._told or left is None:
            return ""
        gone = self.clock() - self._began
        needed = gone + left
        if needed <= self.seconds * (1.0 if gone > self.seconds / 2 else CLEARLY):
            return ""
        self._told = True
        return (
            f"Too little time: one repeat of {folds} resamples, the least for a verdict, takes {about(needed)} in all "
            f"at the pace so far,\nand --budget is {in_words(self.seconds)}. Ctrl-C keeps what is trained; go on with "
            "a larger --budget, or start in another --out\nwith fewer --trials or --epochs."
        )
