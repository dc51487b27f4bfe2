"""What a cocktail was made of: the mix of every resample, how stable it is, and what its members are worth."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from posology.inference.covariance import Clusters
from posology.inference.shapley import Cells, Pair, Worth, worths
from posology.inference.stability import Stability, stability
from posology.judges import Judge
from posology.plan import COCKTAIL, ONE, Design
from posology.plan.mixes import parts_of
from posology.regularizers import REGULARIZERS
from posology.scoring import Found, snapshot_losses

Strengths = dict[str, float]


@dataclass(frozen=True)
class Chosen:
    """What one resample chose, on its inner rows.

    Parameters
    ----------
    repeat, fold : int
    one, mix : dict
        From regularizer to its strength, the same at all sites.
    """

    repeat: int
    fold: int
    one: Strengths
    mix: Strengths


@dataclass(frozen=True)
class Cocktail:
    """A cocktail's members.

    Parameters
    ----------
    cabinet : tuple of str
        From which it is mixed.
    searched : int
        Mixes that each of the two arms tried in a resample.
    chosen : tuple of Chosen
        A resample each, in their order.
    stability : Stability
        Of the members, resample by resample.
    worths : tuple of Worth
    pairs : tuple of Pair
    """

    cabinet: tuple[str, ...]
    searched: int
    chosen: tuple[Chosen, ...]
    stability: Stability
    worths: tuple[Worth, ...]
    pairs: tuple[Pair, ...]

    @classmethod
    def of(
        cls,
        found: Found,
        design: Design,
        judge: Judge,
        folds: Int[np.ndarray, "repeat row"],
        clusters: Clusters | None = None,
    ) -> "Cocktail":
        """Collect it over the resamples of complete repeats.

        Parameters
        ----------
        found : mapping
            From (repeat, fold) to what the searches and the refits gave.
        design : Design
        judge : Judge
        folds : array (repeat, row)
            Of the complete repeats.
        clusters : int array (row,), optional
            Group of each row.
        """
        chosen = tuple(
            Chosen(*where, *({name: s[0] for name, s in tuned[arm].settings[0].items()} for arm in (ONE, COCKTAIL)))
            for where, (tuned, _) in found.items()
        )
        members = np.array([[name in one.mix for name in design.cabinet] for one in chosen])
        cells = _cells(found, design, judge, folds)
        singles, pairs = worths(cells, folds, list(REGULARIZERS), clusters, judge.weights)
        return cls(design.cabinet, design.searched, chosen, stability(members), tuple(singles), tuple(pairs))

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON types."""
        return {
            "cabinet": list(self.cabinet),
            "mixes_tried": self.searched,
            "chosen": [asdict(one) for one in self.chosen],
            "chosen_alone": self._alone(),
            "stability": asdict(self.stability),
            "members": [asdict(one) for one in self.worths],
            "pairs": [{**asdict(one), "names": list(one.names), "together": one.together.value} for one in self.pairs],
        }

    def _alone(self) -> dict[str, float]:
        """Give the share of resamples in which each regularizer was the best single one."""
        names = [name for one in self.chosen for name in one.one]
        return {name: names.count(name) / len(self.chosen) for name in REGULARIZERS if name in names}


def _cells(found: Found, design: Design, judge: Judge, folds: Int[np.ndarray, "repeat row"]) -> Cells:
    """Give the row losses of every part of every mix, the whole and none included."""
    out = {}
    for (repeat, fold), (tuned, refits) in found.items():
        rows, mix = folds[repeat] == fold, tuple(tuned[COCKTAIL].settings[0])
        arms: Sequence[Any] = [(), *parts_of(mix), COCKTAIL]
        names = [(), *parts_of(mix), mix]
        out[repeat, fold] = {
            frozenset(name): snapshot_losses(refits[arm], judge, rows, design.ensemble)[0].mean(axis=0)
            for name, arm in zip(names, arms, strict=True)
        }
    return out
