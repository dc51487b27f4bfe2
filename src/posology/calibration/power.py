"""What being right costs: how often each variance decides at equal compute, and how often wrongly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posology.calibration.outcome import Outcome
from posology.calibration.rivals import METHODS
from posology.calibration.targets import source
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


def power(studies: Mapping[str, Sequence[Outcome]]) -> list[Power]:
    """Compare the variances; all have the same losses, bounds and rules."""
    out = []
    for name, outcomes in studies.items():
        asked = source(name)
        truth = truths(outcomes, asked)
        for method in METHODS:
            kinds = np.array([o.said[method]["kind"] for o in outcomes])
            false = wrong(outcomes, asked, truth, method)
            decides, combines = kinds != Kind.OPEN.value, kinds == Kind.COMBINE.value
            out.append(Power(name, method, len(outcomes), *(float(a.mean()) for a in (decides, combines, false))))
    return out
