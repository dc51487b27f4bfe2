"""Schedules and shapes of strengths, as factors of arms.

`dropout:falling` and `dropout:rising` have a shape over depth: it multiplies the strengths of a setting, layer by
layer, and all else is as for any setting.

`dropout:decay` and `dropout:warmup` are on a schedule: it multiplies the strength, at all sites, by a number for each
epoch. It runs over the longest training of the study, whose end is known beforehand, and not over that of early
stopping, which is not: an epoch then means the same while tuning and in a refit. Where a schedule is studied, give
`--epochs` a number of epochs that trainings come near to, or leave early stopping out.
"""

from collections.abc import Sequence

from posology.regularizers import DEPTHS, FACTORS, PLACES, REGULARIZERS, SCHEDULES, Place, Shape

_FIXED = (Place.RATE, Place.MEMORY, Place.NORMS)
"""Places whose strength is about the whole of a training already, or of the network."""


def schedules_of(arm: Sequence[str]) -> dict[str, Shape]:
    """Give the schedule of each regularizer of an arm that has one.

    Examples
    --------
    >>> {name: shape.flat for name, shape in schedules_of(("weights:decay", "dropout")).items()}
    {'l1': 0.5, 'l2': 0.5}
    """
    return {
        name: SCHEDULES[schedule]
        for base, _, schedule in (factor.partition(":") for factor in arm)
        for name in FACTORS.get(base, ())
        if schedule in SCHEDULES
    }


def depths_of(arm: Sequence[str]) -> dict[str, str]:
    """Give the shape over depth of each regularizer of an arm that has one.

    Examples
    --------
    >>> depths_of(("weights:rising", "dropout:decay"))
    {'l1': 'rising', 'l2': 'rising'}
    """
    return {
        name: shape
        for base, _, shape in (factor.partition(":") for factor in arm)
        for name in FACTORS.get(base, ())
        if shape in DEPTHS
    }


def has_depth(factor: str) -> bool:
    """Tell whether a factor acts at layers, so that its strength can differ from one to the next.

    Examples
    --------
    >>> has_depth("weights"), has_depth("mixup")
    (True, False)
    """
    own = [REGULARIZERS[name] for name in FACTORS[factor]]
    return all(r.place.kind in PLACES and not r.strength.is_switch for r in own)


def can_be_scheduled(factor: str) -> bool:
    """Tell whether a schedule of a factor's strength means something: not of averages and learning rates.

    Examples
    --------
    >>> can_be_scheduled("dropout"), can_be_scheduled("swa")
    (True, False)
    """
    return all(REGULARIZERS[name].place not in _FIXED for name in FACTORS[factor])


def scheduled_lines(arm: Sequence[str], epochs: int) -> list[str]:
    """Say what a stock Keras model loses of an arm's schedules, a line each.

    Parameters
    ----------
    arm : sequence of str
    epochs : int
        Of the longest training, which a schedule runs over.

    Examples
    --------
    >>> scheduled_lines(("dropout:warmup",), 200)
    ['schedule: dropout rises from 0 in 50 epochs, by hand: a Keras model trains with a constant strength']
    """
    return [f"schedule: {name} {_course(shape, epochs)}, by hand: {_LOST}" for name, shape in schedules_of(arm).items()]


_LOST = "a Keras model trains with a constant strength"


def _course(shape: Shape, epochs: int) -> str:
    if shape.warmup:
        return f"rises from 0 in {shape.warmup * epochs:.0f} epochs"
    return f"is constant for {shape.flat * epochs:.0f} epochs and falls to 0 by half a cosine at epoch {epochs}"
