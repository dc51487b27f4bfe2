"""What a score is: its name, its words, and what a prediction that knows no column would get."""

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Measure:
    """A score; the higher the better, 1 at best, and always 1 minus a mean of row losses.

    Parameters
    ----------
    name : str
        As it is asked for.
    words : str
        As a sentence or the head of a table names it.
    key : str
        Of its value in JSON.
    chance : float
        What a prediction gets that knows no column of the row.
    naive : str
        That prediction, in words.
    """

    name: str
    words: str
    key: str = "score"
    chance: float = 0.0
    naive: str = "the shares of the classes"


R2 = Measure("r2", "R2", "r2", naive="the mean of the target")

CLASS_SCORES = ("log_loss", "brier", "balanced_accuracy", "auc")
"""Names of the scores of classes; the first is the usual one."""


def class_measure(name: str, classes: int) -> Measure:
    """Give the measure of a name, for a number of classes.

    Examples
    --------
    >>> class_measure("auc", 3).chance, round(class_measure("balanced_accuracy", 3).chance, 3)
    (0.5, 0.333)
    """
    measures = (
        Measure("log_loss", "log-loss skill"),
        Measure("brier", "Brier skill"),
        Measure("balanced_accuracy", "balanced accuracy", chance=1 / classes, naive="guessing"),
        Measure("auc", "AUC", chance=0.5, naive="guessing"),
    )
    return next(measure for measure in measures if measure.name == name)


MAE = Measure("mae", "MAE skill", naive="the median of the target")

NUMBER_SCORES = (R2.name, MAE.name, "pinball:LEVEL")
"""Names of the scores of numbers, LEVEL being that of the quantile that is predicted; the first is the usual one."""


def number_measure(name: str) -> Measure | None:
    """Give the measure of a name for numbers; None where there is none.

    Examples
    --------
    >>> number_measure("pinball:0.9").naive
    'the 0.9 quantile of the target'
    >>> number_measure("pinball:2") is None
    True
    """
    if name in (R2.name, MAE.name):
        return R2 if name == R2.name else MAE
    if not 0 < quantile_level(name) < 1:
        return None
    level = f"{quantile_level(name):g}"
    return Measure(f"pinball:{level}", f"pinball skill at {level}", naive=f"the {level} quantile of the target")


def mean_measure(measure: Measure) -> Measure:
    """Give the measure of several targets: the mean of theirs.

    Examples
    --------
    >>> mean_measure(R2).words, mean_measure(R2).name
    ('mean R2', 'r2')
    """
    naive = measure.naive.replace("of the target", "of each target")
    return replace(measure, words=f"mean {measure.words}", naive=naive)


OF_TARGET = " of "
"""Between the name of a score and that of the one target that it is about."""


def target_measure(measure: Measure, target: str) -> Measure:
    """Give the measure of one of several targets.

    Examples
    --------
    >>> target_measure(R2, "rent").name, target_measure(R2, "rent").words
    ('r2 of rent', 'R2 of rent')
    """
    return replace(measure, name=f"{measure.name}{OF_TARGET}{target}", words=f"{measure.words} of {target}")


def measure_named(name: str, classes: int, *, several: bool = False) -> Measure:
    """Give the measure of a name, of numbers or of so many classes; `several` is whether there are several targets.

    Examples
    --------
    >>> measure_named("r2", 0, several=True).words, measure_named("r2 of rent", 0, several=True).words
    ('mean R2', 'R2 of rent')
    """
    base, of, target = name.partition(OF_TARGET)
    measure = number_measure(base) or class_measure(base, classes)
    if of:
        return target_measure(measure, target)
    return mean_measure(measure) if several else measure


def training_measure(classes: int, *, several: bool = False) -> Measure:
    """Give the measure of training rows, of gaps and of what networks withstand: R2, or log-loss skill of classes.

    Examples
    --------
    >>> training_measure(0).words, training_measure(3).words
    ('R2', 'log-loss skill')
    """
    return measure_named("log_loss" if classes else R2.name, classes, several=several)


def quantile_level(name: str) -> float:
    """Give the level of the quantile that a score is about: one half for "mae", 0 where it is about none.

    Examples
    --------
    >>> quantile_level("pinball:0.9"), quantile_level("mae"), quantile_level("r2")
    (0.9, 0.5, 0.0)
    """
    if name == MAE.name:
        return 0.5
    found = re.fullmatch(r"pinball:(0?\.\d+)", name)
    return float(found[1]) if found else 0.0
