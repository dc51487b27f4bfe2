"""Search by neighbours: the next mixes are the best so far with one thing changed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from posology.plan.mixes import Mix, is_switch, may_join, within
from posology.plan.tried import Tried, alone, is_new

FADING = 0.7
"""Of two mixes next to each other in rank, how much less often the worse is changed."""

STEP = 0.15
"""Standard deviation of a change of strength, as a share of its range."""

TRIES = 50


def neighbours(
    seen: Sequence[Tried], count: int, cabinet: Sequence[str], most: int, rng: np.random.Generator
) -> list[Mix]:
    """Propose mixes.

    One of the best is taken, the best most often, and either gets a member (one that is good alone most often, at the
    strength that was best), loses one, or has one of its strengths changed.

    Parameters
    ----------
    seen : sequence of Tried
        At least one.
    count : int
        How many to propose; none that was seen, unless nearly all has been.
    cabinet : sequence of str
        What there is.
    most : int
        Members of a mix, at most.
    rng : numpy.random.Generator

    Examples
    --------
    >>> seen = [Tried({"l1": 0.5}, 0.3), Tried({"swa": 0.5}, 0.4)]
    >>> new = neighbours(seen, 3, ["l1", "swa"], 2, np.random.default_rng(0))
    >>> len(new), max(map(len, new))
    (3, 2)
    """
    parents = [one.mix for one in sorted(seen, key=lambda one: one.loss)]
    best_alone = alone(seen)
    out: list[Mix] = []
    for turn in range(TRIES * count):
        new = _changed(_faded(parents, rng), best_alone, cabinet, most, rng)
        # of a small cabinet, all there is may have been seen: then it is seen again
        if is_new(new, [*(one.mix for one in seen), *out]) or turn >= TRIES * len(out) + TRIES - 1:
            out.append(new)
        if len(out) == count:
            break
    return out


def _changed(mix: Mix, best_alone: Mix, cabinet: Sequence[str], most: int, rng: np.random.Generator) -> Mix:
    kind = rng.choice(["join", "shift", "leave"], p=[0.5, 0.35, 0.15])
    joining = [name for name in [*best_alone, *cabinet] if may_join(name, list(mix))]
    if kind == "join" and len(mix) < most and joining:
        name = _faded(list(dict.fromkeys(joining)), rng)
        return {**mix, name: within(name, best_alone.get(name, 0.5))}
    if kind == "leave" and len(mix) > 1:
        gone = rng.choice(sorted(mix))
        return {name: point for name, point in mix.items() if name != gone}
    searched = sorted(name for name in mix if not is_switch(name))
    if not searched:
        return mix  # seen: another change is tried
    name = str(rng.choice(searched))
    return {**mix, name: within(name, mix[name] + STEP * rng.standard_normal())}


def _faded(ranked: Sequence[Any], rng: np.random.Generator) -> Any:
    weights = FADING ** np.arange(len(ranked))
    return ranked[int(rng.choice(len(ranked), p=weights / weights.sum()))]
