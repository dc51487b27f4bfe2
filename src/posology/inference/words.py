"""The verdict as sentences, each of them true of the bounds that it prints."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from posology.inference.analysis import Analysis
from posology.inference.contrasts import Contrast, Overlap
from posology.inference.outlook import repeats_could
from posology.inference.verdict import Arm, Kind, decide
from posology.regularizers import DEPTHS, REGULARIZERS, SCHEDULES

NAMES = {
    "weights": "L1/L2",
    "one": "the best single regularizer",
    **{name: regularizer.title for name, regularizer in REGULARIZERS.items()},
}
"""How factors are called in a sentence."""

COCKTAIL, OTHERS = ("one", "others"), "others"
"""The arm of a mix, and the factor that is nothing by itself."""

NEAR = 0.25
"""A verdict nearer to another than this share of the margin is called near."""


def arm_in_words(arm: Arm) -> str:
    """Name an arm in a sentence.

    Examples
    --------
    >>> arm_in_words(("weights", "dropout")), arm_in_words(())
    ('L1/L2 with dropout', 'no regularizer')
    >>> arm_in_words(("l1", "l2", "dropout")), arm_in_words(("one", "others"))
    ('L1 with L2 and dropout', 'the cocktail')
    """
    if arm == COCKTAIL:
        return "the cocktail"
    first, *rest = [_named(factor) for factor in arm] or ["no regularizer"]
    return f"{first} with {_joined(rest, 'and')}" if rest else first


def _named(factor: str) -> str:
    base, _, schedule = factor.partition(":")
    named = NAMES.get(base, base)
    if schedule in DEPTHS:
        return f"{named} {DEPTHS[schedule]}"
    return f"{SCHEDULES[schedule].title} {named}" if schedule else named


def sentences(analysis: Analysis, strengths: Mapping[Arm, str], *, rows: int, groups: int | None = None) -> list[str]:
    """Write the verdict: what to do, why, how near the line, what to beware of; most important first.

    Parameters
    ----------
    strengths : mapping
        From arm to its strengths in words, such as "rate 0.21".
    rows : int
        Rows of the table, for advice.
    groups : int, optional
        Groups of rows, where these are what more would help.
    """
    verdict = analysis.verdict
    said = {1: _none_needed, 2: _pick_either, 3: _use_alone, 4: _combine, 5: _open}[verdict.rule](analysis, strengths)
    if verdict.kind is Kind.OPEN:
        said += _what_would_help(analysis, (rows, "rows") if groups is None else (groups, "groups"))
    else:
        said += [text for pair, found in analysis.overlaps.items() if (text := _sharing(*pair, found))]
    said += _near(analysis)
    return said + beware(analysis)


def beware(analysis: Analysis) -> list[str]:
    """Say where a verdict is about this table alone; nothing where no flag says so."""
    if not analysis.flags:
        return []
    return [f"Beware: {'; '.join(analysis.flags)}. The verdict is about this table, not about new data of its kind."]


def _none_needed(analysis: Analysis, strengths: Mapping[Arm, str]) -> list[str]:  # noqa: ARG001
    bound, margin = -_lower(analysis, ()), analysis.verdict.margin
    if bound == 0:
        why = "No other arm is better than none."
    else:
        why = (
            f"The best arm is at most {_at_most(bound, margin)} {analysis.measure.words} better than none, within your "
            f"margin of {margin:g}."
        )
    return ["Practically equivalent: no regularizer is needed.", why]


def _pick_either(analysis: Analysis, strengths: Mapping[Arm, str]) -> list[str]:
    close = _close(analysis)
    named = _joined([f"{arm_in_words(a)}{_with(a, strengths)}" for a in close], "or")
    pick = "either" if len(close) == 2 else "any of"
    return [f"Practically equivalent: pick {pick} {named}.", _certified(analysis, close), _combining(analysis)]


def _use_alone(analysis: Analysis, strengths: Mapping[Arm, str]) -> list[str]:
    arm = analysis.verdict.arm
    said = f"Use {arm_in_words(arm)} alone{_with(arm, strengths)}."
    return [said, _certified(analysis, [arm]), *_over_none(analysis, arm), _combining(analysis)]


def _over_none(analysis: Analysis, arm: Arm) -> list[str]:
    """Say what an arm gains over none, where none was compared."""
    gain = analysis.gains.get(arm)
    return [f"Over no regularizer it gains {difference_in_words(analysis, gain)}."] if gain else []


def _sure_gain(analysis: Analysis) -> list[str]:
    """Say of the best-looking arm, where all else is open, that it is certainly better than none."""
    arm = analysis.verdict.arm
    if (gain := analysis.gains.get(arm)) is None or gain.lower <= 0:
        return []
    return [f"That {arm_in_words(arm)} beats no regularizer is certain: {difference_in_words(analysis, gain)}."]


def _certified(analysis: Analysis, close: Sequence[Arm]) -> str:
    """Say how much better any other arm is at most: the bound that the verdict stands on."""
    bound, margin = max(-_lower(analysis, a) for a in close), analysis.verdict.margin
    arms = "No arm" + (", combinations included," if any(len(a) > 1 for a in analysis.arms) else "")
    if bound == 0:
        return f"{arms.replace('No arm', 'No other arm')} is better."
    unit = analysis.measure.words
    return f"{arms} is more than {_at_most(bound, margin)} {unit} better, which is within your margin of {margin:g}."


def _combining(analysis: Analysis) -> str:
    rivalry = analysis.rivalry
    if rivalry is None:
        return "No combination was compared."
    if rivalry.same:
        both = f"{arm_in_words(rivalry.combination)} and {arm_in_words(rivalry.single)}"
        return f"{_capital(both)}, the best of each kind, are the same network in every resample."
    return (
        f"The best combination ({arm_in_words(rivalry.combination)}) against the best single regularizer "
        f"({arm_in_words(rivalry.single)}): {difference_in_words(analysis, rivalry.difference)}."
    )


def _combine(analysis: Analysis, strengths: Mapping[Arm, str]) -> list[str]:
    verdict = analysis.verdict
    named = f"{arm_in_words(verdict.arm)}{_with(verdict.arm, strengths)}"
    said = [f"Combine: {named}."]
    if verdict.open_combination:
        said = ["Combine; it is open which combination is best.", f"{named} looks best."]
    said += _gained(analysis)
    missing = [f"{arm_in_words((f,))} alone" for f in verdict.arm if (f,) not in analysis.arms and f != OTHERS]
    if missing:
        said.append(f"{_capital(_joined(missing, 'and'))} {'was' if len(missing) == 1 else 'were'} not compared.")
    return said


def _gained(analysis: Analysis) -> list[str]:
    rivalry, verdict = analysis.rivalry, analysis.verdict
    if rivalry is None:
        return []
    it = "It" if rivalry.combination == verdict.arm else f"The best-looking one, {arm_in_words(rivalry.combination)},"
    share = f" ({rivalry.percent_of_error:.0f}% of its error)" if math.isfinite(rivalry.percent_of_error) else ""
    gain = f"{it} gains {difference_in_words(analysis, rivalry.difference)} over {arm_in_words(rivalry.single)}"
    after = f"{rivalry.shrunken:+z.{_places(verdict.margin)}f} after allowing for having picked the winner"
    return [f"{gain}, the best-looking single regularizer{share}; {after}."]


def _open(analysis: Analysis, strengths: Mapping[Arm, str]) -> list[str]:
    verdict = analysis.verdict
    best = f"{arm_in_words(verdict.arm)}{_with(verdict.arm, strengths)}"
    said = ["Not enough evidence."]
    if _worthless(analysis):
        return [*said, f"No arm predicts better than {analysis.measure.naive}; {best} comes closest."]
    if not _simple(analysis):
        return [*said, f"Only combinations were compared; of these, {best} looks best."]
    could = _joined([arm_in_words(a) for a in verdict.could_be_best], "or")
    return [*said, f"The best could be {could}. Until there is more, {best} looks best.", *_sure_gain(analysis)]


def _what_would_help(analysis: Analysis, units: tuple[int, str]) -> list[str]:
    margin, floor, now = analysis.verdict.margin, analysis.floor, analysis.detectable
    if _worthless(analysis):
        return ["More repeats would not help: these columns and this network do not predict the target yet."]
    if not _simple(analysis):
        return ["Whether to combine needs single regularizers among the arms (--arms)."]
    missed = f"This study easily misses differences below {_about(now, margin)} {analysis.measure.words}"
    said = [f"{missed}, and your margin is {margin:g}."]
    if floor is None or analysis.chance is None:
        return [*said, f"More repeats would tell whether more training or more {units[1]} would help."]
    left = f"on {units[0]:,} {units[1]} that stays {_about(min(floor, now), margin)} or more, however many the repeats"
    could = repeats_could(analysis.chance)
    if could == "may":
        # of draws, so never quite certain
        chance = f"the chance that they do is at most {min(analysis.chance, 0.99):.0%}, however many there are"
        return [*said, f"More repeats (--repeats) may decide it: {chance}."]
    if could == "would not":
        return [*said, f"More training will not help, more {units[1]} would: {left}."]
    rare = f"their chance to decide it is {analysis.chance:.0%} at best"
    return [*said, f"More repeats can hardly decide it, more {units[1]} would help more: {left}; {rare}."]


def _sharing(one: str, two: str, found: Overlap) -> str:
    """Say only what the whole interval of the overlap supports."""
    if found.value is None or found.lower is None or found.upper is None:
        return ""
    if found.lower > 1:
        what = "hurt each other"
    elif found.upper < 0:
        what = "strengthen each other"
    elif found.lower > 0.5:
        what = "mostly overwrite each other"
    elif found.lower > 0:
        what = "share part of their effect"
    elif found.upper < 0.5:
        what = "mostly add up"
    else:
        return ""
    both = f"{_capital(_named(one))} and {_named(two)}"
    return f"{both} {what} here (overlap {found.value:.2f} [{found.lower:.2f}, {found.upper:.2f}])."


def _near(analysis: Analysis) -> list[str]:
    verdict = analysis.verdict
    if not verdict.distance < NEAR * verdict.margin:
        return []
    # rounded up, so that the change named is enough
    step, lower = (
        f"{_up(verdict.distance, _places(verdict.margin))} {analysis.measure.words}",
        _lower(analysis, verdict.nearest),
    )
    inside = lower >= -verdict.margin
    if verdict.rule == 5 and verdict.distance < -verdict.margin - lower:
        how = _not_yet_out(analysis, step)
    elif verdict.rule == 2 and inside and len(_close(analysis)) > 2:
        # one score alone does not decide: were it lower, two others would still be close
        how = f"{arm_in_words(verdict.nearest)}, the second-closest, is within your margin by no more than {step}."
    else:
        named = arm_in_words(verdict.nearest) if verdict.nearest else "none"
        change = "lower" if verdict.rule < 4 and inside else "higher"
        shift = verdict.distance if change == "higher" else -verdict.distance
        how = f"were the score of {named} {step} {change}, the verdict would be another{_which(analysis, shift)}."
    return [f"It is near the line: {how}"]


def _which(analysis: Analysis, shift: float) -> str:
    """Name the verdict beyond the line: the five rules, with the nearest arm's bounds moved past it."""
    verdict, best, i = analysis.verdict, analysis.best, analysis.arms.index(analysis.verdict.nearest)
    moved = np.zeros(len(analysis.arms))
    moved[i] = shift + math.copysign(1e-9, shift)
    reach = best.reach + moved
    beyond = replace(best, lower=best.lower + moved, reach=reach, could_be_best=best.could_be_best | (reach > 0))
    allowed = bool(analysis.score.max() > analysis.measure.chance)
    other = decide(analysis.arms, analysis.score - 1, beyond, verdict.margin, combine_allowed=allowed)
    if (other.rule, other.arm) == (verdict.rule, verdict.arm):
        return ""  # another of the same kind
    said = {
        1: "no regularizer is needed",
        2: "two arms are equivalent",
        3: f"{arm_in_words(other.arm)} alone",
        4: "combine",
    }
    return f": {said.get(other.rule, 'not enough evidence')}"


def _not_yet_out(analysis: Analysis, step: str) -> str:
    """Name the simple arms that keep the verdict from combining.

    Their upper bounds are all that is certain: lower scores need not rule them out, since simple arms bound each other.
    """
    left = [a for a in analysis.verdict.could_be_best if len(a) < 2]
    not_so = "it could not" if len(left) == 1 else "none of them could"
    named = _joined([arm_in_words(a) for a in left], "and")
    return f"{named} could be best by no more than {step}; if {not_so}, the verdict would be another."


def _close(analysis: Analysis) -> list[Arm]:
    return [a for a in analysis.arms if len(a) == 1 and _lower(analysis, a) >= -analysis.verdict.margin]


def _simple(analysis: Analysis) -> list[Arm]:
    return [a for a in analysis.arms if len(a) < 2]


def _worthless(analysis: Analysis) -> bool:
    return float(analysis.score.max()) <= analysis.measure.chance


def _lower(analysis: Analysis, arm: Arm) -> float:
    return float(analysis.best.lower[analysis.arms.index(arm)])


def _with(arm: Arm, strengths: Mapping[Arm, str]) -> str:
    return f" ({strengths[arm]})" if strengths.get(arm) else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _joined(parts: Sequence[str], word: str) -> str:
    return f" {word} ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _places(margin: float) -> int:
    """Give enough decimals to see a hundredth of the margin, four at least."""
    return max(4, 2 - math.floor(math.log10(margin))) if margin > 0 else 4


def _about(value: float, margin: float) -> str:
    return f"{value:.{_places(margin) - 1}f}"


def _up(value: float, places: int) -> str:
    return f"{math.ceil(value * 10**places - 1e-6) / 10**places:.{places}f}"


def _at_most(bound: float, margin: float) -> str:
    """Write a bound within the margin, rounded up, yet never past the margin."""
    text = _up(bound, _places(margin))
    return text if float(text) <= margin else f"{margin:g}"


def difference_in_words(analysis: Analysis, difference: Contrast) -> str:
    """Write a difference of scores with its interval, in decimals that show a hundredth of the margin."""
    margin = analysis.verdict.margin
    value, lower, upper = (f"{x:+z.{_places(margin)}f}" for x in (difference.value, difference.lower, difference.upper))
    return f"{value} {analysis.measure.words} [{lower}, {upper}]"
