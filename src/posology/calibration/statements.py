"""Statements with a probability, and whether they are true: of a generator's own gain, and of planted ones (T8)."""

import math

import numpy as np
from jaxtyping import Float

from posology.calibration.outcome import MARGIN, Outcome, Studied, Studies
from posology.calibration.truth import truths
from posology.inference.contrasts import drawn
from posology.keys import generator

KNOWN = 3.0
"""Standard errors of a true gain from zero, or from the margin, at which its side is taken for known."""

WIDTH = 5.0
"""Mean standard errors within which planted true gains are spread, so that few are certain and few are lost."""

Statements = Float[np.ndarray, " statement"]
Sides = tuple[list[int], list[int]]


def planted_statements(studies: Studies) -> tuple[Statements, Statements]:
    """Collect statements on gains that are drawn anew for each study, evenly around zero.

    A generator has one true gain: if it is positive, all statements that a combination is better are true, whatever was
    said. What a probability promises is about many gains. So the combined arms of each study are moved by a constant
    that makes their true gain over the best single arm uniform within 5 mean standard errors.
    """
    said, true = [], []
    for name, studied in studies.items():
        combined, singles = sides = _sides(studied)
        stated = [i for i, o in enumerate(studied.outcomes) if o.spread and o.truth]
        if name != studied.asked.name or not stated:
            continue
        population = truths(studied).population
        width = WIDTH * np.mean([_se(studied.outcomes[i], combined[0], singles[-1]) for i in stated])
        for i in stated:
            o, value = studied.outcomes[i], population[i]
            gain = float(generator("spread", name, o.index).uniform(-width, width))
            moved = np.array(o.theta)
            moved[combined] += gain - _gain(value, sides)
            p = drawn(moved, np.array(o.spread), singles, combined, MARGIN)
            for probability, fact in ((p.combination_better, gain > 0), (p.within_margin, abs(gain) < MARGIN)):
                said += [probability, 1 - probability]
                true += [float(fact), float(not fact)]
    return np.array(said), np.array(true)


def _se(o: Outcome, i: int, j: int) -> float:
    return math.sqrt(o.spread[i][i] + o.spread[j][j] - 2 * o.spread[i][j])


def statements(studies: Studies) -> tuple[Statements, Statements]:
    """Collect P(combination better) and P(within the margin), both ways, where they are stated and arms do not tie."""
    said, true = [], []
    for studied in studies.values():
        if studied.asked.tied:
            continue
        sides = _sides(studied)
        population = truths(studied).population
        noise = _noise_of_gain(np.array([o.truth for o in studied.outcomes]), sides)
        for o, value in zip(studied.outcomes, population, strict=True):
            gain = _gain(value, sides)
            # how far the true gain is from where the fact would be another
            facts = ((o.combination_better, gain), (o.within_margin, MARGIN - abs(gain)))
            for probability, room in facts:
                if probability is not None and abs(room) > KNOWN * noise:
                    said += [probability, 1 - probability]
                    true += [float(room > 0), float(room <= 0)]
    return np.array(said), np.array(true)


def _sides(studied: Studied) -> Sides:
    """Give the places of the combined arms, and of the single ones."""
    arms = list(enumerate(studied.asked.arms))
    return [i for i, arm in arms if len(arm) > 1], [i for i, arm in arms if len(arm) == 1]


def _gain(value: Float[np.ndarray, " arm"], sides: Sides) -> float:
    combined, singles = sides
    return float(value[combined].max() - value[singles].max())


def _noise_of_gain(truth: Float[np.ndarray, "study arm"], sides: Sides) -> float:
    """Give the standard error of the true gain, for its mean over studies is an estimate too."""
    mean = truth.mean(axis=0)
    better, other = (side[int(mean[side].argmax())] for side in sides)
    return float((truth[:, better] - truth[:, other]).std() / math.sqrt(len(truth)))
