"""Losses to contrasts to a verdict: NumPy and SciPy only, pure functions."""

from posology.inference.analysis import Analysis, analyze, stress_flags
from posology.inference.best import Best, compare_with_best
from posology.inference.contrasts import Contrast, substitution
from posology.inference.covariance import Estimate, estimate, floor_se
from posology.inference.losses import row_losses
from posology.inference.resolution import detectable_after
from posology.inference.verdict import Kind, Verdict, decide
from posology.inference.words import arm_in_words, sentences

__all__ = [
    "Analysis",
    "Best",
    "Contrast",
    "Estimate",
    "Kind",
    "Verdict",
    "analyze",
    "arm_in_words",
    "compare_with_best",
    "decide",
    "detectable_after",
    "estimate",
    "floor_se",
    "row_losses",
    "sentences",
    "stress_flags",
    "substitution",
]
