"""From refitted predictions to the one tidy array that the verdict is made of: arm x repeat x row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from posology.errors import InputError
from posology.inference.contrasts import Contrast
from posology.inference.searching import gain_of_doubling, still_improves
from posology.inference.weighting import influence
from posology.judges import Judge
from posology.plan import Arm, Refitted, Setting, Tuned, arm_name, regularizers_of
from posology.regularizers import REGULARIZERS, Strength

MOST_FAILURES = 50
"""Listed in the result; more say nothing new."""

Resample = tuple[int, int]
"""(repeat, fold)."""

Found = Mapping[Resample, tuple[Mapping[Arm, Tuned], Mapping[Arm, Refitted]]]


@dataclass(frozen=True)
class Scores:
    """What the outer resamples gave.

    Parameters
    ----------
    losses : array (arm, repeat, row)
        Of `judges.Judge`, averaged over refits and the epochs at which they are scored; a mean difference of these is
        a difference of scores. Rows with weights have their influence values (`inference.weighting`).
    folds : array (repeat, row)
        Fold of each row.
    capped : int
        Row losses that were capped, over all arms, refits and epochs at which these are scored.
    scored : int
        Row losses in all.
    gap : array (arm,)
        Train minus test R2, or log-loss skill, penalties aside, dropout off: how much an arm overfits.
    epochs : array (arm,)
        Mean epochs of the refits.
    failed : int
        Refits whose training diverged; they are scored as the worst.
    train : array (arm,)
        Train R2, or log-loss skill, of one network: `train - gap` is what it scores on held-out rows.
    measures : dict
        For classes, from the name of every score to that of each arm, `(arm,)`.
    by_seed : array (arm, fit, seed)
        Score of each refit, or of each average of refits, on the held-out rows of its fit.
    """

    losses: Float[np.ndarray, "arm repeat row"]
    folds: Int[np.ndarray, "repeat row"]
    capped: int
    scored: int
    gap: Float[np.ndarray, " arm"]
    epochs: Float[np.ndarray, " arm"]
    failed: int
    train: Float[np.ndarray, " arm"] = field(default_factory=lambda: np.zeros(0))
    measures: Mapping[str, Float[np.ndarray, " arm"]] = field(default_factory=dict)
    by_seed: Float[np.ndarray, "arm fit seed"] = field(default_factory=lambda: np.zeros((0, 0, 0)))

    @property
    def capped_share(self) -> float:
        """The share of row losses that were capped."""
        return self.capped / self.scored


def check_trained(scores: Scores, found: Found, arms: Sequence[Arm], seeds: int) -> None:
    """Refuse a verdict on networks of which none was trained.

    Raises
    ------
    InputError
        All refits diverged: their losses are equal because they are the worst.
    """
    every = len(found) * len(arms) * seeds
    if scores.failed >= every:
        raise InputError(
            f"Every network that was to be scored diverged ({every:,} of them): there is nothing to compare. Lower the "
            "learning rate of the network's optimizer, or clip its gradients (clipnorm=1.0)."
        )


def score(
    found: Found,
    arms: Sequence[Arm],
    repeats: Sequence[int],
    folds: Int[np.ndarray, "repeat row"],
    judge: Judge,
    ensemble: int = 1,
) -> Scores:
    """Collect the outer scores of complete repeats, and for classes those by every measure.

    With `ensemble` they are of averages of so many networks; the gap stays that of one network, as its training score
    is.
    """
    own, others = _score(found, arms, repeats, folds, judge, ensemble), judge.beside()
    every = [
        own if other.measure == judge.measure else _score(found, arms, repeats, folds, other, ensemble)
        for other in others
    ]
    # the gap is by the measure of training scores, which is that of the first
    one = every[0] if others else own
    if ensemble > 1:
        one = _score(found, arms, repeats, folds, others[0] if others else judge)
    named = {o.measure.name: 1 - scores.losses.mean(axis=(1, 2)) for o, scores in zip(others, every, strict=True)}
    return replace(own, gap=one.gap, train=one.train, measures=named)


def _score(
    found: Found,
    arms: Sequence[Arm],
    repeats: Sequence[int],
    folds: Int[np.ndarray, "repeat row"],
    judge: Judge,
    ensemble: int = 1,
) -> Scores:
    losses = np.full((len(arms), len(repeats), judge.rows), np.nan)
    train = np.zeros((len(arms), len(repeats) * (folds.max() + 1)))
    epochs = np.zeros_like(train)
    by_seed: list[list[np.ndarray]] = [[] for _ in arms]
    capped = scored = failed = 0
    for r, repeat in enumerate(repeats):
        for fold in range(folds.max() + 1):
            rows = folds[repeat] == fold
            refits = found[repeat, fold][1]
            for a, arm in enumerate(arms):
                refit = refits[arm]
                by_row, over = snapshot_losses(refit, judge, rows, ensemble)
                losses[a, r, rows] = by_row.mean(axis=0)
                by_seed[a].append(1 - by_row.reshape(len(refit.prediction) // ensemble, -1).mean(axis=1))
                capped += over
                scored += by_row.size
                failed += sum(not np.isfinite(p).all() for p in refit.prediction)
                fit = r * (folds.max() + 1) + fold
                train[a, fit] = judge.train_score(_mean_of_finite(refit.train_error))
                epochs[a, fit] = refit.epochs
    losses = influence(losses, judge.weights)
    trained = np.array([_mean_of_finite(scores) for scores in train])
    gap = trained - (1 - losses.mean(axis=(1, 2)))
    seeds = np.array(by_seed)
    return Scores(
        losses, folds[list(repeats)], capped, scored, gap, epochs.mean(axis=1), failed, trained, by_seed=seeds
    )


def snapshot_losses(
    refit: Refitted, judge: Judge, rows: Bool[np.ndarray, " table"], ensemble: int = 1
) -> tuple[Float[np.ndarray, "snapshot row"], int]:
    """Give the row losses of refits, or of averages of them, at every epoch at which they are scored.

    Returns
    -------
    losses, capped : array (snapshot, row), int
        The snapshots of a network follow one another.
    """
    averaged = refit.averaged(ensemble)
    given = [judge.row_losses(p, rows) for p in averaged.reshape(-1, *averaged.shape[2:])]
    return np.stack([loss for loss, _ in given]), sum(n for _, n in given)


def failures(found: Found) -> list[dict[str, Any]]:
    """List what diverged, with its strengths: trials while tuning, and refits; JSON types, at most 50.

    Examples
    --------
    >>> failures({})
    []
    """
    out = []
    for (repeat, fold), (tuned, refits) in found.items():
        where = {"repeat": repeat, "fold": fold}
        for arm in tuned:
            lost = [s for s, loss in zip(tuned[arm].settings, tuned[arm].losses, strict=True) if not np.isfinite(loss)]
            out += [{**where, "arm": arm_name(arm), "stage": "tuning", "strengths": _listed(s)} for s in lost]
            refit = refits[arm]
            if not np.isfinite(refit.prediction).all():
                stage = {"arm": arm_name(arm), "stage": "refit", "strengths": _listed(refit.setting)}
                out.append({**where, **stage})
    return out[:MOST_FAILURES]


def search_gains(found: Found, arms: Sequence[Arm]) -> dict[Arm, Contrast | None]:
    """Give what the second half of each arm's trials gained (`inference.searching`); None where unknown."""
    return {arm: gain_of_doubling(np.array([tuned[arm].saved for tuned, _ in found.values()])) for arm in arms}


def search_warnings(gains: Mapping[Arm, Contrast | None], margin: float) -> list[dict[str, Any]]:
    """Warn of arms whose search is not over: then "alone" may only mean "badly searched". JSON types.

    Examples
    --------
    >>> search_warnings({("l1", "dropout"): Contrast(0.004, 0.001, 0.002, 0.006)}, 0.01)[0]["text"][:63]
    'The second half of the trials of l1+dropout still gained 0.0040'
    """
    return [
        {
            "code": "searched too little",
            "sites": [],
            "text": f"The second half of the trials of {arm_name(arm)} still gained {gain.value:.4f} "
            f"[{gain.lower:.4f}, {gain.upper:.4f}] of its validation loss: it may be better than it looks here. "
            "Give more --trials.",
        }
        for arm, gain in gains.items()
        if gain is not None and still_improves(gain, margin)
    ]


def doubled_warnings(arms: Sequence[Arm], cabinet: Sequence[str], optimizer: str) -> list[dict[str, Any]]:
    """Warn of L2 beside weight decay, which shrink the same weights. JSON types.

    Parameters
    ----------
    arms : sequence of arm
    cabinet : sequence of str
        Of a cocktail, whose mixes may have both.
    optimizer : str
        Its class.

    Examples
    --------
    >>> doubled_warnings([("l2", "weight_decay")], (), "SGD")[0]["text"][:63]
    'l2+weight_decay shrinks the same weights twice: under SGD weigh'
    """
    pair = ("l2", "weight_decay")
    both = [arm_name(arm) for arm in arms if set(pair) <= set(regularizers_of(arm))]
    if set(pair) <= set(cabinet):
        both.append("A mix of l2 and weight_decay")
    if not both:
        return []
    how = (
        "under SGD weight decay of strength s is L2 of s/2, so that only their sum is known"
        if optimizer == "SGD"
        else f"{optimizer} scales the step of L2 for every weight and that of weight decay for none, which is all that "
        "tells them apart"
    )
    text = f"{', '.join(both)} shrinks the same weights twice: {how}. Strengths are as one tuned them together."
    return [{"code": "shrunk twice", "sites": [], "text": text}]


def _listed(setting: Setting) -> dict[str, list[float]]:
    return {name: list(values) for name, values in setting.items()}


def _mean_of_finite(values: Float[np.ndarray, " value"]) -> float:
    """Average what did not diverge; NaN where everything did."""
    finite = values[np.isfinite(values)]
    return float(finite.mean(dtype=float)) if len(finite) else np.nan


def mean_setting(settings: Sequence[Setting], arm: Arm, ranges: Mapping[str, Strength]) -> dict[str, list[float]]:
    """Average the chosen strengths over resamples, a number a site: geometric means on the log scale.

    A penalty that a combined arm set to zero counts at the low end of its range.
    """
    out = {}
    for name in regularizers_of(arm):
        values = np.array([s[name] for s in settings], float)
        if ranges[name].scale == "log":
            out[name] = np.exp(np.log(np.maximum(values, ranges[name].low)).mean(axis=0)).tolist()
        else:
            out[name] = values.mean(axis=0).tolist()
    return out


def log_strengths(settings: Sequence[Setting], name: str, range_: Strength) -> Float[np.ndarray, " fit"]:
    """Give one positive strength a fit, sites averaged, for comparisons of logs; zero counts as the smallest searched.

    A rate has no natural smallest value: a hundredth of the searched range stands for it.
    """
    least = range_.low or range_.high / 100
    return np.array([max(float(np.mean(s[name])), least) for s in settings])


def in_words(setting: Mapping[str, Sequence[float]]) -> str:
    """Write strengths for a sentence; one number where all sites share it.

    Examples
    --------
    >>> in_words({"l1": (1e-4, 1e-4), "l2": (3e-05, 3e-05), "dropout": (0.21, 0.21)})
    'l1 0.0001, l2 3e-05, rate 0.21'
    >>> in_words({"batch_norm": (1.0, 1.0)})
    'batch_norm on'

    The mean of a switch over resamples is the share in which it was on.

    >>> in_words({"batch_norm": (1 / 15, 1 / 15)})
    'batch_norm on in 7%'
    """
    words = []
    for name, values in setting.items():
        if name in REGULARIZERS and REGULARIZERS[name].strength.is_switch:
            words.append(f"{name} {_switched(float(np.mean(values)))}")
            continue
        label = "rate" if name == "dropout" else name
        distinct = list(dict.fromkeys(f"{v:.2g}" for v in values))
        words.append(f"{label} {distinct[0] if len(distinct) == 1 else '/'.join(f'{v:.2g}' for v in values)}")
    return ", ".join(words)


def _switched(share: float) -> str:
    """Write how often a switch was on."""
    return {0.0: "off", 1.0: "on"}.get(share, f"on in {share:.0%}")
