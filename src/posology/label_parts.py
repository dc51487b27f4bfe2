"""Rows with labels, dealt out to parts so that every part has its share of each label."""

import numpy as np
from jaxtyping import Int

Labels = Int[np.ndarray, "row label"]


def label_parts(labels: Labels, parts: int, random: np.random.Generator) -> Int[np.ndarray, " row"]:
    """Deal rows out to parts in random order, as even in each label as its rows let them be; sizes differ by one.

    Rows with the rarest label come first, then those with the next; rows alike in all labels go out in whole rounds,
    what is left of them one by one, each to the part that has fewest rows of its rarest label. The rarer of having a
    label and lacking it is what counts. So the rarest label is as even as can be, and others give way only where they
    share rows with rarer ones.

    Parameters
    ----------
    labels : int array (row, label)
        1 where a row has a label, else 0.
    parts : int
    random : numpy Generator

    Returns
    -------
    int array (row,)
        The part of each row.

    Examples
    --------
    >>> of = label_parts(np.eye(6, 2, dtype=int), 3, np.random.default_rng(0))
    >>> np.bincount(of).tolist()
    [2, 2, 2]

    References
    ----------
    Sechidis, Tsoumakas & Vlahavas 2011, ECML PKDD, whose order by rarity this is.
    """
    rows = len(labels)
    rare = _rarer(labels)
    out, room = np.empty(rows, int), np.bincount(random.permutation(parts)[np.arange(rows) % parts], minlength=parts)
    have = np.zeros((parts, labels.shape[1]), int)
    for alike in _kinds(rare, random):
        rounds = min(len(alike) // parts, int(room.min()))
        whole, left = alike[: rounds * parts], alike[rounds * parts :]
        out[whole] = np.arange(len(whole)) % parts
        room -= rounds
        for row in left:  # of whole rounds every part has as many
            part = _lacking(have, room, np.flatnonzero(rare[row]), random)
            out[row] = part
            room[part] -= 1
            have[part] += rare[row]
    return out


def _rarer(labels: Labels) -> Labels:
    """Give 1 for the rarer value of each label, else 0; the rarest label first."""
    rare = np.where(2 * labels.sum(axis=0) > len(labels), 1 - labels, labels)
    return rare[:, np.argsort(rare.sum(axis=0), kind="stable")]


def _kinds(rare: Labels, random: np.random.Generator) -> list[Int[np.ndarray, " alike"]]:
    """Give the rows of each kind, alike in all labels, in random order; kinds with the rarest label first."""
    # those that share it with others come first among them, for they have least choice
    order = np.lexsort((random.permutation(len(rare)), *(-rare.T[::-1])))
    kinds = rare[order]
    return np.split(order, 1 + np.flatnonzero((kinds[1:] != kinds[:-1]).any(axis=1)))


def _lacking(
    have: Int[np.ndarray, "part label"],
    room: Int[np.ndarray, " part"],
    own: Int[np.ndarray, " own"],
    random: np.random.Generator,
) -> int:
    """Choose a part with room that has fewest rows of a row's rarest label, then of its next; then the emptiest."""
    among = np.flatnonzero(room)
    for label in own:
        among = among[have[among, label] == have[among, label].min()]
    among = among[room[among] == room[among].max()]
    return int(among[random.integers(len(among))])
