"""The best combination against the best single arm: the user's question as one number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posology.inference.best import Best, half_widths
from posology.inference.contrasts import Contrast, corrected_resampled_t, shrunken
from posology.inference.covariance import Estimate, Folds, Losses, fit_means
from posology.inference.verdict import Arm


@dataclass(frozen=True)
class Rivalry:
    """The best combination against the best single arm.

    Parameters
    ----------
    combination, single : tuple of str
        By their means.
    difference : Contrast
        theta(combination) - theta(single) and its standard error. The bounds are on the gain of the truly best
        combination over the truly best single arm, whichever those are; see `gain_bounds`.
    resampled_t : Contrast
        The same pair by Nadeau and Bengio: would it hold in a new sample?
    shrunken : float
        The same, shrunken against the optimism of having picked both.
    percent_of_error : float
        As a share of the single arm's mean squared error, in percent.
    in_se : float
        In standard errors.
    """

    combination: Arm
    single: Arm
    difference: Contrast
    resampled_t: Contrast
    shrunken: float
    percent_of_error: float
    in_se: float

    @property
    def same(self) -> bool:
        """Tell whether both predicted alike in every fit, as where the combination chose a strength of zero."""
        return self.resampled_t.value == 0 and self.resampled_t.se == 0


def gain_bounds(
    found: Estimate, best: Best, singles: Sequence[int], combined: Sequence[int], margin: float = 0.0
) -> tuple[float, float]:
    """Bound max theta of the combinations minus max theta of the single arms; each end holds with 95%.

    ::

        lower = max_c min_s [theta_c - theta_s - w_sc]
        upper = min_s max_c [theta_c - theta_s + w_cs];  w of `best.half_widths`

    The lower end needs the comparisons with the truly best single arm only, the upper those with the truly best
    combination only; q covers all comparisons with one arm. So picking both by their means costs nothing.
    """
    pairs = np.ix_(list(combined), list(singles))
    difference, width = found.theta[:, None] - found.theta[None, :], half_widths(found, best.q, margin)
    lower = (difference - width.T)[pairs].min(axis=1).max()
    upper = (difference + width)[pairs].max(axis=0).min()
    return float(lower), float(upper)


def rivalry(
    losses: Losses,
    folds: Folds,
    found: Estimate,
    best: Best,
    arms: Sequence[Arm],
    singles: list[int],
    combined: list[int],
    margin: float = 0.0,
) -> Rivalry | None:
    """Compare the best-looking of both kinds; None where the family lacks one kind."""
    if not singles or not combined:
        return None
    c = max(combined, key=lambda i: found.theta[i])
    s = max(singles, key=lambda i: found.theta[i])
    value, se = float(found.theta[c] - found.theta[s]), float(found.pair_se()[c, s])
    by_fit = fit_means(losses[[s]] - losses[[c]], folds)[0]
    shrunk, error = shrunken(found), float(-found.theta[s])
    return Rivalry(
        arms[c],
        arms[s],
        Contrast(value, se, *gain_bounds(found, best, singles, combined, margin)),
        corrected_resampled_t(by_fit, int(folds.max()) + 1),
        float(shrunk[c] - shrunk[s]),
        100 * value / error if error > 0 else float("nan"),
        value / se if se > 0 else float("nan"),
    )
