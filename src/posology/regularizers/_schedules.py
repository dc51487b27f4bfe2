"""Schedules: what multiplies a regularizer's strength over a training."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A schedule over a training, as shares of its longest one; see `engine.schedule.factor`.

    Parameters
    ----------
    warmup : float
        That climbs linearly from 0 to 1.
    flat : float
        After which half a cosine falls to 0; 1 is never.
    title : str
        In a sentence, before a regularizer's own.
    """

    warmup: float
    flat: float
    title: str


CONSTANT = Shape(0.0, 1.0, "constant")

SCHEDULES = {"decay": Shape(0.0, 0.5, "decaying"), "warmup": Shape(0.25, 1.0, "warmed-up")}
"""Decay is flat-cosine: constant for half of the longest training, then half a cosine to 0 (Holzmueller et al. 2024,
arXiv:2407.04491, who decay dropout and weight decay so)."""


def base_of(factor: str) -> str:
    """Give a factor without its schedule.

    Examples
    --------
    >>> base_of("dropout:decay"), base_of("l1")
    ('dropout', 'l1')
    """
    return factor.partition(":")[0]
