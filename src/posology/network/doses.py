"""A prescription's strengths, site by site."""

from collections.abc import Mapping, Sequence

from posology.network.sites import Dose, Site
from posology.regularizers import REGULARIZERS

RATE = "rate"
"""How a dose calls dropout, as Keras' layers do."""


def doses_of(sites: Sequence[Site], strengths: Mapping[str, Sequence[float]]) -> list[Dose]:
    """Give one dose a site: L1, L2 and dropout also where they are 0, the others where they are not.

    Parameters
    ----------
    sites : sequence of Site
        Of the network, those of each kind in the order of its strengths.
    strengths : mapping
        From regularizer to its strengths, one a site; one that is absent is off.

    Examples
    --------
    >>> site = Site("kernel", "dense", (3, 4), {}, "kernel_regularizer")
    >>> [(dose.site.kind, dose.strengths) for dose in doses_of([site], {"l2": [0.1], "mixup": [0.5]})]
    [('kernel', {'l1': 0.0, 'l2': 0.1}), ('input', {'mixup': 0.5})]
    """
    own = []
    for kind, always in (
        ("kernel", {"l1": "l1", "l2": "l2"}),
        ("norm", {}),
        ("dropout", {"dropout": RATE}),
        ("branch", {}),
        ("pair", {}),
    ):
        places = [site for site in sites if site.kind == kind]
        found = [Dose(site, _at(strengths, i, kind, **always)) for i, site in enumerate(places)]
        own += [dose for dose in found if always or dose.strengths]
    for kind in ("input", "target", "training"):
        if at := _at(strengths, 0, kind):
            own.append(Dose(Site(kind, "", (), {}), at))
    return own


def _at(strengths: Mapping[str, Sequence[float]], site: int, kind: str, **always: str) -> dict[str, float]:
    """Give the strengths at a site, in the order of all regularizers; `always` has those that are told at 0 too."""
    out = {}
    for name, regularizer in REGULARIZERS.items():
        if regularizer.place.kind == kind:
            strength = strengths[name][site] if strengths.get(name) else 0.0
            if strength or name in always:
                out[always.get(name, name)] = strength
    return out
