"""The networks of a run as they are begun: counted, told, and a budget that is too small for a verdict seen early."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from posology.budget import Budget
from posology.durations import about
from posology.plan import Design, Pack
from posology.plan.members import describe
from posology.posting import Posted


class Tally:
    """Counts the networks of a run by repeat, those of an earlier run included.

    Parameters
    ----------
    design : Design
    seconds : float or None
        Of the budget, which begins now; None where there is no end.
    progress : Posted
        Who is told.

    Attributes
    ----------
    fresh : bool
        Whether anything was trained in this run.
    """

    def __init__(self, design: Design, seconds: float | None, progress: Posted) -> None:
        self._folds, self._progress = design.folds, progress
        self._begun: Counter[int] = Counter()
        self.fresh = False
        self._budget = Budget(seconds, replace(design, repeats=1).members())

    def count(self, pack: Pack, *, kept: bool) -> None:
        """Count the networks of a pack that was trained, or kept from an earlier run."""
        # a member of a halving is counted when it begins, not at every rung
        begun = sum(m.begins for m in pack.members)
        self._begun[pack.repeat] += begun
        self.fresh |= not kept
        self._progress.trained(begun, describe(pack), kept=kept)
        if (left := self._left_of_first()) > 0:
            warning = self._budget.warning(self._progress.seconds_for(left), self._folds)
            if warning:
                self._progress.say(warning)

    def expect(self, more: int) -> None:
        """Tell that so many networks may come to those that there are."""
        self._progress.total(self.total + more)

    @property
    def total(self) -> int:
        """How many there are so far."""
        return self._begun.total()

    def of(self, repeats: Iterable[int]) -> int:
        """Give the networks of these repeats."""
        return sum(self._begun[repeat] for repeat in repeats)

    def in_time(self) -> bool:
        """Tell whether the budget lasts."""
        return self._budget.lasts()

    def still(self) -> str:
        """Say how long the first repeat still takes, where that is known."""
        left = self._progress.seconds_for(max(0, self._left_of_first()))
        return f" (the first repeat takes {about(left)} more)" if left else ""

    def _left_of_first(self) -> int:
        return self._budget.first - self._begun[0]
