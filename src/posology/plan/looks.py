"""What is looked at in every refitted network beside its score; as pure data."""

LEVELS = {"noise": (0.1, 0.25, 0.5), "missing": (0.1, 0.25, 0.5), "units": (0.1, 0.25, 0.5)}
"""Kinds of damage and their levels: Gaussian noise on the inputs (its standard deviation, as a share of the column's in
the training rows), cells set to their column's mean (their share), hidden units set to zero (their share)."""

STATISTICS = ("norm", "largest", "near_zero", "zero")
"""Of an array of weights: Euclidean norm, largest absolute weight, share below `NEAR_ZERO`, share of exact zeros."""

NEAR_ZERO = 1e-3
"""Absolute; first weights of a hidden layer are some hundredths to tenths."""
