"""Five rules from bounds to a verdict; the first that applies."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Bool, Float

from posology.inference.best import Best

Arm = tuple[str, ...]
"""Names of the regularizers that an arm switches on; empty for none. Two or more make a combination."""


class Kind(StrEnum):
    """What can be said."""

    EQUIVALENT = "equivalent"
    USE_ALONE = "use alone"
    COMBINE = "combine"
    OPEN = "not enough evidence"


@dataclass(frozen=True)
class Verdict:
    """What can be said of a family of arms.

    Parameters
    ----------
    kind : Kind
    rule : int
        Which of the five rules applied, 1 to 5.
    arm : tuple of str
        The arm to use; with `kind` OPEN the best-looking one, until there is more evidence.
    open_combination : bool
        A combination is best, but which one is open.
    could_be_best : tuple of arm
        Arms that no other is certain to beat.
    margin : float
        Differences below it do not matter.
    distance : float
        By how much, in R2, the deciding bound is on its side of the line: one arm's score that much lower or higher,
        everything else as it is, would give another verdict. Two cases have no such single score: of three or more
        close arms (rule 2) the bound of the second-closest decides, and two others would have to go; combining waits
        (rule 5) for the last simple arm that could be best, by this much at most. For OPEN, by how much the nearest
        certificate misses; infinite where no certificate is possible.
    nearest : tuple of str
        The arm of that bound.
    """

    kind: Kind
    rule: int
    arm: Arm
    open_combination: bool
    could_be_best: tuple[Arm, ...]
    margin: float
    distance: float
    nearest: Arm


@dataclass(frozen=True)
class _Case:
    arms: Sequence[Arm]
    theta: Float[np.ndarray, " arm"]
    lower: Float[np.ndarray, " arm"]
    upper: Float[np.ndarray, " arm"]
    could: Bool[np.ndarray, " arm"]
    reach: Float[np.ndarray, " arm"]
    margin: float

    def of_size(self, least: int, most: int) -> list[int]:
        return [i for i, arm in enumerate(self.arms) if least <= len(arm) <= most]

    def slack(self, i: int) -> float:
        """How far arm i's lower bound is inside the margin; negative: by how much its certificate misses."""
        return float(self.lower[i]) + self.margin

    def close(self, among: Sequence[int]) -> list[int]:
        """Arms certainly within the margin of the best, best mean first."""
        return sorted((i for i in among if self.lower[i] >= -self.margin), key=lambda i: -self.theta[i])


def decide(
    arms: Sequence[Arm],
    theta: Float[np.ndarray, " arm"],
    best: Best,
    margin: float,
    *,
    combine_allowed: bool = True,
) -> Verdict:
    """Apply the five rules, with S the arms of one regularizer and L the lower bounds.

    1. L_none >= -margin: equivalent, none is needed;
    2. two or more s in S with L_s >= -margin: equivalent, pick either;
    3. exactly one such s: use s alone;
    4. no arm of S, nor none, could be best: combine;
    5. else not enough evidence.

    A family without `none` skips rule 1; rule 4 needs a combination, and something it was compared with: in a
    family of combinations alone there is no "alone" to rule out.

    Parameters
    ----------
    combine_allowed : bool
        False where no arm predicts better than the mean: then rule 4 says nothing about the user's question.

    Examples
    --------
    >>> bounds = Best(np.array([0, 0.1]), np.array([-0.2, 0.0]), np.array([False, True]), np.ones(2), np.ones(2))
    >>> decide([(), ("dropout",)], np.array([0.0, 0.1]), bounds, 0.01).kind.value
    'use alone'
    """
    case = _Case(list(arms), theta, best.lower, best.upper, best.could_be_best, best.reach, margin)
    none, singles, combined = case.of_size(0, 0), case.of_size(1, 1), case.of_size(2, len(factors_of(arms)))
    close = case.close(singles)
    if case.close(none):
        return _verdict(case, Kind.EQUIVALENT, 1, none[0], {none[0]: case.slack(none[0])})
    if len(close) >= 2:
        # it stays an equivalence while the second-closest stays within, and none without
        second = sorted(close, key=lambda i: -case.lower[i])[1]
        return _verdict(case, Kind.EQUIVALENT, 2, close[0], _misses(case, none) | {second: case.slack(second)})
    if close:
        others = _misses(case, [i for i in none + singles if i != close[0]])
        return _verdict(case, Kind.USE_ALONE, 3, close[0], others | {close[0]: case.slack(close[0])})
    simple, combinable = none + singles, bool(combined) and combine_allowed
    if combinable and simple and not case.could[simple].any():
        return _combine(case, combined, simple)
    return _open(case, simple, combinable)


def factors_of(arms: Sequence[Arm]) -> list[str]:
    """List the factors of a family, sorted."""
    return sorted({factor for arm in arms for factor in arm})


def _misses(case: _Case, among: Sequence[int]) -> dict[int, float]:
    """By how much the certificates of arms that lie outside the margin miss."""
    return {i: -case.slack(i) for i in among}


def _combine(case: _Case, combined: list[int], simple: list[int]) -> Verdict:
    certain = sorted(case.close(combined), key=lambda i: len(case.arms[i]))
    arm = certain[0] if certain else max(combined, key=lambda i: case.theta[i])
    # a simple arm comes back by reaching the best, or by being certified within the margin, whichever is nearer
    back = {i: min(-float(case.reach[i]), -case.slack(i)) for i in simple}
    return _verdict(case, Kind.COMBINE, 4, arm, back, open_combination=not certain)


def _open(case: _Case, simple: list[int], combinable: bool) -> Verdict:
    arm = max(np.flatnonzero(case.could).tolist(), key=lambda i: case.theta[i])
    misses = _misses(case, simple)
    if combinable and simple:
        # combining needs every simple arm out of those that could be best: the last one to go decides
        last = max(simple, key=lambda i: case.upper[i])
        misses[last] = min(misses[last], float(case.upper[last]))
    return _verdict(case, Kind.OPEN, 5, arm, misses or {arm: float("inf")})


def _verdict(
    case: _Case, kind: Kind, rule: int, arm: int, distances: dict[int, float], *, open_combination: bool = False
) -> Verdict:
    nearest = min(distances, key=lambda i: distances[i])
    return Verdict(
        kind,
        rule,
        case.arms[arm],
        open_combination,
        tuple(a for a, could in zip(case.arms, case.could, strict=True) if could),
        case.margin,
        float(distances[nearest]),
        case.arms[nearest],
    )
