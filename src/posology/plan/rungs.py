"""Rungs of an arm: all its trials are tried a little, the best of them more.

By default trials race over the inner splits: all train on the first, the better half on the second too, the best
quarter on all. What is chosen is then chosen by every row that tuning may watch, for half the price of trying every
trial on every split (racing: Maron & Moore 1994, "Hoeffding races"). With successive halving (Jamieson & Talwalkar
2016, arXiv:1502.07943) every rung uses all splits, and trials race over epochs. Every arm gets the same rungs, so that
budgets stay equal.
"""

from dataclasses import dataclass

SHORTEST = 10
"""Epochs of the first rung of a halving, at least: sooner, losses say little."""

FEWEST = 3
"""Trials that see every inner split, at least: of one or two, chance would have chosen."""


@dataclass(frozen=True)
class Rung:
    """One step: how many of an arm's trials train on, to which epoch, on which inner splits."""

    keep: int
    until: int | None
    """None: from the start to the end, without a pause."""
    splits: tuple[int, ...] = (0,)


def race(trials: int, splits: int) -> list[Rung]:
    """Give the rungs of a race over the inner splits: all trials, the better half, the best quarter.

    Examples
    --------
    >>> [(r.keep, r.splits) for r in race(12, 4)]
    [(12, (0,)), (6, (1,)), (3, (2, 3))]
    >>> race(12, 1)
    [Rung(keep=12, until=None, splits=(0,))]
    """
    every, fewest = tuple(range(splits)), min(FEWEST, trials)
    keeps = [max(fewest, -(-trials // part)) for part in (1, 2, 4)]
    stages = [every[:1], every[1:2], every[2:]]
    return [Rung(keep, None, stage) for keep, stage in zip(keeps, stages, strict=True) if stage]


def halving(trials: int, splits: tuple[int, ...], epochs: int, keep_one_in: int) -> list[Rung]:
    """Give the rungs of a successive halving.

    With η = `keep_one_in`: all trials to epochs/η^k, then one in η of them (rounded up) to η times that epoch, and so
    on to the end; k such that at least two trials are left for the last rung, and the first is not too short.

    Parameters
    ----------
    trials : int
        Settings of the arm.
    splits : tuple of int
        Inner splits.
    epochs : int
        Longest training.
    keep_one_in : int
        η, at least 2.

    Examples
    --------
    >>> [(r.keep, r.until) for r in halving(12, (0,), 200, 3)]
    [(12, 23), (4, 67), (2, 200)]
    """
    keeps, ends = [trials], [epochs]
    while (left := -(-keeps[-1] // keep_one_in)) >= 2 and (sooner := -(-ends[0] // keep_one_in)) >= SHORTEST:
        keeps.append(left)
        ends.insert(0, sooner)
    return [Rung(keep, end, splits) for keep, end in zip(keeps, ends, strict=True)]
