"""Trials: the settings of strengths that an arm tries, equally many for every arm.

Arms of one regularizer take scrambled Sobol points, the same points in every arm. Combined arms are seeded with what
their parts found (the dilution guard): sixteen points in three dimensions are a worse search than sixteen in one, and
an unguarded combined arm loses to its own best part by search alone (docs/statistics.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, cycle, islice

import numpy as np
from jaxtyping import Float
from scipy.stats import qmc

from posology.keys import generator
from posology.plan.arms import Arm, regularizers_of
from posology.plan.schedules import depths_of
from posology.regularizers import REGULARIZERS, Strength, over_depth

Setting = Mapping[str, tuple[float, ...]]
"""From regularizer to its strengths, one a site; a regularizer that is off is absent."""

TOP = 3
"""How many best settings of each part are crossed in a combined arm."""

DAMPING = (0.5, 0.25, 0.75)
"""Weaker versions of crossed settings: together, regularizers share the work and each needs less."""


@dataclass(frozen=True)
class Space:
    """What is searched: each regularizer's range and its number of sites.

    Parameters
    ----------
    ranges : mapping
        From regularizer to its searched range.
    sites : mapping
        From regularizer to the number of its sites.
    per_layer : bool
        Search a strength of its own for every site, instead of one for all.
    """

    ranges: Mapping[str, Strength]
    sites: Mapping[str, int]
    per_layer: bool = False

    def axes(self) -> list[tuple[str, int]]:
        """List the search axes (regularizer, site); a shared strength has one axis."""
        return [(name, s) for name in self.ranges for s in range(self.sites[name] if self.per_layer else 1)]

    def setting(self, arm: Arm, point: Float[np.ndarray, " axis"]) -> Setting:
        """Turn a point of the unit cube into strengths, those of `arm` only."""
        found: dict[str, list[float]] = {}
        for (name, _), u in zip(self.axes(), point, strict=True):
            found.setdefault(name, []).append(self.ranges[name].from_unit(float(u)))
        depths = depths_of(arm)
        out = {}
        for name in regularizers_of(arm):
            values = found[name] if self.per_layer else found[name] * self.sites[name]
            shape = over_depth(depths[name], len(values)) if name in depths else (1.0,) * len(values)
            out[name] = tuple(value * share for value, share in zip(values, shape, strict=True))
        return out


def sobol_settings(space: Space, arm: Arm, trials: int, *purpose: object) -> list[Setting]:
    """Give an arm's settings at scrambled Sobol points, the same points for every arm of one purpose (one fit)."""
    axes = space.axes()
    sampler = qmc.Sobol(len(axes), scramble=True, rng=generator(*purpose, "sobol"))
    points = sampler.random_base2(int(np.ceil(np.log2(max(trials, 1)))))[:trials]
    return [space.setting(arm, point) for point in points]


def seeded_settings(
    space: Space, arm: Arm, trials: int, ranked: Mapping[Arm, Sequence[Setting]], *purpose: object
) -> list[Setting]:
    """Give a combined arm's settings from the ranked settings of its parts.

    First the best setting of each sub-arm by itself (the others off), so that a combined arm can never be worse on
    the inner rows than its best part; then products of the parts' best few, up to half of all; then damped products.

    Parameters
    ----------
    ranked : mapping
        From each arm tuned before to its settings, best first.

    Returns
    -------
    list of Setting
        Exactly `trials` of them. Sobol points where the parts were not tuned.
    """
    parts = [(factor,) for factor in arm]
    if not all(part in ranked for part in parts):
        return sobol_settings(space, arm, trials, *purpose)
    tuned = [sub for sub in ranked if sub and set(sub) < set(arm)]
    alone = [_padded(space, arm, ranked[sub][0]) for sub in tuned][: max(1, trials // 2)]
    # more than so many are never used, and of many parts there would be 3^parts
    crossed = list(islice(_products([_distinct(ranked[part]) for part in parts]), trials))
    out = alone + crossed[: max(0, trials // 2 - len(alone) + 1)]
    damped = (_damped(space, setting, d) for d, setting in zip(cycle(DAMPING), cycle(crossed), strict=False))
    return list(islice([*out, *islice(damped, trials)], trials))


def _padded(space: Space, arm: Arm, setting: Setting) -> Setting:
    """Fill in zeros for the regularizers of `arm` that a part's setting leaves off."""
    return {name: setting.get(name, (0.0,) * space.sites[name]) for name in regularizers_of(arm)}


def _distinct(settings: Sequence[Setting]) -> list[Setting]:
    """Leave out what is there already: an arm that is on or off tries one setting, with several seeds."""
    return list({tuple(setting.items()): setting for setting in settings}.values())


def _products(ranked: Sequence[Sequence[Setting]]) -> Iterator[Setting]:
    """Give products of the parts' best few, those of the best ranks first."""
    # beside a part that is on or off, of one setting, there is place for more of the others
    top = TOP if all(len(r) > 1 for r in ranked) else max(map(len, ranked))
    sizes = [min(top, len(r)) for r in ranked]
    for pick in chain.from_iterable(_picks(sizes, total) for total in range(sum(sizes) - len(sizes) + 1)):
        yield {k: v for r, i in zip(ranked, pick, strict=True) for k, v in r[i].items()}


def _picks(sizes: Sequence[int], total: int) -> Iterator[tuple[int, ...]]:
    """Give the ranks, one a part, whose sum is `total`, in their order.

    Examples
    --------
    >>> list(_picks([3, 3], 2))
    [(0, 2), (1, 1), (2, 0)]
    """
    if not sizes:
        yield from [()] if total == 0 else []
        return
    for first in range(min(sizes[0] - 1, total) + 1):
        yield from ((first, *rest) for rest in _picks(sizes[1:], total - first))


def _damped(space: Space, setting: Setting, factor: float) -> Setting:
    return {name: tuple(space.ranges[name].damped(s, factor) for s in v) for name, v in setting.items()}


def default_ranges(arms: Sequence[Arm]) -> dict[str, Strength]:
    """Collect the ranges of all the regularizers that a family of arms uses, in the order of `REGULARIZERS`."""
    used = {name for arm in arms for name in regularizers_of(arm)}
    return {name: REGULARIZERS[name].strength for name in REGULARIZERS if name in used}
