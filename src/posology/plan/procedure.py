"""The procedure that is compared: tune an arm on inner splits, refit, score; as pure data.

`tune` and `tune_and_refit` are generators: they yield packs of members to train and are sent their results, so that
whoever runs them (local workers, a test, a cluster) decides where and when, and a resumed study replays what it has.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from posology.plan.arms import Arm
from posology.plan.ladder import Ladder, joined
from posology.plan.members import ALL_ROWS, REFIT, Design, Member, Pack, PackResult, Refitted, Tuned, trials_of
from posology.plan.trials import Space, seeded_settings, sobol_settings
from posology.plan.window import window


def tune(
    design: Design, space: Space, repeat: int, fold: int, pack_size: int, arms: Sequence[Arm] | None = None
) -> Generator[list[Pack], list[PackResult], dict[Arm, Tuned]]:
    """Tune arms on the inner splits of one fit: smaller arms first, for they seed the combined ones.

    Yields
    ------
    list of Pack
        To be trained, in any order; the results are to be sent back in the same order.

    Returns
    -------
    dict
        From arm to what was found.
    """
    tuned: dict[Arm, Tuned] = {}
    family = sorted(design.arms if arms is None else arms, key=lambda arm: max(1, len(arm)))
    for size, group in groupby(family, key=lambda arm: max(1, len(arm))):
        members = {arm: _trial_members(design, space, arm, tuned, repeat, fold) for arm in group}
        tuned |= yield from _tune_together(design, members, f"tune{size}", (repeat, fold), pack_size)
    return tuned


def _tune_together(
    design: Design, members: Mapping[Arm, list[Member]], stage: str, where: tuple[int, int], pack_size: int
) -> Generator[list[Pack], list[PackResult], dict[Arm, Tuned]]:
    """Tune arms that do not wait for one another, rung by rung."""
    plan = {arm: design.rungs(arm) for arm in members}
    # the best part of a combined arm is its first trial: it is compared to the end
    ladders = {arm: Ladder(design, trials, protected=int(len(arm) > 1)) for arm, trials in members.items()}
    for rung in range(max(map(len, plan.values()))):
        climbing = [arm for arm in members if rung < len(plan[arm])]
        going = [m for arm in climbing for m in ladders[arm].step(plan[arm][rung])]
        name = stage if design.halving is None else f"{stage}-rung{rung}"
        splits = plan[climbing[0]][rung].splits
        results = yield [p for s in splits for p in _packed(f"{name}-split{s}", *where, s, going, pack_size)]
        found = joined(results, len(going))
        for arm in climbing:
            ladders[arm].take(plan[arm][rung], [i for i, m in enumerate(going) if m.arm == arm], found)
    return {arm: ladder.tuned(arm) for arm, ladder in ladders.items()}


def tune_and_refit(
    design: Design, space: Space, repeat: int, fold: int, pack_size: int
) -> Generator[list[Pack], list[PackResult], tuple[dict[Arm, Tuned], dict[Arm, Refitted]]]:
    """Tune every arm on the inner splits of one outer training fold, then refit it on all rows of that fold."""
    tuned = yield from tune(design, space, repeat, fold, pack_size)
    members = [m for arm in design.arms for m in refit_members(design, tuned[arm])]
    results = yield _packed("refit", repeat, fold, REFIT, members, pack_size)
    return tuned, _collect(members, results)


def refit_members(design: Design, found: Tuned) -> list[Member]:
    """Give the members that refit an arm's best setting, for the epochs that tuning found."""
    never = design.epochs + 1
    first = Member(found.arm, 0, 0, found.settings[0], found.chosen_epochs, never)
    # an end that the user fixed is scored just there
    scored_at = (first.epochs,) if design.patience is None else window(first.epochs)
    first = replace(first, reductions=found.reductions[0] if found.reductions else (), scored_at=scored_at)
    return [replace(first, seed=seed) for seed in range(design.seeds)]


def _trial_members(
    design: Design, space: Space, arm: Arm, tuned: Mapping[Arm, Tuned], repeat: int, fold: int
) -> list[Member]:
    patience = design.epochs + 1 if design.patience is None else design.patience
    trials = trials_of(design, arm)
    if not arm:
        return [Member(arm, t, t, {}, design.epochs, patience) for t in range(trials)]
    fit = (design.seed, repeat, fold)
    if len(arm) == 1:
        settings = sobol_settings(space, arm, trials, *fit)
    else:
        # the best part first
        ranked = {a: found.settings for a, found in sorted(tuned.items(), key=lambda item: item[1].losses[0])}
        settings = seeded_settings(space, arm, trials, ranked, *fit)
    return [Member(arm, t, 0, setting, design.epochs, patience) for t, setting in enumerate(settings)]


def _packed(stage: str, repeat: int, fold: int, split: int, members: Sequence[Member], pack_size: int) -> list[Pack]:
    where = "all" if repeat == ALL_ROWS else f"r{repeat}f{fold}"
    parts = [members[i : i + pack_size] for i in range(0, len(members), pack_size)]
    return [Pack(f"{where}-{stage}-{i}", repeat, fold, split, tuple(part)) for i, part in enumerate(parts)]


def _collect(members: Sequence[Member], results: Sequence[PackResult]) -> dict[Arm, Refitted]:
    names = ("prediction", "train_error", "curve", "probed", "norms")
    whole = [np.concatenate([getattr(r, name) for r in results]) for name in names]
    out = {}
    for arm in dict.fromkeys(m.arm for m in members):
        mine = [i for i, m in enumerate(members) if m.arm == arm]
        first = members[mine[0]]
        out[arm] = Refitted(arm, first.setting, first.epochs, *(part[mine] for part in whole))
    return out
