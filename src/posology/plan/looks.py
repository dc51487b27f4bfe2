"""What is looked at in every refitted network beside its score; as pure data."""

LEVELS = {"noise": (0.1, 0.25, 0.5), "missing": (0.1, 0.25, 0.5), "units": (0.1, 0.25, 0.5)}
"""Kinds of damage and their levels: Gaussian noise on the inputs (its standard deviation, as a share of the column's in
the training rows), cells set to their column's mean (their share), hidden units set to zero (their share)."""

STATISTICS = ("norm", "largest", "near_zero", "zero")
"""Of an array of weights: Euclidean norm, largest absolute weight, share below `NEAR_ZERO`, share of exact zeros."""

BELOW = tuple(10.0 ** (k / 2) for k in range(-12, 3))
"""Thresholds of absolute weights: of every array, the share below each is kept beside its statistics, which is its
distribution function at these points. From a millionth to ten."""

NEAR_ZERO = 1e-3
"""Absolute; first weights of a hidden layer are some hundredths to tenths."""
