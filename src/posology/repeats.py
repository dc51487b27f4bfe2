"""The resamples of a study as they come in: whole repeats in order, looked at, until there is enough."""

from collections.abc import Callable
from typing import Any

from posology.inference import look, looks_of
from posology.inference.covariance import Clusters
from posology.inference.measures import R2, Measure
from posology.inference.resolution import FirstSight, first_sight
from posology.inference.stopping import Look, Looks, Outcome
from posology.scoring import Found, Resample, Scores
from posology.settings import Settings


class Repeats:
    """Collects resamples and looks at every complete repeat.

    The result depends on the number of complete repeats alone: resamples of a later repeat that are done already count
    for nothing.

    Parameters
    ----------
    settings : Settings
    score : callable
        Scores that many repeats, from the first on.
    say : callable
        Told what the first repeat promises.
    measure : Measure
        What the scores are.
    clusters : int array (row,), optional
        Group of each row, where rows come in groups.
    """

    def __init__(
        self,
        settings: Settings,
        score: Callable[[Found, int], Scores],
        say: Callable[[str], None] = lambda _: None,
        measure: Measure = R2,
        clusters: Clusters | None = None,
    ) -> None:
        self._settings, self._score, self._say = settings, score, say
        self._measure, self._clusters = measure, clusters
        self._found: dict[Resample, Any] = {}
        self._at = () if settings.all_repeats else looks_of(settings.design.repeats)
        self._looks: list[Look] = []
        self._first: FirstSight | None = None
        self._done = 0

    def add(self, where: Resample, outcome: Any) -> bool:
        """Take a resample, and look where it completes a repeat.

        Returns
        -------
        bool
            Whether the study goes on.
        """
        self._found[where] = outcome
        while not self._over() and self._whole(self._done):
            self._done += 1
            self._consider()
        return not self._over()

    def looks(self) -> Looks:
        """Give how far the study went, and why no further."""
        return Looks(self._settings.design.repeats, self._done, tuple(self._looks), self._first)

    def found(self) -> Found:
        """Give the resamples of the complete repeats, in the order of the design."""
        # packs end in any order, and sums of floats depend on theirs
        return {where: self._found[where] for where in sorted(self._found) if where[0] < self._done}

    def _whole(self, repeat: int) -> bool:
        """Tell whether all folds of a repeat are done: a verdict needs whole partitions."""
        return all((repeat, fold) in self._found for fold in range(self._settings.design.folds))

    def _over(self) -> bool:
        stopped = bool(self._looks) and self._looks[-1].outcome is not Outcome.GO_ON
        return stopped or self._done == self._settings.design.repeats

    def _consider(self) -> None:
        design, margin = self._settings.design, self._settings.margin
        if self._done == 1 < design.repeats:
            scores = self._score(self._found, 1)
            self._first = first_sight(scores.losses, scores.folds, design.arms, design.repeats, self._clusters)
            self._say(self._first.sentence(design.repeats, margin, self._measure))
        if self._done in self._at:
            self._looks.append(self._look(self._score(self._found, self._done)))

    def _look(self, scores: Scores) -> Look:
        return look(
            scores.losses,
            scores.folds,
            self._settings.design.arms,
            margin=self._settings.margin,
            last=self._done == self._settings.design.repeats,
            measure=self._measure,
            clusters=self._clusters,
        )
