"""Arms: which subsets of regularizers are tuned and compared."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from posology.errors import InputError
from posology.plan.schedules import can_be_scheduled, has_depth
from posology.regularizers import DEPTHS, FACTORS, REGULARIZERS, SCHEDULES, base_of, normalizations
from posology.wording import did_you_mean

Arm = tuple[str, ...]
"""Factor names in the order of `FACTORS`; empty for the network without any regularizer."""

ONE: Arm = ("one",)
"""Of a cocktail: the best single regularizer of a cabinet, whichever that is in a resample."""

COCKTAIL: Arm = ("one", "others")
"""The best mix of a cabinet, whichever that is in a resample."""

CABINET: Arm = (
    "l1", "l2", "dropout", "weight_decay", "max_norm", "input_dropout", "input_noise", "mixup", "cutmix", "cutout",
    "target_noise", "label_smoothing", "lookahead", "ema", "swa", "learning_rate_decay",
)  # fmt: skip
"""From which a cocktail is mixed unless others are named: one or two of each kind, none of which costs its program more
than a tenth (docs/performance.md), so that one program trains every mix of them."""

PLAIN_QUESTION: tuple[Arm, ...] = ((), ("weights",), ("dropout",), ("weights", "dropout"))
"""None, L1 and L2 together, dropout, and all of them: "combine, or use separately?"."""


NOT_HERE = {
    "snapshot_ensemble": "it is an average of several networks, and an arm is one. The average of N networks in "
    "every arm is --ensemble N; an average of weights, which is one network, is swa.",
}
"""Methods that are asked for by name, and why they are no arm."""


def arm_name(arm: Arm) -> str:
    """Name an arm.

    Examples
    --------
    >>> arm_name(()), arm_name(("weights", "dropout"))
    ('none', 'weights+dropout')
    """
    return "+".join(arm) or "none"


def regularizers_of(arm: Arm) -> tuple[str, ...]:
    """List the regularizers that an arm switches on in every resample: none, where a cocktail chooses them.

    Those of `dropout:decay` are those of `dropout`; `plan.schedules` has the rest.

    Examples
    --------
    >>> regularizers_of(("weights", "dropout"))
    ('l1', 'l2', 'dropout')
    """
    return tuple(name for factor in arm for name in FACTORS.get(base_of(factor), ()))


def is_searched(arm: Arm) -> bool:
    """Tell whether an arm has a strength to search: not none, and not those that are on or off and nothing else.

    Examples
    --------
    >>> is_searched(()), is_searched(("batch_norm",)), is_searched(("dropout", "batch_norm")), is_searched(ONE)
    (False, False, True, True)
    """
    return any(
        factor in (*ONE, *COCKTAIL)
        or not all(REGULARIZERS[name].strength.is_switch for name in regularizers_of((factor,)))
        for factor in arm
    )


def parse_arms(text: str | Sequence[str] | None) -> tuple[Arm, ...]:
    """Read a family of arms.

    `l1,l2,dropout` means every subset of those, but for subsets whose members exclude one another; a list with `;`,
    `+` or `none` in it means just those arms. `dropout:decay` and `dropout:warmup` are dropout on a schedule,
    `dropout:falling` and `dropout:rising` dropout with a rate for each layer, beside plain `dropout` in no arm.

    Raises
    ------
    InputError
        An unknown or empty name, factors that contain or exclude one another, or fewer than two arms.

    Examples
    --------
    >>> [arm_name(a) for a in parse_arms("l1,dropout")]
    ['none', 'l1', 'dropout', 'l1+dropout']
    >>> [arm_name(a) for a in parse_arms("none; dropout+l1")]
    ['none', 'l1+dropout']
    """
    if text is None:
        return PLAIN_QUESTION
    if not isinstance(text, str):
        text = ";".join(text) + ";"
    explicit = any(mark in text for mark in (";", "+")) or "none" in text.replace(" ", "").split(",")
    parts = [p.strip() for p in text.replace(";", ",").split(",") if p.strip()]
    if not parts:
        raise InputError(
            "--arms is empty. Write factors, such as --arms l1,l2,dropout, or arms: --arms 'none; l1+dropout'."
        )
    arms = [_arm(part) for part in parts] if explicit else _subsets(_arm(p)[0] for p in parts)
    arms = sorted(dict.fromkeys(arms), key=lambda a: (len(a), [_place(f) for f in a]))
    if len(arms) < 2:
        raise InputError(
            f"--arms names one arm, '{arm_name(arms[0])}': there is nothing to compare. Name two at least."
        )
    return tuple(arms)


def parse_family(text: str | Sequence[str] | None) -> tuple[tuple[Arm, ...], Arm]:
    """Read a family of arms, or a cocktail and the cabinet from which it is mixed.

    `cocktail` is none, the best single regularizer and the best mix of `CABINET`; `cocktail: l1, dropout, mixup` of
    those.

    Returns
    -------
    arms, cabinet : tuple of arm, tuple of str
        The cabinet is empty where the arms are named ones.

    Raises
    ------
    InputError
        See `parse_arms`; and a cabinet of fewer than two, or of no regularizers.

    Examples
    --------
    >>> parse_family("cocktail: mixup, dropout")
    (((), ('one',), ('one', 'others')), ('dropout', 'mixup'))
    """
    head, colon, listed = text.partition(":") if isinstance(text, str) else ("", "", "")
    if head.strip() != "cocktail":
        return parse_arms(text), ()
    names = {part.strip() for part in listed.split(",") if part.strip()} if colon else set(CABINET)
    factors = {_factor(name, listed.strip()) for name in names}
    if scheduled := sorted(factor for factor in factors if ":" in factor):
        raise InputError(
            f"--arms '{text}' has {scheduled[0]}, but the strengths of a cocktail are constant. Write "
            f"{base_of(scheduled[0])}, or name arms."
        )
    cabinet = tuple(name for name in REGULARIZERS if name in {n for f in factors for n in FACTORS[f]})
    if len(cabinet) < 2:
        raise InputError(
            f"--arms '{text}' names {len(cabinet)} regularizers: there is nothing to mix. Name two at least, such as "
            "--arms 'cocktail: dropout, mixup', or none for the usual cabinet: --arms cocktail."
        )
    return ((), ONE, COCKTAIL), cabinet


def _subsets(factors: Iterable[str]) -> list[Arm]:
    """Give every subset; one whose members exclude one another is no arm."""
    every = list(dict.fromkeys(factors))
    subsets = [subset for size in range(len(every) + 1) for subset in combinations(every, size)]
    return [_in_order(s) for s in subsets if not clash(regularizers_of(s)) and not _twice_scheduled(s)]


def _twice_scheduled(factors: Sequence[str]) -> bool:
    """Tell whether a factor is there by several schedules."""
    return len({base_of(factor) for factor in factors}) < len(factors)


def _place(factor: str) -> tuple[int, str]:
    """Order factors as the package does, constant before scheduled."""
    return list(FACTORS).index(base_of(factor)), factor


def _arm(text: str) -> Arm:
    if text == "none":
        return ()
    return _in_order([_factor(part.strip(), text) for part in text.split("+")])


def _factor(name: str, text: str) -> str:
    base, colon, schedule = name.partition(":")
    if base in FACTORS and colon:
        return _scheduled(base, schedule, text)
    if name in FACTORS:
        return name
    if name in NOT_HERE:
        raise InputError(f"--arms has '{name}', which is not studied: {NOT_HERE[name]}")
    meant = did_you_mean(name, [*FACTORS, "none"], cutoff=0.5)
    raise InputError(
        f"--arms has an unknown regularizer '{name}' in '{text}'.{meant} Known: {', '.join(FACTORS)}, none."
    )


def _scheduled(base: str, schedule: str, text: str) -> str:
    known = [*SCHEDULES, *DEPTHS]
    if schedule not in known:
        raise InputError(
            f"--arms has an unknown schedule '{schedule}' in '{text}'.{did_you_mean(schedule, known)} Known: "
            f"{', '.join(known)}; without one a strength is constant."
        )
    if schedule in DEPTHS and not has_depth(base):
        raise InputError(f"--arms has '{text}', but {base} does not act layer by layer. Write {base}.")
    if schedule in SCHEDULES and not can_be_scheduled(base):
        raise InputError(
            f"--arms has '{text}', but the strength of {base} is about the whole of a training, and has no schedule. "
            f"Write {base}."
        )
    return f"{base}:{schedule}"


def _in_order(factors: Iterable[str]) -> Arm:
    arm = tuple(sorted(set(factors), key=_place))
    used = regularizers_of(arm)
    if twice := sorted({name for name in used if used.count(name) > 1}):
        raise InputError(
            f"--arms combines factors that contain one another: '{arm_name(arm)}' has {', '.join(twice)} twice."
        )
    if pair := clash(used):
        one, other = pair
        raise InputError(
            f"--arms has '{arm_name(arm)}', but {one} and {other} cannot be in one arm: each does what the other does, "
            f"or undoes it. Make two arms of them, such as --arms 'none; {one}; {other}'."
        )
    return arm


def clash(used: Sequence[str]) -> tuple[str, str] | None:
    """Give two regularizers that exclude one another; None where there are none.

    Two normalizations do, whoever wrote them: there is one network for each.
    """
    pairs = ((a, b) for a in used for b in used if a != b)
    return next(((a, b) for a, b in pairs if b in REGULARIZERS[a].excludes or len(normalizations((a, b))) == 2), None)
