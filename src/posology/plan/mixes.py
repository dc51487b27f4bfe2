"""A mix: some regularizers of a cabinet, each at a point of its range."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from posology.plan.arms import clash
from posology.plan.trials import Setting, Space
from posology.regularizers import REGULARIZERS

Mix = Mapping[str, float]
"""From regularizer to where in its range it stands, from 0 to 1; those that are absent are off."""

WEAKEST = 0.02
"""Point of a range below which nothing is proposed: at 0 a rate would be off, and the mix another."""


def setting_of(space: Space, mix: Mix) -> Setting:
    """Give the strengths of a mix, one a site, in the order of the package.

    Examples
    --------
    >>> setting_of(Space({"dropout": REGULARIZERS["dropout"].strength}, {"dropout": 2}), {"dropout": 0.5})
    {'dropout': (0.3, 0.3)}
    """
    return {
        name: (space.ranges[name].from_unit(mix[name]),) * space.sites[name] for name in REGULARIZERS if name in mix
    }


def may_join(name: str, members: Sequence[str]) -> bool:
    """Tell whether a regularizer may stand beside others: it is not among them, and excludes none.

    Examples
    --------
    >>> may_join("mixup", ["dropout"]), may_join("mixup", ["cutout"]), may_join("mixup", ["mixup"])
    (True, False, False)
    """
    return name not in members and clash([*members, name]) is None


def singles(cabinet: Sequence[str], each: int, rng: np.random.Generator) -> list[Mix]:
    """Give every regularizer of a cabinet alone, each at as many points, one in each equal part of its range.

    Examples
    --------
    >>> [sorted(mix) for mix in singles(["l1", "swa"], 2, np.random.default_rng(0))]
    [['l1'], ['swa'], ['l1'], ['swa']]

    What is on or off has one point.

    >>> [sorted(mix) for mix in singles(["l1", "batch_norm"], 2, np.random.default_rng(0))]
    [['l1'], ['batch_norm'], ['l1']]
    """
    points = {name: rng.permutation((np.arange(each) + rng.random(each)) / each) for name in cabinet}
    return [
        {name: within(name, float(points[name][k]))}
        for k in range(each)
        for name in cabinet
        if not (k and is_switch(name))
    ]


def is_switch(name: str) -> bool:
    """Tell what is on or off."""
    return REGULARIZERS[name].strength.is_switch


def within(name: str, point: float) -> float:
    """Keep a point in a regularizer's range; what is on or off is on at 1.

    Examples
    --------
    >>> within("l1", -0.1), within("l1", 0.5), within("batch_norm", 0.5)
    (0.02, 0.5, 1.0)
    """
    return 1.0 if is_switch(name) else float(np.clip(point, WEAKEST, 1.0))


def parts_of(mix: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Give every part of a mix but none of it and all of it, small ones first.

    Examples
    --------
    >>> list(parts_of(("l1", "swa")))
    [('l1',), ('swa',)]
    """
    for size in range(1, len(mix)):
        yield from combinations(mix, size)
