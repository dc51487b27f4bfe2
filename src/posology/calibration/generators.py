"""Generators: tables whose truth is known, each with the family of arms that is compared on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from posology.plan import Arm

Rows = tuple[Float[np.ndarray, "_ column"], Float[np.ndarray, " _"]]
"""Features and target of a table."""


Draw = Callable[[np.random.Generator, int, int], tuple[Rows, Rows]]
"""From (random generator, rows, test rows) to both tables; of both the truth is the same."""


@dataclass(frozen=True)
class Candidate:
    """One arm of a family.

    Parameters
    ----------
    name : tuple of str
        What inference takes it for: none, a single regularizer or a combination.
    acts : tuple of str
        What it really does.
    span : (int, int or None)
        First and last of the columns that it sees.
    draws : int
        Arms of one number share the draws of their trials, as the product's do; other numbers are independent.
    worse : float
        Added to its losses: a planted difference, in R2.
    """

    name: Arm
    acts: Arm
    span: tuple[int, int | None] = (0, None)
    draws: int = 0
    worse: float = 0.0

    @property
    def columns(self) -> slice:
        """Give the columns that it sees."""
        return slice(*self.span)


@dataclass(frozen=True)
class Generator:
    """A source of tables.

    Parameters
    ----------
    name, what : str
    rows : int
        Of one table.
    draw : Draw
    family : tuple of Candidate
    folds, repeats, refits : int
        Of one study.
    hidden : int
        Random ReLU units before the readout, drawn anew in every fit: a network's seed. Zero for none.
    sites : mapping
        From regularizer to the (first, last) column that it acts on, where not on all.
    tied : tuple of tuple of int
        Groups of arms that are equally good by symmetry, the best ones first: their truth is averaged.
    planted : mapping
        Gains of the combination that are planted besides, by their names. None is (q + 0.84) SE of its hardest rival in
        that study: what should be found four times out of five.
    normal : bool
        Whether coverage is promised without a flag.
    """

    name: str
    what: str
    rows: int
    draw: Draw
    family: tuple[Candidate, ...]
    folds: int = 5
    repeats: int = 5
    refits: int = 1
    hidden: int = 0
    sites: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    tied: tuple[tuple[int, ...], ...] = ()
    planted: Mapping[str, float | None] = field(default_factory=dict)
    normal: bool = True

    @property
    def arms(self) -> list[Arm]:
        """Name the family as inference takes it."""
        return [candidate.name for candidate in self.family]


def plain_family(weights: str) -> tuple[Candidate, ...]:
    """Give none, a weight penalty, dropout and both."""
    arms: tuple[Arm, ...] = ((), (weights,), ("dropout",), (weights, "dropout"))
    return tuple(Candidate(arm, arm) for arm in arms)


def _halves(columns: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (0, columns // 2), (columns // 2, columns)


def _two_halves(acts: str, columns: int) -> tuple[Candidate, ...]:
    """One arm on either half, as if one were a single regularizer and the other a combination: no winner."""
    first, second = _halves(columns)
    return (
        Candidate((acts,), (acts,), first, draws=1),
        Candidate((acts, "dropout"), (acts,), second, draws=2),
    )


def _planted_tie(columns: int) -> tuple[Candidate, ...]:
    """Tie the best single arm and the combination exactly, by symmetry; the others are 0.1 worse."""
    first, second = _halves(columns)
    return (
        Candidate((), ("l2",), second, draws=3, worse=0.1),
        Candidate(("l2",), ("l2",), first, draws=4, worse=0.1),
        Candidate(("dropout",), ("l2",), first, draws=1),
        Candidate(("l2", "dropout"), ("l2",), second, draws=2),
    )


def _copies() -> tuple[Candidate, ...]:
    return tuple(replace(c, acts=("l2",), draws=i) for i, c in enumerate(plain_family("l2")))


def linear(
    coefficients: Float[np.ndarray, " column"],
    *,
    noise: str = "normal",
    block: int = 1,
) -> Draw:
    """Make y = x'b + noise of variance one.

    Parameters
    ----------
    noise : str
        "normal", "t3", or "uneven": its deviation rises with the first column's size.
    block : int
        Columns in one block share half of their variance.
    """
    columns = len(coefficients)

    def one(rng: np.random.Generator, rows: int) -> Rows:
        x = rng.standard_normal((rows, columns))
        if block > 1:
            shared = rng.standard_normal((rows, -(-columns // block)))
            x = np.sqrt(0.5) * (x + np.repeat(shared, block, axis=1)[:, :columns])
        e = rng.standard_t(3, rows) / np.sqrt(3) if noise == "t3" else rng.standard_normal(rows)
        if noise == "uneven":
            e = e * np.sqrt((0.25 + x[:, 0] ** 2) / 1.25)
        return x, x @ coefficients + e

    return lambda rng, rows, tests: (one(rng, rows), one(rng, tests))


def dense(columns: int, signal: float = 1.0) -> Float[np.ndarray, " column"]:
    """Give equal coefficients whose signal has the given variance."""
    return np.full(columns, np.sqrt(signal / columns))


def sparse(columns: int, few: int, signal: float = 1.0) -> Float[np.ndarray, " column"]:
    """Give a few equal coefficients, spread over the columns; the others are zero."""
    coefficients = np.zeros(columns)
    coefficients[:: columns // few][:few] = np.sqrt(signal / few)
    return coefficients


def smooth(columns: int) -> Draw:
    """Draw a smooth function of four columns, for random ReLU features; the other columns are noise."""

    def one(rng: np.random.Generator, rows: int) -> Rows:
        x = rng.standard_normal((rows, max(4, columns)))
        return x, np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3] + 0.7 * rng.standard_normal(rows)

    return lambda rng, rows, tests: (one(rng, rows), one(rng, tests))


GAINS: Mapping[str, float | None] = {"C1 at 1 margin": 0.01, "C1 at 2 margins": 0.02, "C1 at 4 margins": 0.04}
REACH = "C1 in reach"
REACH_OF_ONE = "N3 in reach"


def suite(rows: int | None = None, columns: int | None = None) -> dict[str, Generator]:
    """Give every generator by name, in its own size or another.

    Examples
    --------
    >>> list(suite())[:4], suite(rows=80)["N0"].rows
    (['N0', 'N1', 'N1-lasso', 'N2'], 80)
    """
    generators = [*_nulls(columns), *_equals(columns), *_winners(columns), *_stress(columns)]
    return {g.name: g if rows is None else replace(g, rows=rows) for g in generators}


def _nulls(columns: int | None) -> list[Generator]:
    p, q = columns or 40, columns or 60
    few = max(2, q // 6)
    return [
        Generator("N0", "four copies of one tuned ridge", 300, linear(dense(p)), _copies(), tied=((0, 1, 2, 3),)),
        Generator(
            "N1", "ridge on either half of the columns", 300, linear(dense(p)), _two_halves("l2", p), tied=((0, 1),)
        ),
        Generator(
            "N1-lasso",
            "lasso on either half, 10 folds",
            200,
            linear(sparse(q, few)),
            _two_halves("l1", q),
            folds=10,
            tied=((0, 1),),
        ),
        Generator("N2", "the target is noise", 200, linear(np.zeros(p)), plain_family("l1")),
        Generator(
            "N3",
            "the combination ties with the best single",
            300,
            linear(dense(p)),
            _planted_tie(p),
            tied=((2, 3), (0, 1)),
            planted={REACH_OF_ONE: None},
        ),
    ]


def _equals(columns: int | None) -> list[Generator]:
    planted = {**GAINS, REACH: None}
    many, few = linear(dense(columns or 40)), linear(dense(columns or 5))
    return [
        Generator("E1", "dense: dropout is ridge exactly", 1000, many, plain_family("l2"), planted=planted),
        Generator("E2", "200 rows a column", 1000, few, plain_family("l2")),
    ]


def _winners(columns: int | None) -> list[Generator]:
    q, p = columns or 60, columns or 80
    return [
        Generator("A1", "1 column in 12 matters", 200, linear(sparse(q, max(1, q // 12))), plain_family("l1")),
        Generator(
            "C2",
            "L2 acts on one half of the columns, dropout on the other",
            400,
            linear(dense(p, 0.3)),
            plain_family("l2"),
            sites=dict(zip(("l2", "dropout"), _halves(p), strict=True)),
        ),
        Generator("R1", "random ReLU networks", 200, smooth(columns or 5), plain_family("l2"), refits=6, hidden=40),
    ]


def _stress(columns: int | None) -> list[Generator]:
    wide, p = dense(columns or 80), dense(columns or 20)
    sources = {
        "wide": ("100 rows, 80 columns", 100, linear(wide)),
        "tails": ("t3 noise", 200, linear(p, noise="t3")),
        "uneven": ("uneven noise", 200, linear(p, noise="uneven")),
        "blocks": ("120 rows, 80 columns in correlated blocks", 120, linear(wide, block=8)),
    }
    return [Generator(f"S1-{name}", *source, plain_family("l2"), normal=False) for name, source in sources.items()]


SUITE = suite()
