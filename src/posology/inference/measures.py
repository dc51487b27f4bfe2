"""What a score is: its name, its words, and what a prediction that knows no column would get."""

from dataclasses import dataclass


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
