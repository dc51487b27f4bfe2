"""The last epochs of a refit: its held-out rows are predicted around the epoch that tuning chose, not only at it.

At a constant learning rate the loss of a network moves from epoch to epoch by as much as from seed to seed. Averaging
the losses of five epochs, two apart, leaves about a quarter of that noise, for the price of four epochs more and of
predicting held-out rows four times more (docs/performance.md). It stays about one network: losses are averaged, not
predictions or weights, and the epochs lie evenly about the chosen one, so that a learning curve that bends little is
not shifted.
"""

import numpy as np
from jaxtyping import Int32

SNAPSHOTS = 5
"""Epochs at which a refit is scored."""

HALF = 4
"""Epochs from the chosen one to the ends of the window, at most."""

MOST_ROWS = 20_000
"""Larger tables are predicted once: the predictions of all refits must fit into memory, and rows leave less noise."""


def window(epochs: Int32[np.ndarray, " member"], rows: int, *, moves: bool) -> Int32[np.ndarray, "snapshot member"]:
    """Give the epochs at which refits are scored, rising: epoch E plus -4, -2, 0, 2, 4.

    The window is narrower where a training is short: an eighth of it on each side, E alone below 8 epochs.

    Parameters
    ----------
    epochs : int array (member,)
        Chosen epochs.
    rows : int
        Of the table.
    moves : bool
        False where every training ends at an epoch that the user fixed: then just there.

    Returns
    -------
    int array (snapshot, member)
        The chosen epochs stand in the middle.

    Examples
    --------
    >>> window(np.array([40, 9, 3], "int32"), 1000, moves=True).tolist()
    [[36, 8, 3], [38, 9, 3], [40, 9, 3], [42, 9, 3], [44, 10, 3]]
    >>> window(np.array([40], "int32"), 1_000_000, moves=True).tolist()
    [[40]]
    """
    if rows > MOST_ROWS:
        return epochs[None].astype("int32")
    half = np.minimum(HALF, epochs // 8) if moves else np.zeros_like(epochs)
    share = np.linspace(-1, 1, SNAPSHOTS)[:, None]
    return (epochs + np.trunc(share * half)).astype("int32")
