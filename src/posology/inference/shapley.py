"""What the members of a mix are worth, where every resample has a mix of its own.

In resample f the mix is M_f, and all its parts were trained and scored. For any set S of regularizers the procedure
"mix, and keep of the mix what is in S" then has a score v(S), the mean over resamples of the score of the part
M_f & S: a game whose players are all regularizers that were ever chosen. A member's Shapley value in it is the mean
over resamples of its value in the resample's own small game, zero where it was not chosen; the values of all members
sum to what the mix gains over none, exactly. All of these are sums of row losses with fixed weights, so that their
covariance is the verdict's own (`covariance.estimate`).
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import combinations

import numpy as np
from jaxtyping import Float

from posology.inference.contrasts import Contrast, contrast
from posology.inference.covariance import Clusters, Folds, estimate
from posology.inference.weighting import influence

Part = frozenset[str]
Weights = dict[Part, float]
Cells = Mapping[tuple[int, int], Mapping[Part, Float[np.ndarray, " scored"]]]
"""From (repeat, fold) to the row losses, on the rows of that fold, of every part of its mix."""


class Together(StrEnum):
    """What two members do to one another."""

    SYNERGY = "synergy"
    REDUNDANCY = "redundancy"
    CONFLICT = "conflict"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Worth:
    """What a regularizer adds to the procedure, in the score; zero in resamples that did not choose it.

    Parameters
    ----------
    name : str
    share : float
        Of resamples whose mix has it.
    shapley : Contrast
        Its mean gain over all orders in which the members of a mix could be added.
    left_out : Contrast
        The mix minus the mix without it.
    """

    name: str
    share: float
    shapley: Contrast
    left_out: Contrast


@dataclass(frozen=True)
class Pair:
    """What two regularizers do to one another, in resamples whose mix has both.

    Parameters
    ----------
    names : (str, str)
    share : float
        Of resamples whose mix has both.
    interaction : Contrast
        Their Shapley interaction: below zero, together they gain less than the sum of both.
    together : Together
    """

    names: tuple[str, str]
    share: float
    interaction: Contrast
    together: Together


def shapley(members: Sequence[str], name: str) -> Weights:
    """Give the weights on v of a member's Shapley value.

    phi_i = sum_S s!(m-s-1)!/m! [v(S+i) - v(S)] over the subsets S of the other m - 1 members.

    Examples
    --------
    >>> sorted((sorted(part), weight) for part, weight in shapley(["a", "b"], "a").items())
    [([], -0.5), (['a'], 0.5), (['a', 'b'], 0.5), (['b'], -0.5)]

    References
    ----------
    Shapley 1953, Contributions to the Theory of Games II.
    """
    out, m = {}, len(members)
    for rest in _subsets([other for other in members if other != name]):
        weight = math.factorial(len(rest)) * math.factorial(m - len(rest) - 1) / math.factorial(m)
        out[rest | {name}], out[rest] = weight, -weight
    return out


def left_out(members: Sequence[str], name: str) -> Weights:
    """Give the weights of all members minus all but one."""
    return {frozenset(members): 1.0, frozenset(members) - {name}: -1.0}


def interaction(members: Sequence[str], one: str, other: str) -> Weights:
    """Give the weights of two members' Shapley interaction: what one adds beside the other, minus without it.

    I_ij = sum_T t!(m-t-2)!/(m-1)! [v(T+ij) - v(T+i) - v(T+j) + v(T)] over the subsets T of the other m - 2 members.

    References
    ----------
    Grabisch & Roubens 1999, doi:10.1007/s001820050125.
    """
    there, gone = added(members, one, other, beside=True), added(members, one, other, beside=False)
    # in an order of its own, for a set's differs from process to process, and the last bits of sums with it
    return {part: there.get(part, 0.0) - gone.get(part, 0.0) for part in (there | gone)}


def added(members: Sequence[str], one: str, other: str, *, beside: bool) -> Weights:
    """Give the weights of what `one` adds where `other` is there, or is not, averaged as in `interaction`."""
    out, m = {}, len(members)
    for rest in _subsets([name for name in members if name not in (one, other)]):
        weight = math.factorial(len(rest)) * math.factorial(m - len(rest) - 2) / math.factorial(m - 1)
        base = rest | {other} if beside else rest
        out[base | {one}], out[base] = weight, -weight
    return out


def worths(
    cells: Cells,
    folds: Folds,
    order: Sequence[str],
    clusters: Clusters | None = None,
    weights: Float[np.ndarray, " row"] | None = None,
) -> tuple[list[Worth], list[Pair]]:
    """Give what every regularizer and every pair that was ever chosen is worth.

    Parameters
    ----------
    cells : mapping
        Row losses of every part of every resample's mix, the mix itself and none included.
    folds : array (repeat, row)
        Fold of each row.
    order : sequence of str
        Names of regularizers, in the order in which they are given.
    clusters, weights : arrays (row,), optional
        Groups and weights of rows.

    Returns
    -------
    worths, pairs : lists
        The most often chosen first.

    Examples
    --------
    >>> folds = np.array([[0, 0, 1, 1]])
    >>> none, full = frozenset(), frozenset({"a"})
    >>> cells = {(0, f): {none: np.array([0.5, 0.7]), full: np.array([0.2, 0.4])} for f in (0, 1)}
    >>> [(one.name, round(one.shapley.value, 3)) for one in worths(cells, folds, ["a"])[0]]
    [('a', 0.3)]
    """
    mixes = {where: frozenset[str]().union(*parts) for where, parts in cells.items()}
    names = [name for name in order if any(name in mix for mix in mixes.values())]
    pairs = [p for p in combinations(names, 2) if any(set(p) <= mix for mix in mixes.values())]
    asked: list[tuple[Sequence[str], Callable[[Sequence[str]], Weights]]] = []
    for name in names:
        asked += [((name,), partial(shapley, name=name)), ((name,), partial(left_out, name=name))]
    for one, other in pairs:
        asked.append(((one, other), partial(interaction, one=one, other=other)))
        asked += [((one, other), partial(added, one=a, other=b, beside=True)) for a, b in ((one, other), (other, one))]
    if not asked:
        return [], []
    losses = np.stack([_losses(cells, mixes, folds, *one) for one in asked])
    found = estimate(influence(losses, weights), folds, clusters)
    contrasts = [contrast(found, row) for row in np.eye(len(asked))]

    def share(*wanted: str) -> float:
        return float(np.mean([set(wanted) <= mix for mix in mixes.values()]))

    singles = [Worth(name, share(name), *contrasts[2 * i : 2 * i + 2]) for i, name in enumerate(names)]
    of_pairs = contrasts[2 * len(names) :]
    doubles = [
        Pair((one, other), share(one, other), of_pairs[3 * i], _together(*of_pairs[3 * i : 3 * i + 3]))
        for i, (one, other) in enumerate(pairs)
    ]
    return sorted(singles, key=lambda w: -w.share), sorted(doubles, key=lambda p: -p.share)


def _losses(
    cells: Cells,
    mixes: Mapping[tuple[int, int], Part],
    folds: Folds,
    names: Sequence[str],
    weights: Callable[[Sequence[str]], Weights],
) -> Float[np.ndarray, "repeat row"]:
    """Give minus the row values of a quantity, zero where a resample's mix lacks one of these names."""
    out = np.zeros(folds.shape)
    for (repeat, fold), parts in cells.items():
        if set(names) <= mixes[repeat, fold]:
            weighted = weights(sorted(mixes[repeat, fold])).items()
            out[repeat, folds[repeat] == fold] = sum(weight * parts[part] for part, weight in weighted)
    return out


def _together(between: Contrast, one: Contrast, other: Contrast) -> Together:
    """Name an interaction; in conflict, one of the two is certain to do harm where the other is there."""
    if between.lower > 0:
        return Together.SYNERGY
    if between.upper >= 0:
        return Together.UNDECIDED
    return Together.CONFLICT if min(one.upper, other.upper) < 0 else Together.REDUNDANCY


def _subsets(names: Sequence[str]) -> Iterator[Part]:
    for size in range(len(names) + 1):
        yield from map(frozenset, combinations(names, size))
