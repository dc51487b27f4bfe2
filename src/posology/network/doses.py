"""A prescription's strengths, site by site."""

from collections.abc import Mapping, Sequence

from posology.network.sites import Dose, Site
from posology.regularizers import REGULARIZERS

RATE = "rate"
"""How a dose calls dropout, as Keras' layers do."""


def doses_of(kernels: Sequence[Site], dropouts: Sequence[Site], strengths: Mapping[str, Sequence[float]]) -> list[Dose]:
    """Give one dose a site: L1, L2 and dropout also where they are 0, the others where they are not.

    Parameters
    ----------
    kernels, dropouts : sequences of Site
        Of the network.
    strengths : mapping
        From regularizer to its strengths, one a site; one that is absent is off.

    Examples
    --------
    >>> site = Site("kernel", "dense", (3, 4), {}, "kernel_regularizer")
    >>> [(dose.site.kind, dose.strengths) for dose in doses_of([site], [], {"l2": [0.1], "mixup": [0.5]})]
    [('kernel', {'l1': 0.0, 'l2': 0.1}), ('input', {'mixup': 0.5})]
    """
    own = [Dose(site, _at(strengths, i, "kernel", l1="l1", l2="l2")) for i, site in enumerate(kernels)]
    own += [Dose(site, _at(strengths, i, "dropout", dropout=RATE)) for i, site in enumerate(dropouts)]
    for kind in ("input", "target", "training"):
        if found := _at(strengths, 0, kind):
            own.append(Dose(Site(kind, "", (), {}), found))
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
