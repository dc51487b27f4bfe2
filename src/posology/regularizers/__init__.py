"""The regularizers: one class and one file each; `REGULARIZERS` lists them, `FACTORS` names what arms are made of.

A factor is what an arm switches on as one thing. `weights` is L1 and L2 together (elastic), as the plain question
has it; every regularizer is also a factor of its own. Those of other distributions, found by their entry points, come
last.

The lists are made when they are first asked for: they import other distributions, which import this.
"""

from typing import TYPE_CHECKING, Any

from posology.regularizers._base import HOOKS, PLACES, Batch, Clock, KerasForm, Place, Regularizer, Strength
from posology.regularizers._schedules import CONSTANT, DEPTHS, SCHEDULES, Shape, base_of, over_depth

if TYPE_CHECKING:
    from posology.regularizers._cabinet import FACTORS, OWN, PLAIN, REGULARIZERS, normalizations, with_shared

__all__ = [
    "CONSTANT",
    "DEPTHS",
    "FACTORS",
    "HOOKS",
    "OWN",
    "PLACES",
    "PLAIN",
    "REGULARIZERS",
    "SCHEDULES",
    "Batch",
    "Clock",
    "KerasForm",
    "Place",
    "Regularizer",
    "Shape",
    "Strength",
    "base_of",
    "normalizations",
    "over_depth",
    "with_shared",
]


def __getattr__(name: str) -> Any:
    """Give the lists, and every class by its name, such as `posology.regularizers.Mixup`."""
    if not name.startswith("_"):
        from posology.regularizers import _cabinet

        if hasattr(_cabinet, name):
            return getattr(_cabinet, name)
    raise AttributeError(f"module 'posology.regularizers' has no attribute '{name}'")
