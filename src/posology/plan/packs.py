"""Members to packs, and the results of refits back to their arms."""

from collections.abc import Collection, Generator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from posology.plan.arms import Arm, regularizers_of
from posology.plan.ladder import Joined, joined
from posology.plan.members import ALL_ROWS, Design, Member, Pack, PackResult, Refitted, Tuned
from posology.plan.window import window
from posology.regularizers import REGULARIZERS, normalizations


def refit_members(design: Design, found: Tuned) -> list[Member]:
    """Give the members that refit an arm's best setting, for the epochs that tuning found."""
    never = design.epochs + 1
    first = Member(found.arm, 0, 0, found.settings[0], found.chosen_epochs, never)
    # an end that the user fixed is scored just there
    scored_at = (first.epochs,) if design.patience is None else window(first.epochs)
    first = replace(first, reductions=found.reductions[0] if found.reductions else (), scored_at=scored_at)
    return [replace(first, seed=seed) for seed in range(design.seeds)]


def program_of(member: Member, together: Collection[str] = ()) -> tuple[str, ...]:
    """Name what the program of a member must have, beside what all programs have: packs share one.

    Parameters
    ----------
    member : Member
    together : collection of str
        Regularizers that every program of the study has, needed or not (`Design.together`).

    Examples
    --------
    >>> program_of(Member(("l1", "mixup"), 0, 0, {}, 1, 1))
    ('mixup',)
    """
    used = used_by(member)
    return tuple(name for name, r in REGULARIZERS.items() if name in used and not r.shared and name not in together)


def used_by(member: Member) -> set[str]:
    """Name the regularizers that the program of a member must have: not a layer that is off, which it then lacks.

    Examples
    --------
    >>> sorted(used_by(Member(("dropout", "batch_norm"), 0, 0, {"dropout": (0.2,), "batch_norm": (0.0,)}, 1, 1)))
    ['dropout']
    """
    off = {name for name in normalizations(member.setting) if not any(member.setting[name])}
    return {*regularizers_of(member.arm), *member.setting} - off


def programs(design: Design) -> int:
    """Count the programs that a worker compiles: one for each set of what arms need beside what is in all.

    Of a cocktail it is one for the usual cabinet and one for each costly member, at least: mixes of several costly ones
    are not known beforehand.

    Examples
    --------
    >>> programs(Design(((), ("l1",), ("mixup",), ("l1", "mixup"), ("swa",))))
    3
    """
    alone = [(name,) for name in design.cabinet]
    return len({program_of(Member(arm, 0, 0, {}, 1, 1), design.together) for arm in (*design.arms, *alone)})


def by_program(members: Sequence[Member], together: Collection[str] = ()) -> list[Member]:
    """Put members of one program side by side, the first met first; their order is kept else."""
    programs = [program_of(member, together) for member in members]
    order = {program: place for place, program in enumerate(dict.fromkeys(programs))}
    return sorted(members, key=lambda member: order[program_of(member, together)])


def packed(
    design: Design, stage: str, where: tuple[int, int], split: int, members: Sequence[Member], pack_size: int
) -> list[Pack]:
    """Cut members, those of one program side by side, into packs."""
    fit = "all" if where[0] == ALL_ROWS else f"r{where[0]}f{where[1]}"
    alike = [list(group) for _, group in groupby(members, key=lambda m: program_of(m, design.together))]
    parts = [group[i : i + pack_size] for group in alike for i in range(0, len(group), pack_size)]
    return [Pack(f"{fit}-{stage}-{i}", *where, split, tuple(part)) for i, part in enumerate(parts)]


def trained(
    design: Design, members: Sequence[Member], stage: str, where: tuple[int, int], splits: Sequence[int], pack_size: int
) -> Generator[list[Pack], list[PackResult], Joined]:
    """Train members on inner splits; give the results in the order of the members."""
    going = by_program(members, design.together)
    results = yield [p for s in splits for p in packed(design, f"{stage}-split{s}", where, s, going, pack_size)]
    at = {(m.arm, m.trial): place for place, m in enumerate(going)}
    return joined(results, len(going)).of([at[m.arm, m.trial] for m in members])


def collected(members: Sequence[Member], results: Sequence[PackResult]) -> dict[Arm, Refitted]:
    """Give the refits of each arm from the results of their packs."""
    names = ("prediction", "train_error", "curve", "probed", "norms")
    whole = [np.concatenate([getattr(r, name) for r in results]) for name in names]
    out = {}
    for arm in dict.fromkeys(m.arm for m in members):
        mine = [i for i, m in enumerate(members) if m.arm == arm]
        first = members[mine[0]]
        out[arm] = Refitted(arm, first.setting, first.epochs, *(part[mine] for part in whole))
    return out
