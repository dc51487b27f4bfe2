"""One simulated study by the product's inference: what was said, and what is needed to judge it later."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from posology.calibration.generators import Generator, Rows
from posology.calibration.nested import Scored, nested
from posology.calibration.rivals import METHODS
from posology.inference import Analysis, Estimate, Kind, Verdict, analyze, compare_with_best, decide
from posology.inference.resolution import POWER
from posology.keys import generator, key_of
from posology.plan import Arm

MARGIN = 0.01
TESTS = 1000
"""Fresh rows that score the fitted arms of each study."""

RESPLITS = 20
"""Repeats behind the average over re-splits of one table."""

EVERY = 10
"""One study in so many is re-split: it costs as much as four more."""


@dataclass(frozen=True)
class Said:
    """A verdict reduced to what can be wrong in it.

    Parameters
    ----------
    kind : str
    within : list of int
        Arms that are said to be within the margin of the best.
    """

    kind: str
    within: list[int]


@dataclass(frozen=True)
class Outcome:
    """One study, as JSON types.

    Parameters
    ----------
    generator : str
        With the name of what was planted, if anything was.
    index : int
        Number of the study.
    theta : list of float
        R2 minus one of each arm.
    se : list of list of float
        Of the arms' differences.
    least : list of list of float
        Below what no half-width of a difference is stated.
    df : int
    lower, upper : list of float
        Simultaneous bounds of each arm minus the best of the others.
    shrunken : list of float
    gain : list of float
        Bounds of the best combination over the best single arm; empty where the family lacks one kind.
    combination_better, within_margin : float or None
        Probabilities; None where the study states none.
    said : dict
        From variance to what the five rules made of it.
    flagged : bool
        Whether the study forbade itself claims about the population.
    variance : float
        Of the target in this table.
    truth : list of float
        Minus the risk of the fitted arms on fresh rows, in units of `variance`, without what was planted.
    planted : list of float
        R2 added to each arm.
    resplit : list of float
        Minus the mean loss over many re-splits of this table; empty where it was not re-split.
    spread : list of list of float
        Covariance behind the probabilities; empty where none is stated.
    """

    generator: str
    index: int
    theta: list[float]
    se: list[list[float]]
    least: list[list[float]]
    df: int
    lower: list[float]
    upper: list[float]
    shrunken: list[float]
    gain: list[float]
    combination_better: float | None
    within_margin: float | None
    said: dict[str, dict[str, Any]]
    flagged: bool
    variance: float
    truth: list[float]
    planted: list[float]
    resplit: list[float]
    spread: list[list[float]] = field(default_factory=list)


@dataclass(frozen=True)
class Studied:
    """All outcomes of one name, and the generator behind them."""

    asked: Generator
    outcomes: list[Outcome]


Studies = Mapping[str, Studied]
"""From generator, or what was planted on it."""


def gathered(outcomes: Iterable[Outcome], generators: Iterable[Generator]) -> dict[str, Studied]:
    """Sort outcomes by name, in the order of the generators."""
    found = {name: Studied(g, []) for g in generators for name in (g.name, *g.planted)}
    for o in outcomes:
        found[o.generator].outcomes.append(o)
    return {name: studied for name, studied in found.items() if studied.outcomes}


def simulate(asked: Generator, index: int, seed: int = 0) -> Iterator[Outcome]:
    """Draw one table, study it and give its outcome; then the same with each planted gain.

    A pure function of generator, index and seed.
    """
    rng = generator(seed, asked.name, index)
    table, tests = asked.draw(rng, asked.rows, TESTS)
    key = key_of(seed, asked.name, index, "study")
    scored = nested(asked, table, key, tests)
    resplit = _resplit(asked, table, key) if index % EVERY == 0 else None
    worse = np.array([-candidate.worse for candidate in asked.family])
    plain, found = outcome(asked.name, index, asked, table, scored, worse, resplit)
    yield plain
    for name, gain in asked.planted.items():
        combined = np.array([len(arm) > 1 for arm in asked.arms])
        better = combined * (_reach(found, combined) if gain is None else gain)
        shifted = replace(scored, losses=scored.losses - better[:, None, None])
        moved = None if resplit is None else resplit + better
        yield outcome(name, index, asked, table, shifted, worse + better, moved)[0]


def _reach(found: Analysis, combined: Any) -> float:
    return float(found.best.q.max() + POWER) * float(found.estimate.pair_se()[np.ix_(combined, ~combined)].max())


def _resplit(asked: Generator, table: Rows, key: int) -> Any:
    return -nested(asked, table, key_of(key, "again"), repeats=RESPLITS).losses.mean(axis=(1, 2))


def outcome(
    name: str, index: int, asked: Generator, table: Rows, scored: Scored, planted: Any, resplit: Any
) -> tuple[Outcome, Analysis]:
    """Analyze a scored study by the product's inference, and by the other tests' variances."""
    columns = table[0].shape[1]
    found = analyze(scored.losses, scored.folds, asked.arms, margin=MARGIN, columns=columns, capped_share=scored.capped)
    estimates = {m: how(scored.losses, scored.folds) for m, how in METHODS.items() if m != "TWR"}
    said = {m: asdict(_said(asked.arms, e)) for m, e in estimates.items()}
    said["TWR"] = asdict(reduced(asked.arms, found.verdict, found.best.lower))
    p, rivalry = found.probabilities, found.rivalry
    kept = Outcome(
        name,
        index,
        found.estimate.theta.tolist(),
        found.estimate.pair_se().tolist(),
        found.estimate.least(MARGIN).tolist(),
        found.estimate.df,
        found.best.lower.tolist(),
        found.best.upper.tolist(),
        (found.shrunken - 1).tolist(),
        [rivalry.difference.lower, rivalry.difference.upper] if rivalry else [],
        p.combination_better if p else None,
        p.within_margin if p else None,
        said,
        bool(found.flags),
        float(table[1].var()),
        [] if scored.risk is None else (-scored.risk).tolist(),
        planted.tolist(),
        [] if resplit is None else resplit.tolist(),
        [] if p is None else found.estimate.one_copy.tolist(),
    )
    return kept, found


def _said(arms: list[Arm], found: Estimate) -> Said:
    best = compare_with_best(found, margin=MARGIN)
    verdict = decide(arms, found.theta, best, MARGIN, combine_allowed=float(found.theta.max()) > -1)
    return reduced(arms, verdict, best.lower)


def reduced(arms: list[Arm], verdict: Verdict, lower: Any) -> Said:
    """Reduce a verdict to the arms that it certifies."""
    close = [i for i, arm in enumerate(arms) if len(arm) == 1 and lower[i] >= -MARGIN]
    this = arms.index(verdict.arm)
    within = {1: [this], 2: close, 3: [this], 4: [] if verdict.open_combination else [this], 5: []}[verdict.rule]
    return Said(Kind(verdict.kind).value, within)
