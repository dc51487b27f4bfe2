"""Which judge scores the predictions of a table's target."""

import numpy as np
from jaxtyping import Float

from posology.errors import InputError
from posology.inference import CLASS_SCORES, NUMBER_SCORES, R2, Measure, class_measure, class_shares, number_measure
from posology.judges import ClassJudge, Judge, NumberJudge, QuantileJudge
from posology.mean_judge import LabelJudge, mean_judge
from posology.table import Table
from posology.wording import did_you_mean

SCORES = (*NUMBER_SCORES, *CLASS_SCORES)
"""What can be asked for."""


def judge_of(table: Table, score: str | None) -> Judge:
    """Give the judge of a table's target.

    Parameters
    ----------
    table : Table
    score : str or None
        One of `SCORES`, with a level for LEVEL; None for R2 of numbers, log-loss skill of classes.

    Raises
    ------
    InputError
        A score that is unknown, or not for such a target.
    """
    number = number_measure(score or R2.name)
    if score is not None and number is None and score not in CLASS_SCORES:
        raise InputError(
            f"--score got '{score}'.{did_you_mean(score, SCORES)} Use one of: {', '.join(SCORES)}, such as pinball:0.9."
        )
    if not table.classes:
        if number is None:
            what = "is numbers" if table.targets else "is a number"
            raise InputError(
                f"--score {score} is for classes, and the target '{table.target_name}' {what}. Use one of: "
                f"{', '.join(NUMBER_SCORES)}; or, if the numbers are names of classes, --task classification (in "
                "Python: task='classification')."
            )
        if not table.targets:
            return _judge_of_numbers(table.target, table.row_weights, number)
        each = tuple(_judge_of_numbers(column, table.row_weights, number) for column in table.target.T)
        return mean_judge(each, table.targets)
    if score is not None and number is not None:
        what = "is labels" if table.labels else f"has {len(table.classes)} classes"
        raise InputError(
            f"--score {score} is for numbers, and the target '{table.target_name}' {what}. Use one of: "
            f"{', '.join(CLASS_SCORES)}."
        )
    if not table.labels:
        return _judge_of_classes(table, score or CLASS_SCORES[0])
    each = tuple(LabelJudge(_judge_of_classes(alone, score or CLASS_SCORES[0])) for alone in table.of_each())
    return mean_judge(each, table.targets)


def _judge_of_classes(table: Table, score: str) -> ClassJudge:
    assert table.strata is not None  # it is classes that exclude one another
    classes = len(table.classes)
    shares = class_shares(table.strata, classes, table.row_weights)
    return ClassJudge(table.strata, shares, class_measure(score, classes), table.row_weights)


def _judge_of_numbers(
    target: Float[np.ndarray, " row"], weights: Float[np.ndarray, " row"] | None, measure: Measure
) -> Judge:
    squares = NumberJudge(target, weights=weights)
    return squares if measure == R2 else QuantileJudge(squares, measure)
