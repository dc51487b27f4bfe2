"""What multiplies a strength: over a training, its schedule; from layer to layer, its shape over depth."""

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


DEPTHS = {"rising": "rising with depth", "falling": "falling with depth"}
"""Shapes over the sites of a network, in the order of its layers, and their words in a sentence, after a regularizer's
own: linear, from 1/n at one end of n sites to 1 at the other. Kadra et al. 2021 (arXiv:2106.11189) call dropout rates
that fall a funnel, that rise a triangle, and constant ones a brick."""


def over_depth(shape: str, sites: int) -> tuple[float, ...]:
    """Give the multipliers of a shape, one a site.

    Examples
    --------
    >>> over_depth("rising", 2), over_depth("falling", 4)
    ((0.5, 1.0), (1.0, 0.75, 0.5, 0.25))
    """
    rising = tuple((site + 1) / sites for site in range(sites))
    return rising if shape == "rising" else rising[::-1]


def base_of(factor: str) -> str:
    """Give a factor without its schedule or shape.

    Examples
    --------
    >>> base_of("dropout:decay"), base_of("l1")
    ('dropout', 'l1')
    """
    return factor.partition(":")[0]
