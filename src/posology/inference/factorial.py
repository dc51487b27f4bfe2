"""Should a cocktail's members be combined? The factorial of its two leading members, as procedures.

Which members lead is found by data, so the rows that score must not have found it. In each resample the members of its
own mix are ranked by their Shapley values on its inner rows (`leaders`); the first two, A and B, make five procedures:

- `none`: no regularizer;
- `first`, `second`: A alone, B alone, at the strength that each has in the mix, with epochs of its own;
- `first+second`: both, at these strengths;
- `one`: the best single regularizer, tuned alone. A is tuned beside others, and alone it may be too weak; so combining
  has to beat what one regularizer can do where it is tuned for that.

Where a mix has one member, `second` is none there and `first+second` is `first`. The rows that are scored chose neither
members nor strengths, so the five rules apply as to any family of arms. What they say is about the procedure "the two
leading members of a mix, whichever these are", not about two regularizers by name.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from posology.inference.analysis import Analysis, analyze
from posology.inference.contrasts import Contrast, contrast, unit
from posology.inference.covariance import Clusters, Folds
from posology.inference.measures import R2, Measure
from posology.inference.plain import name_of, plain, verdict_dict
from posology.inference.shapley import Cells, Part, shapley
from posology.inference.verdict import Arm
from posology.inference.weighting import influence
from posology.inference.words import beware, difference_in_words

FIRST, SECOND, ONE = "first", "second", "one"
BOTH: Arm = (FIRST, SECOND)
ARMS: tuple[Arm, ...] = ((), (FIRST,), (SECOND,), BOTH, (ONE,))


@dataclass(frozen=True)
class Pairing:
    """Two members that led a resample's mix, and in how many resamples.

    Parameters
    ----------
    names : tuple of str
        Of one or two regularizers, in the order of the package.
    resamples : int
    """

    names: tuple[str, ...]
    resamples: int


@dataclass(frozen=True)
class Factorial:
    """None, the first member, the second, both, and the best single regularizer.

    Parameters
    ----------
    analysis : Analysis
        Of the five, by the five rules.
    interaction : Contrast
        G(both) - G(first) - G(second), G the gain over none: below zero, together they gain less than the sum of both.
    led : tuple of Pairing
        The most frequent first.
    """

    analysis: Analysis
    interaction: Contrast
    led: tuple[Pairing, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give all numbers as JSON types."""
        found, rivalry, best = self.analysis, self.analysis.rivalry, self.analysis.best
        assert rivalry is not None  # the family has a combination and single arms
        arms = {
            name_of(arm): {
                "score": found.score[i],
                "gain_over_none": asdict(found.gains[arm]) if arm else None,
                "lower": best.lower[i],
                "upper": best.upper[i],
                "could_be_best": bool(best.could_be_best[i]),
            }
            for i, arm in enumerate(found.arms)
        }
        return plain(
            {
                "verdict": verdict_dict(found.verdict),
                "sentence": self.sentence,
                "at_half_margin": found.at_half_margin.kind.value,
                "at_double_margin": found.at_double_margin.kind.value,
                "arms": arms,
                "best_single": name_of(rivalry.single),
                "gain_over_best_single": asdict(rivalry.difference),
                "interaction": asdict(self.interaction),
                "led": [asdict(one) for one in self.led],
            }
        )

    @property
    def sentence(self) -> str:
        """Say whether to combine the two leading members, with an interval, and what to beware of."""
        verdict, rivalry = self.analysis.verdict, self.analysis.rivalry
        assert rivalry is not None  # the family has a combination and single arms
        pair = f"the two leading members of the mix ({self._most_often})"
        start = {
            1: f"Do not combine {pair}: no regularizer is needed",
            2: f"Do not combine {pair}: {_IN_WORDS[verdict.arm]} is enough",
            3: f"Do not combine {pair}: {_IN_WORDS[verdict.arm]} is enough",
            4: f"Combine {pair}",
            5: f"It is open whether to combine {pair}",
        }[verdict.rule]
        gain = difference_in_words(self.analysis, rivalry.difference)
        told = f"{start}; together they score {gain} against {_IN_WORDS[rivalry.single]}."
        return " ".join([told, *beware(self.analysis)])

    @property
    def _most_often(self) -> str:
        """Name the most frequent pair, and say how often there was none."""
        most = next(one for one in self.led if len(one.names) > 1)
        resamples = sum(one.resamples for one in self.led)
        without = sum(one.resamples for one in self.led if len(one.names) < 2)
        said = f"most often {' and '.join(most.names)}, in {most.resamples} of {resamples} resamples"
        return f"{said}; {without} had no second one" if without else said


_IN_WORDS: Mapping[Arm, str] = {
    (): "no regularizer",
    (FIRST,): "the first of them alone",
    (SECOND,): "the second of them alone",
    BOTH: "both of them",
    (ONE,): "the best single regularizer, tuned alone",
}


def leaders(inner: Mapping[Part, float]) -> tuple[str, ...]:
    """Give the two members of a mix that are worth most on its inner rows; one where it has one.

    By their Shapley values. The losses of the whole mix and of none are not needed: in every member's value they have
    the same weights, 1/m and -1/m, so that they change no order. That of the whole mix would flatter it, since it is
    the least of many. A part that diverged counts as the worst one that did not.

    Parameters
    ----------
    inner : mapping
        From the parts of a mix, without none and all of it, to their loss on the inner rows. The order of those of one
        member breaks ties.

    Examples
    --------
    >>> parts = {"a": 0.5, "b": 0.3, "c": 0.4, "ab": 0.3, "ac": 0.4, "bc": 0.2}
    >>> leaders({frozenset(part): loss for part, loss in parts.items()})
    ('b', 'c')
    """
    finite = [loss for loss in inner.values() if np.isfinite(loss)]
    worst = max(finite, default=0.0)
    value = {part: -(loss if np.isfinite(loss) else worst) for part, loss in inner.items()}
    members = [name for part in inner if len(part) == 1 for name in part]

    def worth(name: str) -> float:
        return sum(weight * value.get(part, 0.0) for part, weight in shapley(members, name).items())

    return tuple(sorted(members, key=lambda name: -worth(name))[:2])


def factorial(
    cells: Cells,
    ones: Mapping[tuple[int, int], Float[np.ndarray, " scored"]],
    led: Mapping[tuple[int, int], Sequence[str]],
    folds: Folds,
    order: Sequence[str],
    *,
    margin: float,
    measure: Measure = R2,
    columns: int | None = None,
    capped_share: float = 0.0,
    clusters: Clusters | None = None,
    weights: Float[np.ndarray, " row"] | None = None,
) -> Factorial | None:
    """Judge the factorial of the leading members.

    Parameters
    ----------
    cells : mapping
        From (repeat, fold) to the row losses of every part of its mix, the mix and none included.
    ones : mapping
        From (repeat, fold) to the row losses of the best single regularizer.
    led : mapping
        From (repeat, fold) to one or two members, the first before the second.
    folds : array (repeat, row)
        Fold of each row.
    order : sequence of str
        Names of regularizers, in the order in which pairs are named.
    margin : float
        Differences of scores below it do not matter.
    measure : Measure
    columns : int, optional
        Prepared columns, for the stress flag.
    capped_share : float
        Of row losses, for the same.
    clusters, weights : arrays (row,), optional
        Groups and weights of rows.

    Returns
    -------
    Factorial or None
        None where no mix has two members.

    Examples
    --------
    >>> folds = np.stack([np.random.default_rng(r).permutation(200) % 4 for r in range(3)])
    >>> losses = {"": 0.6, "a": 0.5, "b": 0.5, "ab": 0.3}
    >>> where = [(r, f) for r in range(3) for f in range(4)]
    >>> cells = {w: {frozenset(part): np.full(50, loss) for part, loss in losses.items()} for w in where}
    >>> ones, led = dict.fromkeys(where, np.full(50, 0.5)), dict.fromkeys(where, ("b", "a"))
    >>> found = factorial(cells, ones, led, folds, ["a", "b"], margin=0.01)
    >>> found.analysis.verdict.kind.value, round(found.interaction.value, 3), found.led[0]
    ('combine', 0.1, Pairing(names=('a', 'b'), resamples=12))
    """
    if all(len(names) < 2 for names in led.values()):
        return None
    losses = np.zeros((len(ARMS), *folds.shape))
    for (repeat, fold), parts in cells.items():
        first, second = led[repeat, fold][:1], led[repeat, fold][1:]
        wanted = [parts[frozenset(names)] for names in ((), first, second, (*first, *second))]
        losses[:, repeat, folds[repeat] == fold] = [*wanted, ones[repeat, fold]]
    analysis = analyze(
        influence(losses, weights),
        folds,
        ARMS,
        margin=margin,
        columns=columns,
        capped_share=capped_share,
        measure=measure,
        clusters=clusters,
    )
    signed = unit(ARMS, (BOTH, 1.0), ((FIRST,), -1.0), ((SECOND,), -1.0), ((), 1.0))
    counted = Counter(tuple(sorted(names, key=list(order).index)) for names in led.values())
    pairings = tuple(Pairing(names, n) for names, n in sorted(counted.items(), key=lambda item: (-item[1], item[0])))
    return Factorial(analysis, contrast(analysis.estimate, signed), pairings)
