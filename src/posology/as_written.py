"""The network with the strengths that it came with: what its owner would go on with if there were no study.

They were chosen by hand, and on no row of this table that posology knows of: there is nothing to tune but the epochs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from posology.plan import Arm, Design, Setting, Space
from posology.regularizers import PLACES, REGULARIZERS

_KEYS = {"l1": "l1", "l2": "l2", "dropout": "rate"}
"""From the regularizers that a Keras network can come with to what a site calls their strength (`network.sites`)."""


@dataclass(frozen=True)
class AsWritten(Space):
    """One setting, and nothing to search.

    Parameters
    ----------
    own : mapping
        From regularizer to the strengths that the network came with, one a site; only what is not zero everywhere.
    foreign : tuple of str
        Regularizers that it came with and that no arm of the study has: nothing here can train it as it was written.
    """

    own: Setting = field(default_factory=dict)
    foreign: tuple[str, ...] = ()

    @property
    def arm(self) -> Arm:
        """What it is called as an arm; none where the network came without, or cannot be trained as it was written."""
        return () if self.foreign else tuple(self.own)

    @property
    def words(self) -> str:
        """Give the strengths in words; those of different sites by their ends.

        Examples
        --------
        >>> AsWritten({}, {}, own={"l1": (0.01, 0.0), "dropout": (0.125, 0.125)}).words
        'l1 0 to 0.01, dropout 0.125'
        """
        ends = {name: dict.fromkeys((f"{min(values):g}", f"{max(values):g}")) for name, values in self.own.items()}
        return ", ".join(f"{name} {' to '.join(end)}" for name, end in ends.items())

    def setting(self, arm: Arm, point: Float[np.ndarray, " axis"]) -> Setting:
        """Give the strengths as they are, for the one arm that there is and wherever one looks."""
        del arm, point
        return self.own

    def design(self, study: Design) -> Design:
        """Give the design of one arm with one trial: its splits tell the epochs, as those of every arm do."""
        return replace(study, arms=(self.arm,), trials=1, halving=None, cabinet=())


def as_written(network: Mapping[str, Any], space: Space) -> AsWritten:
    """Read the strengths that a network came with, at the sites of a study.

    Parameters
    ----------
    network : mapping
        What a worker says of it (`Trainer.describe`).
    space : Space
        Of the study.

    Examples
    --------
    >>> network = {"kernels": [{"present": {"l1": 0.01, "l2": 0.0}}], "dropouts": [{"present": {}}]}
    >>> l1 = {name: REGULARIZERS[name].strength for name in ("l1", "l2", "dropout")}
    >>> as_written(network, Space(l1, {"l1": 1, "l2": 1, "dropout": 1})).own
    {'l1': (0.01,)}
    """
    came = {name: strengths for name in _KEYS if any(strengths := _came_with(network, name))}
    own = {name: strengths for name, strengths in came.items() if name in space.ranges}
    return AsWritten(space.ranges, space.sites, space.per_layer, own, tuple(name for name in came if name not in own))


def _came_with(network: Mapping[str, Any], name: str) -> tuple[float, ...]:
    """Give the strengths of one regularizer, one a site."""
    sites = network[PLACES[REGULARIZERS[name].place.kind]]
    return tuple(float(site["present"].get(_KEYS[name], 0.0)) for site in sites)
