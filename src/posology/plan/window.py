"""The last epochs of a refit: its held-out rows are predicted around the epoch that tuning chose, not only at it.

At a constant learning rate the loss of a network moves from epoch to epoch by as much as from seed to seed. Averaging
the losses of five epochs, two apart, leaves about a quarter of that noise, for the price of four epochs more and of
predicting held-out rows four times more (docs/performance.md). It stays about one network: losses are averaged, not
predictions or weights, and the epochs lie evenly about the chosen one, so that a learning curve that bends little is
not shifted.
"""

SNAPSHOTS = 5
"""Epochs at which a refit is scored."""

HALF = 4
"""Epochs from the chosen one to the ends of the window, at most."""


def window(epochs: int) -> tuple[int, ...]:
    """Give the epochs at which a refit is scored, rising: epoch E plus -4, -2, 0, 2, 4.

    The window is narrower where a training is short: an eighth of it on each side, E alone, five times, below 8 epochs.

    Examples
    --------
    >>> window(40), window(9), window(3)
    ((36, 38, 40, 42, 44), (8, 9, 9, 9, 10), (3, 3, 3, 3, 3))
    """
    half, steps = min(HALF, epochs // 8), SNAPSHOTS // 2
    return tuple(epochs + int(half * step / steps) for step in range(-steps, steps + 1))
