"""Nulls made of the user's own table: a shuffled target (N2 here), and arms that tie by flipped signs (N4)."""

import shlex
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from posology.calibration.generators import Generator, Rows, plain_family
from posology.calibration.nested import Scored, nested
from posology.calibration.outcome import Outcome, outcome
from posology.errors import InputError
from posology.inference.covariance import Folds, Losses, fit_means
from posology.keys import generator, key_of
from posology.table import Preparation, Table
from posology.wording import listed

MOST_ROWS = 1000
"""A larger table is studied by a random sample: what is asked is how the verdict errs, which takes many studies."""


def own_rows(table: Table, rows: int | None, seed: int) -> Rows:
    """Prepare a table's rows as numbers, or a random sample of them.

    Raises
    ------
    InputError
        The target is a class, or there are several: these arms predict a number.
    """
    if table.targets:
        raise InputError(
            f"'{table.target_name}' are {len(table.targets)} targets; --table calibrates one. Name one, and leave the "
            f"others out: --target {shlex.quote(table.targets[0])} --drop {shlex.quote(listed(table.targets[1:]))}"
        )
    if table.classes:
        raise InputError(
            f"The target '{table.target_name}' is a class; --table calibrates number targets. Leave out --table, or "
            "choose a number."
        )
    columns = Preparation.fit(table.features, table.target).transform(table.features).astype(float)
    most = min(rows or MOST_ROWS, table.n_rows)
    chosen = np.sort(generator(seed, "sample").permutation(table.n_rows)[:most])
    return columns[chosen], table.target[chosen]


def shuffled(own: Rows) -> Generator:
    """Give the user's columns with a target in random order: there is nothing to find."""
    x, y = own

    def draw(rng: np.random.Generator, rows: int, tests: int) -> tuple[Rows, Rows]:
        again = rng.integers(rows, size=tests)
        return (x, rng.permutation(y)), (x[again], rng.choice(y, tests))

    return Generator("N2 here", "your columns, the target shuffled", len(y), draw, plain_family("l2"))


def flipped(own: Rows) -> Generator:
    """Give the generator that stands for flipped studies of the user's table; see `flips`."""

    def draw(rng: np.random.Generator, rows: int, tests: int) -> tuple[Rows, Rows]:  # noqa: ARG001
        return own, own

    what = "your table's noise, arms tied by flipped signs"
    return Generator("N4", what, len(own[1]), draw, plain_family("l2"), tied=((0, 1, 2, 3),))


def flips(asked: Generator, own: Rows, studies: int, seed: int = 0) -> Iterator[Outcome]:
    """Study the table once, then flip the signs of the arms' differences at random, row by row and fit by fit.

    With D the arms' losses minus their mean over arms, less each arm's mean, R its average of a row over repeats and F
    its average over a fit::

        D* = s_row R + t_fit F + s_row t_fit (D - R - F),   s, t = -1 or +1

    Then all arms tie, and rows and fits keep their noise. What fits share by their training rows is not kept: that part
    needs new tables.
    """
    scored = nested(asked, own, key_of(seed, "N4"))
    for index in range(studies):
        losses = with_flipped_signs(scored.losses, scored.folds, generator(seed, "N4", index))
        found = Scored(losses, scored.folds, np.full(len(losses), losses.mean()), scored.capped)
        yield outcome("N4", index, asked, own, found, np.zeros(len(losses)), None)[0]


def with_flipped_signs(losses: Losses, folds: Folds, rng: np.random.Generator) -> Float[np.ndarray, "arm repeat row"]:
    """Give losses of arms that tie, with the noise of these."""
    _, repeats, rows = losses.shape
    common = losses.mean(axis=0)
    apart = losses - common
    apart -= apart.mean(axis=(1, 2), keepdims=True)
    by_row = apart.mean(axis=1, keepdims=True)
    means, folds_of = fit_means(apart, folds), folds + (folds.max() + 1) * np.arange(repeats)[:, None]
    by_fit = means[:, folds_of]
    row_sign = rng.choice([-1.0, 1.0], rows)
    fit_sign = rng.choice([-1.0, 1.0], means.shape[1])[folds_of]
    return common + row_sign * by_row + fit_sign * by_fit + row_sign * fit_sign * (apart - by_row - by_fit)
