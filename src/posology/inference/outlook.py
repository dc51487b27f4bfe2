"""Would endless repeats settle what is open? What finite rows leave of it, and the noise that repeats still remove."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from posology.inference.best import bounds, critical_values
from posology.inference.covariance import Clusters, Estimate, Losses, floor_covariance, normal_draws, positive_part
from posology.inference.measures import R2, Measure
from posology.inference.verdict import Arm, Kind, Verdict, decide

DRAWS = 200
SEED = 52_361

HOPELESS = 0.05
"""A chance below it is called none: more training will not help, more rows would."""

SLIGHT = 0.25
"""A chance below it is called slight: repeats can hardly help. It is of endless ones, and generous."""


def settled(verdict: Verdict) -> bool:
    """Tell whether nothing is left open: there is a verdict, and a combination that it names is certain."""
    return verdict.kind is not Kind.OPEN and not verdict.open_combination


def repeats_could(chance: float) -> str:
    """Say in a word or two what more repeats could do.

    Examples
    --------
    >>> [repeats_could(chance) for chance in (0.04, 0.05, 0.24, 0.25)]
    ['would not', 'can hardly', 'can hardly', 'may']
    """
    if chance < HOPELESS:
        return "would not"
    return "can hardly" if chance < SLIGHT else "may"


def chance_of_settling(
    losses: Losses,
    found: Estimate,
    arms: Sequence[Arm],
    margin: float,
    measure: Measure = R2,
    clusters: Clusters | None = None,
) -> float | None:
    """Estimate the chance that endless repeats on these rows would settle the verdict.

    With ever more repeats the means go to those of this table, theta_inf, and Sigma to the floor Sigma_inf
    (`floor_covariance`). What is between the present means and theta_inf is the noise of fits::

        theta_inf ~ theta + t_(J-1) noise of covariance  PSD(Srow - Sigma_inf/2) + PSD(Sfit - Sboth)

    The five rules are applied to draws of theta_inf with the floor in place of Sigma. It is generous, so that a study
    goes on where there is doubt: nothing is known of theta_inf beforehand, though arms are often nearly alike, and such
    are harder to settle.

    Parameters
    ----------
    losses : array (arm, repeat, row)
        Row losses of complete repeats.
    found : Estimate
        From these losses.
    arms : sequence of arm
        Names of the first axis.
    margin : float
        Differences of scores below it do not matter.
    measure : Measure
        What the scores are.
    clusters : int array (row,), optional
        Group of each row, where rows come in groups.

    Returns
    -------
    float or None
        None with a single repeat, where rows and fits cannot be told apart.

    Examples
    --------
    >>> from posology.inference.covariance import estimate
    >>> rng = np.random.default_rng(0)
    >>> folds = np.stack([rng.permutation(400) % 5 for _ in range(3)])
    >>> rows = rng.normal(0, 0.3, (2, 1, 400))
    >>> losses = rows - rows.mean(axis=2, keepdims=True) + np.zeros((2, 3, 400))
    >>> chance_of_settling(losses, estimate(losses, folds), [(), ("dropout",)], margin=0.01)
    0.0
    """
    floor = floor_covariance(losses, clusters)
    if floor is None:
        return None
    noise = positive_part(found.row - floor / 2) + found.sigma - 2 * found.row
    rng = np.random.default_rng(SEED)
    heavier = np.sqrt(found.df / rng.chisquare(found.df, DRAWS))
    means = found.theta + normal_draws(noise, DRAWS, rng) * heavier[:, None]
    units = losses.shape[2] if clusters is None else int(clusters.max()) + 1
    endless = Estimate(found.theta, floor, floor / 2, units - 1, found.rare)
    q = critical_values(endless)
    verdicts = (
        decide(
            arms,
            theta,
            bounds(replace(endless, theta=theta), q, margin),
            margin,
            combine_allowed=bool(1 + theta.max() > measure.chance),
        )
        for theta in means
    )
    return float(np.mean([settled(verdict) for verdict in verdicts]))
