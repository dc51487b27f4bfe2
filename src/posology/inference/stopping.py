"""When a study has trained enough: looks at complete repeats, and what each look decides."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from posology.inference.best import compare_with_best
from posology.inference.covariance import Clusters, Folds, Losses, estimate
from posology.inference.measures import R2, Measure
from posology.inference.outlook import HOPELESS, chance_of_settling, repeats_could, settled
from posology.inference.plain import in_canonical_order, name_of
from posology.inference.resolution import FirstSight
from posology.inference.verdict import Arm, Kind, Verdict, decide

MOST_LOOKS = 7
"""Looks of a study, the last among them."""

EARLY_LEVEL = 0.975
"""Confidence that stopping before the last repeat takes: with 95% at every look, a tie whose noise is all of fits was
called combine in 5.4% of studies (docs/statistics.md). The last look is made with 95%, as if it were the only one."""


class Outcome(StrEnum):
    """What a look decides."""

    GO_ON = "go on"
    DECIDED = "decided"
    HOPELESS = "hopeless"


@dataclass(frozen=True)
class Look:
    """One look at the losses of the repeats so far.

    Parameters
    ----------
    repeat : int
        Complete repeats.
    kind : Kind
        Of the verdict with 95% confidence, were it made now.
    arm : tuple of str
        Of that verdict.
    outcome : Outcome
    chance : float or None
        That endless repeats on these rows would settle what is open; None where nothing is.
    """

    repeat: int
    kind: Kind
    arm: Arm
    outcome: Outcome
    chance: float | None

    @property
    def reason(self) -> str:
        """Say why, in a few words."""
        if self.outcome is Outcome.DECIDED:
            return "decided"
        if self.outcome is Outcome.HOPELESS:
            return "more repeats would not decide it"
        if self.chance is None:
            return f"decided with 95% confidence; to stop early takes {EARLY_LEVEL:.1%}"
        return f"open: more repeats {repeats_could(self.chance)} decide it"

    def to_dict(self) -> dict[str, Any]:
        """Give the look as JSON types."""
        return {
            "repeat": self.repeat,
            "kind": self.kind.value,
            "arm": name_of(self.arm),
            "outcome": self.outcome.value,
            "chance_of_settling": self.chance,
            "reason": self.reason,
        }


class Ending(StrEnum):
    """Why a study trained no more repeats."""

    DECIDED = "decided"
    HOPELESS = "hopeless"
    BUDGET = "budget"
    ALL_REPEATS = "all repeats"


@dataclass(frozen=True)
class Looks:
    """How far a study went, and why no further.

    Parameters
    ----------
    planned, done : int
        Repeats: at most, and those that the verdict stands on.
    looks : tuple of Look
        In order; none where all repeats were asked for.
    first : FirstSight or None
        What the first repeat promised; None where one was all.
    """

    planned: int
    done: int
    looks: tuple[Look, ...] = ()
    first: FirstSight | None = None

    @property
    def ending(self) -> Ending:
        """Say why it ended."""
        if self.done >= self.planned:
            return Ending.ALL_REPEATS
        last = self.looks[-1].outcome if self.looks else Outcome.GO_ON
        return Ending.BUDGET if last is Outcome.GO_ON else Ending(last.value)

    @property
    def sentence(self) -> str:
        """Say when it ended and why.

        Examples
        --------
        >>> Looks(5, 3, (Look(3, Kind.COMBINE, ("l1", "dropout"), Outcome.DECIDED, None),)).sentence
        'stopped after 3 of 5 repeats: decided'
        """
        after = f"after {self.done} of {self.planned} repeats"
        if self.ending is Ending.ALL_REPEATS:
            return "all repeats" if self.planned > 1 else "one repeat"
        return (
            f"the budget ended {after}" if self.ending is Ending.BUDGET else f"stopped {after}: {self.looks[-1].reason}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON types."""
        return {
            "repeats_at_most": self.planned,
            "repeats": self.done,
            "ended": self.ending.value,
            "sentence": self.sentence,
            "looks": [one.to_dict() for one in self.looks],
            "after_first_repeat": None if self.first is None else asdict(self.first),
        }


def looks_of(repeats: int) -> tuple[int, ...]:
    """List the numbers of complete repeats after which a study is looked at: from 2 on, at most 7 times.

    After every repeat up to 8; where there are more, at steps that grow in proportion.

    Examples
    --------
    >>> looks_of(5), looks_of(20), looks_of(1)
    ((2, 3, 4, 5), (2, 3, 4, 6, 9, 14, 20), ())
    """
    if repeats <= MOST_LOOKS + 1:
        return tuple(range(2, repeats + 1))
    return tuple(int(n) for n in np.unique(np.geomspace(2, repeats, MOST_LOOKS).round().astype(int)))


def look(
    losses: Losses,
    folds: Folds,
    arms: Sequence[Arm],
    *,
    margin: float,
    last: bool = False,
    measure: Measure = R2,
    clusters: Clusters | None = None,
) -> Look:
    """Look at complete repeats: go on, or stop because it is decided, or because it cannot be.

    Decided: with 97.5% confidence (95% at the last look) one of the five rules gives a verdict, and where that is to
    combine, the combination is certain too. Hopeless: nothing is decided with 95%, and endless repeats would settle it
    with a chance below 5% (`outlook.chance_of_settling`).

    Parameters
    ----------
    losses : array (arm, repeat, row)
        Row losses of at least two complete repeats.
    folds : array (repeat, row)
        Fold of each row.
    arms : sequence of arm
        Names of the first axis of `losses`.
    margin : float
        Differences of scores below it do not matter.
    last : bool
        Whether these are all repeats.
    measure : Measure
        What the scores are.
    clusters : int array (row,), optional
        Group of each row, where rows come in groups.

    Raises
    ------
    ValueError
        A single repeat: too little to stop on.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> folds = np.stack([rng.permutation(400) % 5 for _ in range(2)])
    >>> losses = 0.5 + np.array([0.1, 0.0])[:, None, None] + rng.normal(0, 0.01, (2, 2, 400))
    >>> look(losses, folds, [(), ("dropout",)], margin=0.01).outcome.value
    'decided'
    """
    if len(folds) < 2:
        raise ValueError("a look needs two complete repeats: with one, rows and fits cannot be told apart")
    _, losses, arms = in_canonical_order(losses, arms)
    found = estimate(losses, folds, clusters)
    allowed = bool(1 + found.theta.max() > measure.chance)

    def with_confidence(level: float) -> Verdict:
        return decide(arms, found.theta, compare_with_best(found, level, margin), margin, combine_allowed=allowed)

    verdict = with_confidence(0.95)
    outcome, chance = Outcome.GO_ON, None
    if settled(verdict):
        if last or settled(with_confidence(EARLY_LEVEL)):
            outcome = Outcome.DECIDED
    else:
        chance = chance_of_settling(losses, found, arms, margin, measure, clusters)
        assert chance is not None  # two repeats or more
        outcome = Outcome.HOPELESS if chance < HOPELESS else Outcome.GO_ON
    return Look(len(folds), verdict.kind, verdict.arm, outcome, chance)
