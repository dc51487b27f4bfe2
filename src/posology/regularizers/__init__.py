"""The regularizers: one class and one file each; `REGULARIZERS` lists them, `FACTORS` names what arms are made of.

A factor is what an arm switches on as one thing. `weights` is L1 and L2 together (elastic), as the plain question
has it; every regularizer is also a factor of its own.
"""

from posology.regularizers._base import Place, Regularizer, Strength
from posology.regularizers._dropout import Dropout
from posology.regularizers._l1 import L1
from posology.regularizers._l2 import L2
from posology.regularizers._proximal_l1 import ProximalL1

REGULARIZERS: dict[str, Regularizer] = {r.name: r for r in (L1(), L2(), Dropout())}
FACTORS: dict[str, tuple[str, ...]] = {"weights": ("l1", "l2"), **{name: (name,) for name in REGULARIZERS}}

__all__ = ["FACTORS", "L1", "L2", "REGULARIZERS", "Dropout", "Place", "ProximalL1", "Regularizer", "Strength"]
