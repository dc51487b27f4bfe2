"""What is searched: the strengths of a study's regularizers at the places that its network has for them."""

from collections.abc import Mapping
from typing import Any

from posology.errors import InputError
from posology.plan import Space
from posology.plan.schedules import depths_of
from posology.regularizers import PLACES, REGULARIZERS
from posology.settings import Settings

_MISSING = {
    "kernel": "no Dense or convolution kernel to penalize. Add one",
    "dropout": "no Dropout layer and no hidden activation to put one after. Add a Dropout layer",
    "pair": "no two residual branches side by side. Add them, such as "
    "keras.layers.Add()([x, Dense(n)(g), Dense(n)(h)])",
    "norm": "no hidden Dense layer without a normalization behind it. Add one",
    "branch": "no residual branch: no addition of two ways of which one has more layers. Add one, such as "
    "keras.layers.Add()([x, Dense(n)(h)])",
}
"""Of sites, by kind, and what to do."""


def space_of(network: dict[str, Any], settings: Settings) -> Space:
    """Count the sites of each regularizer, and give what is searched.

    Raises
    ------
    InputError
        A regularizer of the arms has no place in the network to act on.
    """
    counts = {kind: len(network[name]) for kind, name in PLACES.items()}
    strengths = settings.strengths()
    sites = {name: counts.get(REGULARIZERS[name].place.kind, 1) for name in strengths}
    for name, count in sites.items():
        if count == 0:
            missing = _MISSING[REGULARIZERS[name].place.kind]
            raise InputError(f"The network has {missing}, or leave '{name}' out of --arms.")
    shaped = {name for arm in settings.design.arms for name in depths_of(arm) if sites[name] < 2}
    if shaped:
        raise InputError(
            f"An arm has a shape of {', '.join(sorted(shaped))} over depth, but the network has one place for it. "
            "Write it without a shape."
        )
    return Space(strengths, sites, settings.per_layer)


def sites_tuned(network: Mapping[str, Any], space: Space) -> int:
    """Count the places in a network where something is searched: of the kinds that regularizers of the arms act on.

    Examples
    --------
    >>> network = {"kernels": [1, 2], "dropouts": [1], "branches": [], "pairs": [], "norms": [1, 2]}
    >>> l2 = {"l2": REGULARIZERS["l2"].strength}
    >>> sites_tuned(network, Space(l2, {"l2": 2}))
    2
    """
    kinds = {REGULARIZERS[name].place.kind for name in space.ranges}
    return sum(len(network[name]) for kind, name in PLACES.items() if kind in kinds)
