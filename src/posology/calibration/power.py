"""What being right costs: how often each variance decides at equal compute, and how often wrongly."""

from dataclasses import dataclass

import numpy as np

from posology.calibration.outcome import Studies
from posology.calibration.rivals import METHODS
from posology.calibration.truth import truths, wrong
from posology.inference import Kind


@dataclass(frozen=True)
class Power:
    """One variance on one generator.

    Parameters
    ----------
    generator, method : str
    studies : int
    decides, combines, false : float
        Shares of studies with a verdict, with "combine", with a false verdict.
    """

    generator: str
    method: str
    studies: int
    decides: float
    combines: float
    false: float


def power(studies: Studies) -> list[Power]:
    """Compare the variances; all have the same losses, bounds and rules."""
    out = []
    for name, studied in studies.items():
        truth = truths(studied)
        for method in METHODS:
            kinds = np.array([o.said[method]["kind"] for o in studied.outcomes])
            false = wrong(studied, truth, method)
            decides, combines = kinds != Kind.OPEN.value, kinds == Kind.COMBINE.value
            out.append(Power(name, method, len(kinds), *(float(a.mean()) for a in (decides, combines, false))))
    return out
