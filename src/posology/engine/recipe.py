"""What of a pack is compiled in: everything else is traced numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from posology.regularizers import PLAIN, REGULARIZERS, Place, Regularizer


@dataclass(frozen=True)
class Recipe:
    """What is compiled in, for all members of a pack alike.

    Parameters
    ----------
    batch_size : int
        Rows a step; no fit has fewer.
    max_epochs : int
        Longest training of any member; sets the epochs at which curves are kept.
    regularizers : mapping
        Those that act, by name; `Member.strengths` has exactly these. A program without one does not pay for it.
    scheduled : bool
        Whether `Member.schedule` is followed; if not, the learning rate changes by the plateau and by regularizers.
    restore : bool
        `EarlyStopping(restore_best_weights=True)`: end with the weights of the best epoch.
    gated : bool
        Whether a member passes by, in its own branch, what is off for it: worth it where a program has many
        regularizers and each member few. Members side by side (`vmap`) pay for all in any case.
    """

    batch_size: int
    max_epochs: int
    regularizers: Mapping[str, Regularizer] = field(default_factory=lambda: {n: REGULARIZERS[n] for n in PLAIN})
    scheduled: bool = False
    restore: bool = False
    gated: bool = False

    def at(self, place: Place) -> list[Any]:
        """List the regularizers that act at a place."""
        return [r for r in self.regularizers.values() if r.place is place]
