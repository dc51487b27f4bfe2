"""What the network's own penalties weigh beside its loss, measured on rows at the initial weights."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from posology.network.sites import Site
from posology.network.structure import StructureWarning

DOMINATES = 10.0
"""Times the loss that a penalty may be at the initial weights."""
LOST = 2.0**-24
"""Relative precision of a float32: what is smaller than that beside a number does not change it."""

_PENALTIES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "l1": (np.abs, np.sign),
    "l2": (np.square, lambda w: 2 * w),
}
"""Per unit of strength: a weight's penalty and its derivative, in float64 so that what underflows is seen."""


def strength_warnings(
    sites: Sequence[Site],
    weights: Sequence[Sequence[Any]],
    gradients: Sequence[Sequence[Any]],
    loss: float,
    scale: str = "",
) -> tuple[StructureWarning, ...]:
    """Compare the network's own penalties with the loss on a few rows.

    Parameters
    ----------
    sites : sequence of Site
        Kernel sites.
    weights, gradients : sequences of arrays
        For each site its initial weights, and the gradient of the loss without penalties.
    loss : float
        Without penalties, at the initial weights.
    scale : str
        What it is a loss on, in words.

    Examples
    --------
    >>> one = [np.ones((2, 2))]
    >>> site = Site("kernel", "dense", (2, 2), {"l1": 0.0, "l2": 1e9})
    >>> [w.code for w in strength_warnings([site], [one], [one], 1.0)]
    ['penalty-dominates']
    """
    found = []
    for site, own, gradient in zip(sites, weights, gradients, strict=True):
        at = {name: strength for name, strength in site.present.items() if strength > 0}
        value = sum(strength * _total(_PENALTIES[name][0], own) for name, strength in at.items())
        if value > DOMINATES * loss:
            found.append(_dominating(site, at, value, loss, scale))
        beside = LOST * _norm(gradient)
        # weights of zero have no penalty yet
        lost = {n: s for n, s in at.items() if 0 < s * _norm(map(_PENALTIES[n][1], own)) < beside}
        if lost:
            found.append(_losing(site, lost))
    return tuple(found)


def _total(size: Callable[[Any], Any], weights: Iterable[Any]) -> float:
    return float(sum(size(np.asarray(w, float)).sum() for w in weights))


def _norm(arrays: Iterable[Any]) -> float:
    return float(np.sqrt(sum(np.square(np.asarray(a, float)).sum() for a in arrays)))


def _dominating(site: Site, at: Mapping[str, float], value: float, loss: float, scale: str) -> StructureWarning:
    return StructureWarning(
        "penalty-dominates",
        (site.layer,),
        f"The network's own penalty on '{site.layer}' ({_said(at)}) is {value:.3g} at the initial weights, beside a "
        f"loss of {loss:.3g}{scale}: hardly anything but the penalty would be learned.",
    )


def _losing(site: Site, lost: Mapping[str, float]) -> StructureWarning:
    return StructureWarning(
        "penalty-lost",
        (site.layer,),
        f"The network's own penalty on '{site.layer}' ({_said(lost)}) does nothing: its gradient is below 2^-24 of the "
        "loss gradient, which a float32 cannot hold.",
    )


def _said(strengths: Mapping[str, float]) -> str:
    return ", ".join(f"{name}={strength:g}" for name, strength in strengths.items())
