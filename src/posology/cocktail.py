"""What a cocktail was made of: the mix of every resample, how stable it is, and what its members are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from posology.inference.covariance import Clusters
from posology.inference.factorial import Factorial, factorial, leaders
from posology.inference.shapley import Cells, Pair, Worth, worths
from posology.inference.stability import Stability, stability
from posology.judges import Judge
from posology.plan import COCKTAIL, ONE, Arm, Design, Refitted, Tuned
from posology.plan.mixes import parts_of
from posology.regularizers import REGULARIZERS
from posology.scoring import Found, Resample, snapshot_losses

Strengths = dict[str, float]


@dataclass(frozen=True)
class Chosen:
    """What one resample chose, on its inner rows.

    Parameters
    ----------
    repeat, fold : int
    one, mix : dict
        From regularizer to its strength, the same at all sites.
    leading : tuple of str
        The one or two members of the mix that are worth most on the inner rows, the first first.
    """

    repeat: int
    fold: int
    one: Strengths
    mix: Strengths
    leading: tuple[str, ...]


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
    factorial : Factorial or None
        Of the two leading members of each mix; None where no mix has two.
    """

    cabinet: tuple[str, ...]
    searched: int
    chosen: tuple[Chosen, ...]
    stability: Stability
    worths: tuple[Worth, ...]
    pairs: tuple[Pair, ...]
    factorial: Factorial | None

    @classmethod
    def of(
        cls,
        found: Found,
        design: Design,
        judge: Judge,
        folds: Int[np.ndarray, "repeat row"],
        clusters: Clusters | None = None,
        *,
        margin: float,
        columns: int | None = None,
        capped_share: float = 0.0,
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
        margin : float
            Differences of scores below it do not matter.
        columns : int, optional
            Prepared columns, for the stress flag.
        capped_share : float
            Of row losses, for the same.
        """
        chosen = tuple(_chosen(*where, tuned) for where, (tuned, _) in found.items())
        members = np.array([[name in one.mix for name in design.cabinet] for one in chosen])
        cells, order = _cells(found, design, judge, folds), list(REGULARIZERS)
        singles, pairs = worths(cells, folds, order, clusters, judge.weights)
        together = factorial(
            cells,
            {where: _losses_of(refits[ONE], where, design, judge, folds) for where, (_, refits) in found.items()},
            {(one.repeat, one.fold): one.leading for one in chosen},
            folds,
            order,
            margin=margin,
            measure=judge.measure,
            columns=columns,
            capped_share=capped_share,
            clusters=clusters,
            weights=judge.weights,
        )
        settled = stability(members)
        return cls(design.cabinet, design.searched, chosen, settled, tuple(singles), tuple(pairs), together)

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON types."""
        return {
            "cabinet": list(self.cabinet),
            "mixes_tried": self.searched,
            "chosen": [{**asdict(one), "leading": list(one.leading)} for one in self.chosen],
            "chosen_alone": self._alone(),
            "stability": asdict(self.stability),
            "members": [asdict(one) for one in self.worths],
            "pairs": [{**asdict(one), "names": list(one.names), "together": one.together.value} for one in self.pairs],
            "factorial": self.factorial.to_dict() if self.factorial else None,
        }

    def _alone(self) -> dict[str, float]:
        """Give the share of resamples in which each regularizer was the best single one."""
        names = [name for one in self.chosen for name in one.one]
        return {name: names.count(name) / len(self.chosen) for name in REGULARIZERS if name in names}


def _chosen(repeat: int, fold: int, tuned: Mapping[Arm, Tuned]) -> Chosen:
    """Collect what one resample chose."""
    one, mix = ({name: s[0] for name, s in tuned[arm].settings[0].items()} for arm in (ONE, COCKTAIL))
    inner = {frozenset(part): float(tuned[part].losses[0]) for part in parts_of(tuple(mix))}
    return Chosen(repeat, fold, one, mix, leaders(inner) if inner else tuple(mix))


def _cells(found: Found, design: Design, judge: Judge, folds: Int[np.ndarray, "repeat row"]) -> Cells:
    """Give the row losses of every part of every mix, the whole and none included."""
    out: dict[Resample, dict[frozenset[str], Float[np.ndarray, " scored"]]] = {}
    for where, (tuned, refits) in found.items():
        mix = tuple(tuned[COCKTAIL].settings[0])
        arms: Sequence[tuple[Arm, Arm]] = [((), ()), *((part, part) for part in parts_of(mix)), (mix, COCKTAIL)]
        out[where] = {frozenset(part): _losses_of(refits[arm], where, design, judge, folds) for part, arm in arms}
    return out


def _losses_of(
    refitted: Refitted, where: Resample, design: Design, judge: Judge, folds: Int[np.ndarray, "repeat row"]
) -> Float[np.ndarray, " scored"]:
    """Give the row losses of an arm's refits on the rows of a resample."""
    repeat, fold = where
    losses, _ = snapshot_losses(refitted, judge, folds[repeat] == fold, design.ensemble)
    return losses.mean(axis=0)
