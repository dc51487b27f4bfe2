"""The verdict as sentences."""

from collections.abc import Mapping

from posology.inference.analysis import Analysis
from posology.inference.verdict import Arm, Kind

NAMES = {"weights": "L1/L2", "dropout": "dropout", "l1": "L1", "l2": "L2"}
"""How factors are called in a sentence."""

NEAR = 0.25
"""A bound nearer to the line than this share of the margin is called near."""


def arm_in_words(arm: Arm) -> str:
    """Name an arm in a sentence.

    Examples
    --------
    >>> arm_in_words(("weights", "dropout")), arm_in_words(())
    ('L1/L2 with dropout', 'no regularizer')
    """
    return " with ".join(NAMES.get(f, f) for f in arm) or "no regularizer"


def sentences(analysis: Analysis, strengths: Mapping[Arm, str], *, rows: int) -> list[str]:
    """Write the verdict: what to do, why, how near the line, what to beware of; most important first.

    Parameters
    ----------
    strengths : mapping
        From arm to its strengths in words, such as "rate 0.21".
    rows : int
        Rows of the table, for advice.
    """
    verdict = analysis.verdict
    said = {1: _none_needed, 2: _pick_either, 3: _use_alone, 4: _combine, 5: _open}[verdict.rule](analysis, strengths)
    if verdict.kind is not Kind.OPEN:
        said += _sharing(analysis) + _near(analysis)
    else:
        said += _what_would_help(analysis, rows)
    if analysis.flags:
        said.append(
            f"Beware: {'; '.join(analysis.flags)}. The verdict is about this table, not about new data of its kind."
        )
    return said


def _with(arm: Arm, strengths: Mapping[Arm, str]) -> str:
    return f" ({strengths[arm]})" if strengths.get(arm) else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _none_needed(analysis: Analysis, strengths: Mapping[Arm, str]) -> list[str]:  # noqa: ARG001
    bound = -float(analysis.best.lower[analysis.arms.index(())])
    return [
        "Practically equivalent: no regularizer is needed.",
        f"The best arm is at most {bound:.4f} R2 better than none, less than your margin of {analysis.verdict.margin:g}.",
    ]


def _pick_either(analysis: Analysis, strengths: Mapping[Arm, str]) -> list[str]:
    verdict = analysis.verdict
    close = [
        a for a, low in zip(analysis.arms, analysis.best.lower, strict=True) if len(a) == 1 and low >= -verdict.margin
    ]
    either = " or ".join(f"{arm_in_words(a)}{_with(a, strengths)}" for a in close)
    return [f"Practically equivalent: pick either {either}.", _combining(analysis)]


def _use_alone(analysis: Analysis, strengths: Mapping[Arm, str]) -> list[str]:
    arm = analysis.verdict.arm
    return [f"Use {arm_in_words(arm)} alone{_with(arm, strengths)}.", _combining(analysis)]


def _combining(analysis: Analysis) -> str:
    rivalry, margin = analysis.rivalry, analysis.verdict.margin
    if rivalry is None:
        return "No combination was in the family."
    d = rivalry.difference
    return (
        f"Combining ({arm_in_words(rivalry.combination)}) gains {d.value:+.4f} R2 [{d.lower:+.4f}, {d.upper:+.4f}] over "
        f"{arm_in_words(rivalry.single)}: not certain to be more than your margin of {margin:g}."
        if d.upper >= margin
        else f"Combining ({arm_in_words(rivalry.combination)}) gains {d.value:+.4f} R2 [{d.lower:+.4f}, {d.upper:+.4f}] over "
        f"{arm_in_words(rivalry.single)}: less than your margin of {margin:g}."
    )


def _combine(analysis: Analysis, strengths: Mapping[Arm, str]) -> list[str]:
    verdict, rivalry = analysis.verdict, analysis.rivalry
    which = "a combination, which one is open; best-looking" if verdict.open_combination else "Combine"
    first = f"{_capital(which)}: {arm_in_words(verdict.arm)}{_with(verdict.arm, strengths)}."
    if rivalry is None:
        return [first]
    d = rivalry.difference
    return [
        first,
        f"It gains {d.value:+.4f} R2 [{d.lower:+.4f}, {d.upper:+.4f}] over {arm_in_words(rivalry.single)}, the best single one "
        f"({rivalry.shrunken:+.4f} after allowing for having picked the winner; {rivalry.percent_of_error:.0f}% of its error).",
    ]


def _open(analysis: Analysis, strengths: Mapping[Arm, str]) -> list[str]:
    verdict = analysis.verdict
    could = ", ".join(arm_in_words(a) for a in verdict.could_be_best)
    best = f"{arm_in_words(verdict.arm)}{_with(verdict.arm, strengths)}"
    tail = f"Until there is more, {best} looks best."
    if len(verdict.could_be_best) == 1:
        return [
            "Not enough evidence.",
            f"{_capital(could)} is best, but by less than could be told from the margin. {tail}",
        ]
    return ["Not enough evidence.", f"Any of these could be the best: {could}. {tail}"]


def _sharing(analysis: Analysis) -> list[str]:
    said = []
    for (i, j), found in analysis.overlaps.items():
        if found.value is None:
            continue
        one, two = NAMES.get(i, i), NAMES.get(j, j)
        if found.value > 1.1:
            what = "hurt each other here"
        elif found.value > 0.6:
            what = "overwrite each other here"
        elif found.value > 0.1:
            what = "share part of their effect"
        else:
            what = "add up"
        said.append(
            f"{_capital(one)} and {two} {what} (overlap {found.value:.2f} [{found.lower:.2f}, {found.upper:.2f}])."
        )
    return said


def _near(analysis: Analysis) -> list[str]:
    verdict = analysis.verdict
    if not 0 <= verdict.distance < NEAR * verdict.margin:
        return []
    return [
        f"It is near the line: {verdict.distance:.4f} R2 less and {arm_in_words(verdict.nearest)} would not be certified."
    ]


def _what_would_help(analysis: Analysis, rows: int) -> list[str]:
    verdict = analysis.verdict
    said = [
        f"This study could have shown differences of {analysis.detectable:.3f} R2; your margin is {verdict.margin:g}."
    ]
    if 0 <= verdict.distance < NEAR * verdict.margin:
        said.append(f"It is near the line: {arm_in_words(verdict.nearest)} misses by {verdict.distance:.4f} R2.")
    if analysis.floor is None:
        said.append("More repeats would tell whether more training or more rows would help.")
    elif analysis.floor > verdict.margin:
        said.append(
            f"More training will not help, more rows would: with {rows:,} rows, endless repeats would still leave "
            f"{analysis.floor:.3f}."
        )
    else:
        said.append(f"More repeats (--repeats) would help: they could show differences of {analysis.floor:.3f}.")
    return said
