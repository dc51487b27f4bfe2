"""Losses to contrasts to a verdict: NumPy and SciPy only, pure functions."""

from posology.inference.analysis import Analysis, analyze, stress_flags
from posology.inference.best import Best, compare_with_best, half_widths
from posology.inference.class_losses import CLASS_LOSSES, class_shares
from posology.inference.contrasts import Contrast, substitution
from posology.inference.covariance import Estimate, estimate, floor_se
from posology.inference.losses import naive_pinball, pinball_losses, row_losses
from posology.inference.measures import (
    CLASS_SCORES,
    NUMBER_SCORES,
    R2,
    Measure,
    class_measure,
    mean_measure,
    measure_named,
    number_measure,
    quantile_level,
    target_measure,
    training_measure,
)
from posology.inference.resolution import detectable_after
from posology.inference.stopping import Look, Looks, look, looks_of
from posology.inference.verdict import Kind, Verdict, decide
from posology.inference.weighting import influence
from posology.inference.words import arm_in_words, sentences

__all__ = [
    "CLASS_LOSSES",
    "CLASS_SCORES",
    "NUMBER_SCORES",
    "R2",
    "Analysis",
    "Best",
    "Contrast",
    "Estimate",
    "Kind",
    "Look",
    "Looks",
    "Measure",
    "Verdict",
    "analyze",
    "arm_in_words",
    "class_measure",
    "class_shares",
    "compare_with_best",
    "decide",
    "detectable_after",
    "estimate",
    "floor_se",
    "half_widths",
    "influence",
    "look",
    "looks_of",
    "mean_measure",
    "measure_named",
    "naive_pinball",
    "number_measure",
    "pinball_losses",
    "quantile_level",
    "row_losses",
    "sentences",
    "stress_flags",
    "substitution",
    "target_measure",
    "training_measure",
]
